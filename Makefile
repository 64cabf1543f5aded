# All that is needed first: Linux on x86-64, Python 3.11 or newer with venv, make.
# Everything else is set up here, in .venv, once.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Programs in a .venv name the place where it was made: a moved checkout makes it anew.
MADE := .venv/.made-$(shell pwd | cksum | cut -d ' ' -f 1)

.PHONY: help setup demo atlas bundle test matrix bench lint handout clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo     watch a Go program boot, stage by stage'
	@echo 'make atlas    the boots of every supported Go on one page, atlas.html'
	@echo 'make test     lint, types, unit tests, and tests with a live GDB'
	@echo 'make matrix   the boot walk on every supported Go and GDB'
	@echo 'make bench    what loading, walking, lists and text cost (30 minutes)'
	@echo 'make lint     ruff and mypy only'
	@echo 'make setup    .venv only: for `source gdbinit.py` in your own GDB'
	@echo 'make bundle   gogdb as one file in dist/, for a machine without pip or network'
	@echo 'make handout  one page of A4 for a class, as PDF, by Chromium'
	@echo 'make clean    remove all that was made here'

setup: .venv/.setup

demo: .venv/.setup
	@$(BIN)/gogdb demo

atlas: .venv/.test
	@gos=$$($(BIN)/python -m tests.toolchains) && $(BIN)/gogdb atlas -o atlas.html $$gos

bundle: .venv/.setup
	@mkdir -p dist && $(BIN)/gogdb bundle -o dist

test: .venv/.test lint
	$(BIN)/python -m pytest -n auto --dist worksteal tests/unit tests/page tests/live

matrix: .venv/.test
	$(BIN)/python -m tests.matrix

bench: .venv/.test
	@start=$$(date +%s); for bench in bench/*.py; do $(BIN)/python $$bench || exit 1; done; \
	  echo "the benches took $$(( ($$(date +%s) - start) / 60 )) minutes"

lint: .venv/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict gogdb tests

# For teachers, who have a checkout: users of an installed package need no command for it.
handout:
	@docs/handout/build build

clean:
	rm -rf .venv .toolchains .mypy_cache .pytest_cache .ruff_cache build dist atlas.html
	find . -name __pycache__ -prune -exec rm -rf {} +

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'gogdb needs Python 3.11 or newer: try make PYTHON=python3.12 $(MAKECMDGOALS)'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'this Python has no venv: apt install python3-venv'; exit 1; }
	@echo 'setting up .venv ...'
	@$(PYTHON) -m venv --clear .venv
	@touch $@

# The machine's own GDB and Go are used if they are new enough; the extras bring what is missing.
.venv/.setup: $(MADE) pyproject.toml
	@$(PIP) --editable .
	@for extra in $$($(BIN)/python -m gogdb.launch.tools); do \
	  echo "installing $$extra into .venv ..."; $(PIP) --editable ".[$$extra]" || exit 1; done
	@touch $@

# The tests want the newest Go, whatever the machine has.
.venv/.test: .venv/.setup
	@$(PIP) --editable '.[test,go]'
	@touch $@
