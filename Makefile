# `make demo`, `make docs` and `make test` set up everything they need in .venv, and run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS_VENV := .venv-peers
OLDEST_VENV := .venv-oldest
NEWEST := tests/constraints/newest.txt
OLDEST := tests/constraints/oldest.txt

.PHONY: help demo test test-oldest docs dist-check bench lint clean
help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/installed  ## train on the embedded digits and draw what was learned, into demo/
	$(BIN)/npdeconv demo --out demo

test: lint  ## lint, types and all tests; of the site only if `make docs` has built it
	$(BIN)/python -m pytest

# Numba keeps what it compiles beside the sources, for one version of itself: this one gets a place of its own.
test-oldest: $(OLDEST_VENV)/installed-test  ## the tests that are not slow, with the oldest versions that setup.cfg allows
	NUMBA_CACHE_DIR="$(CURDIR)/$(OLDEST_VENV)/numba" $(OLDEST_VENV)/bin/python -m pytest -m "not slow"

docs: $(VENV)/installed-docs  ## the documentation site, with its notebooks run, into docs/_build/html; warnings are errors
	$(BIN)/python -m sphinx -W --keep-going -n -q -b html docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html

CONSTRAINTS := $(NEWEST)
dist-check:  ## build wheel and sdist, and test them in a clean environment (PYTHON=..., CONSTRAINTS=...)
	$(PYTHON) .ci/dist_check.py $(CONSTRAINTS)

BENCH_VENV := $(if $(PEERS),$(PEERS_VENV),$(VENV))
bench: $(BENCH_VENV)/installed  ## time everything, quickly; PEERS=1: thoroughly, beside PyTorch, Keras and Captum
	$(BENCH_VENV)/bin/python -m benchmarks $(if $(PEERS),--peers,--quick)

lint: $(VENV)/installed-test  ## ruff, and mypy twice: for this system, and for one that is not POSIX
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32

clean:  ## remove the virtual environment and what the commands made
	rm -rf $(VENV) $(PEERS_VENV) $(OLDEST_VENV) demo runs docs/_build docs/auto_gallery .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python $(PEERS_VENV)/bin/python $(OLDEST_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11)' 2>/dev/null || \
		{ echo "npdeconv needs Python >= 3.11; choose one with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(@:/bin/python=)

$(VENV)/installed: $(VENV)/bin/python setup.cfg pyproject.toml $(NEWEST)
	$(BIN)/python -m pip install --quiet --editable . --constraint $(NEWEST)
	@touch $@

$(VENV)/installed-test: $(VENV)/bin/python setup.cfg pyproject.toml $(NEWEST)
	$(BIN)/python -m pip install --quiet --editable ".[test]" --constraint $(NEWEST)
	@touch $@ $(VENV)/installed

$(VENV)/installed-docs: $(VENV)/bin/python setup.cfg pyproject.toml $(NEWEST)
	$(BIN)/python -m pip install --quiet --editable ".[docs]" --constraint $(NEWEST)
	@touch $@ $(VENV)/installed

$(OLDEST_VENV)/installed-test: $(OLDEST_VENV)/bin/python setup.cfg pyproject.toml $(OLDEST)
	$(@D)/bin/python -m pip install --quiet --editable ".[test]" --constraint $(OLDEST)
	@touch $@

$(PEERS_VENV)/installed: $(PEERS_VENV)/bin/python setup.cfg benchmarks/requirements-peers.txt
	$(@D)/bin/python -m pip install --quiet --editable . --requirement benchmarks/requirements-peers.txt
	@touch $@
