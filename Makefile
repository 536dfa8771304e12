# One-word commands. Everything lives in .venv and var; nothing is installed system-wide.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-long chaos memory load check format clean help

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: $(VENV)/.installed ## start the whole stack, with a sample catalogue in it
	@$(BIN)/lookalike up

test: $(VENV)/.installed-test ## run the test suite
	@$(BIN)/pytest

test-long: $(VENV)/.installed-test ## the long versions: chaos, fuzz, random lives of products, memory (an hour)
	@$(MAKE) --no-print-directory chaos memory
	@FUZZ_IMAGES=2000 FUZZ_FILES=500 $(BIN)/pytest -q tests/fuzz
	@MODEL_EXAMPLES=1500 $(BIN)/pytest -q tests/e2e/test_model.py
	@CONFORMANCE_EXAMPLES=300 $(BIN)/pytest -q tests/web/test_conformance.py

chaos: $(VENV)/.installed-test ## import 5,000 products while everything is killed, and print the ledger
	@PYTHONPATH=tests/support $(BIN)/python -m chaos $(CHAOS)

memory: $(VENV)/.installed-test ## what a worker and an import hold over 40,000 rows
	@PYTHONPATH=tests/support $(BIN)/python tests/long/memory.py $(MEMORY)

load: $(VENV)/.installed-test ## what a stack with 5,000 products answers to 50 clients, queries gathered and not
	@$(BIN)/python tests/long/bench_search.py $(LOAD)

check: $(VENV)/.installed-test ## ruff, mypy (strict) and the architecture test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_architecture.py

format: $(VENV)/.installed-test ## let ruff format and fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lookalike needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say make PYTHON=python3.12")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing (PyTorch is large: a few minutes the first time) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

clean: ## remove the virtual environment and caches; data in var stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
