# Everything runs in .venv, which each target makes by itself: a machine needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format lint types cover docs processes soak contention bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## make .venv with everything that the other targets need

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Caseway needs Python 3.11 or newer; say which with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e '.[test,check]'
	@touch $@

$(BENCH_READY): $(READY)
	$(PIP) install -c constraints.txt -e '.[bench]'
	@touch $@

demo: $(READY) ## run a case of each channel from YAML to its end, through the command line
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python examples/demo

# The programs that these start would each compile all of it again, if what was compiled were not kept.
test cover bench: export PYTHONDONTWRITEBYTECODE :=

test: $(READY) ## run the tests, but for the most thorough ones, which are part of check
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not thorough"

check: format lint types cover processes ## everything that must hold before a change lands

format: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy tests/typed_host.py

cover: $(READY) ## run the tests and show which branches they leave out
	$(BIN)/python -m pytest -q -n 2 --dist worksteal --cov --cov-report=term

docs: $(READY) ## write the reference anew, and the output of the commands in the documents
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.replay --write

processes: $(READY) ## check every process, and play every scenario
	$(BIN)/caseway check processes
	$(BIN)/caseway test processes

soak: $(READY) ## kill senders, workers, operators who settle, and databases 700 times, and contend for hot cases; takes a while
	$(BIN)/python -m tests.soak

contention: $(READY) ## let many claim the same offer at the same moment, over and over
	$(BIN)/python -m tests.contention

bench: $(BENCH_READY) ## measure against the reference arms, in one run
	$(BIN)/python -m benchmarks

clean: ## take away what was made
	rm -rf $(VENV) .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
