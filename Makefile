# Each target is one line into the package's own tools; `.venv` and `build` are all that is made.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= logical
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint guard bench bench-peers docs dist collector e2e frameworks sdk-suite suites lock up down clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "otel-agent needs Python 3.11 or later; say which: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/.python
	$(PIP) install --quiet --retries 5 --require-hashes -r $< && $(PIP) install --quiet --no-deps --no-build-isolation -e . && touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(VENV)/.python
	$(PIP) install --quiet --retries 5 --require-hashes -r $< && $(PIP) install --quiet --no-deps --no-build-isolation -e . && touch $@ $(VENV)/.demo

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.python
	$(PIP) install --quiet --retries 5 --require-hashes -r $< && $(PIP) install --quiet --no-deps --no-build-isolation -e . && touch $@ $(VENV)/.demo $(VENV)/.test

$(VENV)/.frameworks: requirements/frameworks.txt pyproject.toml | $(VENV)/.python
	$(PIP) install --quiet --retries 5 --require-hashes -r $< && $(PIP) install --quiet --no-deps --no-build-isolation -e . && touch $@

demo: $(VENV)/.demo  ## a trading agent on real market prices, with its spans, metrics and logs
	$(BIN)/otel-agent demo $(ARGS)

test: $(VENV)/.test  ## every test that needs no server of somebody else's, on every processor; JOBS=0 for one process
	$(BIN)/pytest -n $(JOBS) --maxprocesses 8 --dist worksteal -m "not e2e and not slow" $(ARGS)

lint: $(VENV)/.dev  ## format, lint, types, import contracts
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

guard: $(VENV)/.test  ## count the instructions of the hot paths and compare (needs valgrind)
	$(BIN)/python benchmarks/guard.py $(ARGS)

bench: $(VENV)/.test  ## measure our cost beside the plain SDK, in about two minutes
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-peers: $(VENV)/.test  ## measure our cost beside every peer, each in an environment of its own
	$(BIN)/python benchmarks/run.py --peers $(ARGS)

docs: $(VENV)/.dev  ## build the documentation strictly, into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

dist: $(VENV)/.test  ## wheel, source archive and list of parts, in dist; each is installed and used in an empty environment
	$(BIN)/python release/dist.py --check $(ARGS)

collector:  ## build the bundled collector with Go, into build/otelcol-agent
	$(PYTHON) collector/tools.py otelcol-agent

e2e: $(VENV)/.test  ## run the tests against the real collector, Jaeger, Prometheus, VictoriaLogs, Alertmanager and PostgreSQL
	$(PYTHON) collector/tools.py && $(BIN)/pytest -m "e2e or slow" --timeout 900 $(ARGS)

frameworks:  ## run the tests that need gevent, gunicorn, Celery, Django and the like, in an environment of their own
	$(PYTHON) collector/tools.py && $(MAKE) --no-print-directory VENV=build/frameworks build/frameworks/.frameworks && build/frameworks/bin/pytest --frameworks --timeout 300 $(ARGS)

sdk-suite: $(VENV)/.test  ## run the SDK's own trace tests, and those of instrumentations, against our provider
	$(BIN)/python tests/conformance/run_sdk_suite.py $(ARGS)

suites: $(VENV)/.test  ## run the test suites of eighteen libraries without us, under `otel-agent run`, and traced
	$(BIN)/python tests/harmless/run_library_suites.py $(ARGS)

lock:  ## write the pinned environments anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group build --extra demo --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-emit-package otel-agent -o requirements/demo.txt
	uv pip compile --group deploy --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-emit-package otel-agent -o requirements/deploy.txt
	for group in test dev frameworks; do uv pip compile pyproject.toml --group $$group --all-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-emit-package otel-agent -o requirements/$$group.txt || exit 1; done

up:  ## start collector, Jaeger, Prometheus, Alertmanager, VictoriaLogs and Grafana with Docker
	docker compose -f docker/compose.yaml up --detach --build --wait $(ARGS)

down:  ## stop them; what they keep stays
	docker compose -f docker/compose.yaml --profile demo down $(ARGS)

clean:  ## remove what was made
	rm -rf $(VENV) build dist site
