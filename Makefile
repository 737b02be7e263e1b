# Everything a person does with a checkout. Needs Python 3.11 with venv, gcc and the package index; no root.
# `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
# Processes that the tests are dealt to, a file at a time, so that what a file makes once is made once.
# make test WORKERS=0 runs all of them in one process, as --pdb needs.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Extra arguments for pytest, `overt demo`, `overt bench` and the gate of accuracy: make test ARGS="-k gallery"
ARGS ?=

.PHONY: help setup demo test test-all test-rest system-packages lint accuracy bench docs references lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: $(VENV)/.pack ## everything into .venv, the locked versions, and the embedded model pack

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	touch $@

# --no-deps: the lock is whole, and asking the packages again would bring back opencv-python, which needs libGL.
$(VENV)/.locked: requirements/development.txt | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
		--only-binary :all: -r requirements/development.txt
	touch $@

$(VENV)/.overt: pyproject.toml $(VENV)/.locked
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-index \
		--no-build-isolation --editable .
	touch $@

# The pack goes where Overt keeps packs (OVERT_HOME, else the user's data folder); one that is there is only verified.
$(VENV)/.pack: $(VENV)/.overt src/overt/biometrics/packs/builtin/embedded.toml
	$(BIN)/overt models pull embedded >/dev/null
	touch $@

# Some tests are of the pack `dlib`, which compares covered faces with their like.
$(VENV)/.pack-dlib: $(VENV)/.overt src/overt/biometrics/packs/builtin/dlib.toml
	$(BIN)/overt models pull dlib >/dev/null
	touch $@

demo: setup ## play the simulated street scene: one person is sought, everyone else is erased
	$(BIN)/overt demo $(ARGS)

test: setup $(VENV)/.pack-dlib ## the quick tests, without slow ones and those that need Debian packages
	$(PYTEST) -m "not slow and not system" $(ARGS)

test-all: test test-rest ## the quick tests, then the slow ones and those that need Debian packages

test-rest: setup $(VENV)/.pack-dlib system-packages
	$(PYTEST) -m "slow or system" $(ARGS)

system-packages:
	@scripts/install_system_packages tests/system-packages.txt

lint: setup ## ruff, mypy --strict, import contracts, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/lock.py --check

accuracy: setup ## compare every pack's accuracy with the baseline, on ../shared/data: make accuracy ARGS=--write
	$(BIN)/python benchmarks/accuracy.py $(ARGS)

bench: setup ## measure the engine against bare inference and its peers
	$(BIN)/overt bench $(ARGS)

references: setup ## write the generated pages of docs/reference
	$(BIN)/python scripts/references.py

docs: setup ## build the documentation into site/; fails where a generated page is stale
	$(BIN)/python scripts/references.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir site

lock: $(VENV)/.made ## resolve the dependencies anew: make lock ARGS=--upgrade
	$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	$(BIN)/python scripts/lock.py $(ARGS)

clean: ## remove what was built, the environment included
	rm -rf $(VENV) site build dist bench-results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
