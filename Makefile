# make install | demo | test | test-all | test-newest | bench | docs | lint | constraints
VENV ?= .venv
OUT ?= demo-run
BIN := $(VENV)/bin
# A file's tests stay in one process, as they share what is slow to make.
IN_TWO := -n 2 --dist loadfile

.PHONY: install demo test test-all test-newest bench docs lint constraints clean

install: $(VENV)/.installed

# Finding a Python and filling the environment is the script's work; it says what it looked for.
$(VENV)/.installed: pyproject.toml constraints.txt .ci/make_venv.sh $(wildcard plugins/*/pyproject.toml)
	@sh .ci/make_venv.sh "$(VENV)"
	@touch $@

demo: install
	@$(BIN)/gmplug demo --out "$(OUT)"

test: install
	@$(BIN)/python -m pytest $(IN_TWO)

test-all: install
	@$(BIN)/python -m pytest $(IN_TWO) -m "slow or not slow"

# The newest numpy, scipy and pandas, in an environment of its own. Without the plugin for pelicun, which
# binds scipy and pandas to older ones; `make test` covers those.
test-newest: $(VENV)-newest/.installed
	@$(VENV)-newest/bin/python -m pytest $(IN_TWO)

$(VENV)-newest/.installed: pyproject.toml constraints-newest.txt .ci/make_venv.sh $(wildcard plugins/*/pyproject.toml)
	@sh .ci/make_venv.sh "$(VENV)-newest" constraints-newest.txt gmplug-pelicun
	@touch $@

bench: install
	@$(BIN)/python -m tests.bench

# The site, in build/docs. Warnings are errors.
docs: install
	@$(BIN)/python -m sphinx -W --keep-going -q -b html -c docs . build/docs
	@echo "Open build/docs/docs/index.html"

lint: install
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# Exact versions of a working environment, without the project itself and its plugins.
constraints: install
	@$(BIN)/python -m pip freeze --all --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt

clean:
	rm -rf "$(VENV)" "$(VENV)-newest" "$(OUT)" build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
