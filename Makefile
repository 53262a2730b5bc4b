# make install | demo | test | test-all | bench | lint | constraints
VENV ?= .venv
OUT ?= demo-run
BIN := $(VENV)/bin

.PHONY: install demo test test-all bench lint constraints clean

install: $(VENV)/.installed

# Finding a Python and filling the environment is the script's work; it says what it looked for.
$(VENV)/.installed: pyproject.toml constraints.txt .ci/make_venv.sh $(wildcard plugins/*/pyproject.toml)
	@sh .ci/make_venv.sh "$(VENV)"
	@touch $@

demo: install
	@$(BIN)/gmplug demo --out "$(OUT)"

test: install
	@$(BIN)/python -m pytest

test-all: install
	@$(BIN)/python -m pytest -m "slow or not slow"

bench: install
	@$(BIN)/python -m tests.bench

lint: install
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# Exact versions of a working environment, without the project itself and its plugins.
constraints: install
	@$(BIN)/python -m pip freeze --all --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt

clean:
	rm -rf "$(VENV)" "$(OUT)" build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
