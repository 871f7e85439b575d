# Everything sets itself up: a virtual environment here, the lab's real servers in a private cache. Nothing is installed
# on the host and no root is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench drills drills-rollout recording verdicts docs lock

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

demo: $(READY) ## start a real stack and look at it (without a terminal: its status once)
	@$(BIN)/prodtui lab

test: $(READY) ## run every test against the lab's real servers
	@$(BIN)/python -m tests

lint: $(READY) ## ruff, mypy --strict and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(READY) ## measure start-up, steady state and the grid beside their peers
	@$(BIN)/python -m benchmarks

drills: $(READY) ## break the lab in every way it knows and write down what is named as the first cause
	@$(BIN)/python -m benchmarks drills

drills-rollout: $(READY) ## roll out a good and three bad builds of the lab's payments and write down what became of them
	@$(BIN)/python -m benchmarks drills_rollout

recording: $(READY) ## break a lab of its own twice and keep its journal, from which the tests draw every screen
	@$(BIN)/python -m tests.recording
	@$(BIN)/python -m tests.ui.pictures

verdicts: $(READY) ## break the lab in every way it knows and write down what the gate decides
	@$(BIN)/python -m benchmarks verdicts

docs: $(READY) ## write the reference pages from the code they describe
	@$(BIN)/python -m prodtui.cli.reference docs

# Hashes are checked for every archive; the project itself is a folder and comes last, without its dependencies.
$(READY): .ci/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "prodtui needs Python 3.11 or newer; set PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@echo "setting up $(VENV)" >&2
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes --requirement .ci/requirements.lock
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q prodtui # start-up costs half a second more without
	@touch $@

lock: ## pin every dependency with its hashes anew
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --upgrade --quiet --output-file .ci/requirements.lock
