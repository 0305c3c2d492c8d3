# Each target creates what it needs: Python 3.11 or later and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test lint types unit soak test-functional test-browser pipeline-tools docs picture bench audit lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "psbot needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## the complete demo against a local GitLab sandbox; creates .venv if needed
	$(BIN)/psbot demo

test: lint types unit ## lint, types and tests; creates .venv if needed

lint: $(READY) ## style, formatting and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY) ## mypy, strict
	$(BIN)/mypy

unit: $(READY) ## the tests, on all processors; a part of them with ARGS=tests/core
	$(BIN)/pytest -n auto --dist worksteal $(ARGS)

soak: $(READY) ## for the night: every case of every table, and 10,000 random schedules of faults, races and people
	$(BIN)/pytest -n auto --dist worksteal --all-cases --fresh-answers tests/resilience tests/injection tests/scenarios tests/properties
	$(BIN)/python -m tests.resilience.soak --count 10000 --jobs 2

test-functional: $(READY) ## python-gitlab's own functional tests against the sandbox; fetches them once
	$(BIN)/python tests/functional/run.py

test-browser: $(READY) ## the tests of the sandbox's page, in Chromium or Chrome
	$(BIN)/pytest -m browser tests/browser

pipeline-tools: ## what runs the pipelines in tests/pipeline: gitlab-ci-local, with npm
	mkdir -p build/pipeline
	cp tests/pipeline/package.json tests/pipeline/package-lock.json build/pipeline
	npm ci --prefix build/pipeline --ignore-scripts --no-audit --no-fund --loglevel error

bench: $(READY) ## run the measurements and update bench/RESULTS.md
	$(BIN)/python bench/run.py

docs: $(READY) ## update the generated pages of docs/
	$(BIN)/python -m docs.generate

picture: $(READY) ## update docs/epic.png, with Chromium or Chrome
	$(BIN)/python -m docs.picture

audit: ## check the dependencies for known vulnerabilities, if pip-audit is available
	@$(PYTHON) -m venv build/audit
	-@build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	@build/audit/bin/python requirements/audit.py

lock: $(READY) ## update the locked dependencies, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra sandbox --group dev pyproject.toml -o requirements/dev.txt

clean: ## remove everything that make created
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
