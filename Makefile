# Everything a newcomer or a machine needs: `make help` lists it.
# Other interpreter or fewer workers: make test PYTHON=python3.12 WORKERS=1

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m restaking.experiments.cli
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)
INSTALL := $(BIN)/python .ci/install.py
DEMO := results/runs/demo

REQUIREMENTS := pyproject.toml setup.py constraints.txt
# A stamp is the moment of the last complete installation; a requirement that is younger installs again.
READY := $(VENV)/.installed
READY_TEST := $(VENV)/.installed-test
READY_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-all test-mesa lint format types bench bench-guard clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## simulate the 2024 restaking season and draw its figures
	@echo "Simulating 578 days of the 2024 season; the first time the model is compiled before, up to a minute." >&2
	@$(RUN) run season-2024 --out $(DEMO) --overwrite
	@echo "The figures are in $(DEMO)/figures, the tables beside them in $(DEMO)."

test: $(READY_TEST) ## run the quick tests
	@$(PYTEST) -m "not slow"

test-slow: $(READY_TEST) ## run the tests that take longer
	@$(PYTEST) -m slow

test-all: $(READY_TEST) ## run every test
	@$(PYTEST)

test-mesa: ## run what touches Mesa with its newest release (PYTHON=python3.13)
	@$(PYTHON) -m venv --clear .venv-mesa
	@.venv-mesa/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[test,app]"
	@.venv-mesa/bin/python -m pip list --disable-pip-version-check | grep -i '^mesa '
	@.venv-mesa/bin/python -m pytest -n $(WORKERS) tests/agents

lint: $(READY_DEV) ## check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY_DEV) ## repair what can be repaired of style and formatting
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(READY_DEV) ## check the types
	@$(BIN)/python -m mypy

bench: $(READY_TEST) ## measure speed and memory
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.bench_markets
	@$(BIN)/python -m benchmarks.bench_sweep --quick

bench-guard: $(READY) ## check that a day has not become slower
	@$(BIN)/python -m benchmarks --guard

clean: ## remove the environment, links, caches and build leftovers, not the results
	rm -rf $(VENV) .venv-mesa .links build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): $(REQUIREMENTS) | $(BIN)/python
	@echo "Installing into $(VENV): about 35 packages, a minute or two; only when the requirements have changed." >&2
	@$(INSTALL) ''
	@touch $@

$(READY_TEST): $(READY)
	@echo "Installing what the tests need: about 85 packages more, a minute or two." >&2
	@$(INSTALL) test,cluster,app
	@touch $@

$(READY_DEV): $(READY_TEST)
	@$(INSTALL) test,cluster,app,dev
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer with its venv module is needed; '$(PYTHON)' is missing, older or has no venv." >&2; \
	  echo "Debian, Ubuntu: apt-get install python3 python3-venv. Or name another: make PYTHON=/path/to/python3" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
