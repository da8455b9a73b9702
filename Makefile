# `make demo` and `make test` set up everything they need in .venv, and run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS_VENV := .venv-peers

.PHONY: help demo test bench lint clean
help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/installed  ## train on the embedded digits and draw what was learned, into demo/
	$(BIN)/npdeconv demo --out demo

test: lint  ## lint, types and all tests
	$(BIN)/python -m pytest

BENCH_VENV := $(if $(PEERS),$(PEERS_VENV),$(VENV))
bench: $(BENCH_VENV)/installed  ## time everything, quickly; PEERS=1: thoroughly, beside PyTorch, Keras and Captum
	$(BENCH_VENV)/bin/python -m benchmarks $(if $(PEERS),--peers,--quick)

lint: $(VENV)/installed-test  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove the virtual environment and what the commands made
	rm -rf $(VENV) $(PEERS_VENV) demo runs .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python $(PEERS_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11)' 2>/dev/null || \
		{ echo "npdeconv needs Python >= 3.11; choose one with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(@:/bin/python=)

$(VENV)/installed: $(VENV)/bin/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/bin/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	@touch $@ $(VENV)/installed

$(PEERS_VENV)/installed: $(PEERS_VENV)/bin/python setup.cfg benchmarks/requirements-peers.txt
	$(@D)/bin/python -m pip install --quiet --editable . --requirement benchmarks/requirements-peers.txt
	@touch $@
