# make install | demo | test | test-all | test-newest | bench | docs | lint | constraints
VENV ?= .venv
OUT ?= demo-run
BIN := $(VENV)/bin
# A file's tests stay in one process, as they share what is slow to make.
IN_TWO := -n 2 --dist loadfile

.PHONY: install demo test test-all test-newest bench docs lint constraints clean

# gmplug with what `make demo` needs; the tools of tests come with the first command that uses them.
install: $(VENV)/.installed

PACKAGES := pyproject.toml .ci/make_venv.sh $(wildcard plugins/*/pyproject.toml)

# Finding a Python and filling the environment is the script's work; it says what it looked for.
$(VENV)/.installed: $(PACKAGES) constraints.txt
	@sh .ci/make_venv.sh "$(VENV)" run
	@touch $@

$(VENV)/.installed-dev: $(PACKAGES) constraints.txt
	@sh .ci/make_venv.sh "$(VENV)" dev
	@touch "$(VENV)/.installed" $@

demo: install
	@$(BIN)/gmplug demo --out "$(OUT)"

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest $(IN_TWO)

test-all: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest $(IN_TWO) -m "slow or not slow"

# The newest numpy, scipy and pandas, in an environment of its own. Without the plugin for pelicun, which
# binds scipy and pandas to older ones; `make test` covers those.
test-newest: $(VENV)-newest/.installed-dev
	@$(VENV)-newest/bin/python -m pytest $(IN_TWO)

$(VENV)-newest/.installed-dev: $(PACKAGES) constraints-newest.txt
	@sh .ci/make_venv.sh "$(VENV)-newest" dev constraints-newest.txt gmplug-pelicun
	@touch $@

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.bench

# The site, in build/docs. Warnings are errors.
docs: $(VENV)/.installed-dev
	@$(BIN)/python -m sphinx -W --keep-going -q -b html -c docs . build/docs
	@echo "Open build/docs/docs/index.html"

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# Exact versions of a working environment, without the project itself and its plugins.
constraints: $(VENV)/.installed-dev
	@$(BIN)/python -m pip freeze --all --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt

clean:
	rm -rf "$(VENV)" "$(VENV)-newest" "$(OUT)" build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
