# Everything that is done to this repository. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV # they speak of another environment

BIN := .venv/bin
PYTHON ?= python3
SERVICES := $(patsubst services/%/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
PROTOS := $(wildcard protos/*/*/v*/*.proto)
MEMBERS := telemetry chassis tracetest gateway $(SERVICES:%=services/%) console faults tools/scaffold tools/stack bench
TYPED := $(MEMBERS:%=%/src) tools/environment.py tools/prose.py $(MEMBERS:%=%/tests) tools/tests tests
UNITS := bench chassis console faults gateway $(SERVICES:%=%-service) protos scaffold stack telemetry tracetest
D2 := $(BIN)/d2 --layout elk --pad 20
DIAGRAMS := $(wildcard docs/diagrams/*.d2)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(UNITS:%=--no-emit-package throughline-%)

.PHONY: help setup demo dev trace tail why why-table smoke test test-compose trace-diff check lint types imports proto proto-check format doctor new-service sync-service new-stack bench-console bench-traces sampling token up down lock lock-check dashboards dashboards-check configurations failures failures-check mutants screenshots images readme docs docs-check diagrams prose bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from the lock; quick when nothing changed
	@$(PYTHON) tools/bootstrap.py

demo: setup ## run the stack without Docker, place an order, show its trace, stay up until Ctrl-C
	@exec $(BIN)/python -m stack.demo

dev: setup ## the demo with live reload: a saved file restarts the programs that load it
	@exec $(BIN)/python -m stack.dev

trace: setup ## draw a trace in the terminal: make trace ID=4bf92f… (of the console, or Jaeger, on CONSOLE_PORT)
	@exec $(BIN)/python -m console show --url "http://127.0.0.1:$${CONSOLE_PORT:-16686}" "$${ID:?make trace ID=… needs the id of a trace}"

tail: setup ## follow the traces that come to the console
	@exec $(BIN)/python -m console tail --url "http://127.0.0.1:$${CONSOLE_PORT:-16686}"

why: setup ## say what changed: make why [SINCE=5m] (of the console, or Jaeger, on CONSOLE_PORT)
	@exec $(BIN)/python -m console why --since "$${SINCE:-5m}" --url "http://127.0.0.1:$${CONSOLE_PORT:-16686}"

why-table: setup ## judge `make why` by the failure catalogue, and write what came of it to docs/explanation/what-changed.md: ten minutes
	@exec $(BIN)/python -m stack.judged_why

smoke: setup ## the same on free ports, ending by itself: exit 0 only if the trace was whole
	@exec $(BIN)/python -m stack.smoke

test: setup ## all tests: the units, and the stack as processes against a real Jaeger
	@$(BIN)/python -m stack.jaeger # built here if it must be, and not while a test waits for it
	@exec $(BIN)/pytest

test-compose: setup ## the end-to-end and store tests against docker compose
	@exec $(BIN)/python -m stack.test_compose

trace-diff: setup ## what this branch changes in the golden traces, as Markdown: make trace-diff BASE=origin/main
	@exec $(BIN)/tracetest diff --base "$${BASE-origin/main}"

bench: setup ## what tracing costs, beside the alternatives: a quarter of an hour on a quiet machine
	@exec $(BIN)/python -m bench

screenshots: setup ## write the pictures in docs/images, of a stack that runs, with Chromium
	@exec $(BIN)/python -m stack.screenshots

images: setup # pictures of pages that have changed since
	$(BIN)/python -m stack.images

check: setup lint types imports proto-check lock-check failures-check images readme docs-check prose dashboards-check configurations ## all that is checked beside the tests

lint: setup # ruff, its rules and its format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup # mypy strict, units and tests
	$(BIN)/mypy $(TYPED)

imports: setup # who may import whom
	$(BIN)/lint-imports

proto: setup ## write the stubs of the protos
	@tools/protos.sh

proto-check: setup # buf's rules, nothing broken since origin/main (there: since the commit before), no stale stub
	$(if $(PROTOS),$(BIN)/buf lint protos)
	$(if $(PROTOS),$(BIN)/buf format --diff --exit-code protos)
	@base=$$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD); \
	  [ "$$base" != "$$(git rev-parse HEAD)" ] || base=$$(git rev-parse --verify --quiet HEAD^ || echo "$$base"); \
	  git ls-tree -r --name-only "$$base" protos | grep '\.proto$$' >/dev/null || exit 0; \
	  echo "buf breaking protos --against $${base:0:12}"; \
	  $(BIN)/buf breaking protos --against ".git#ref=$$base,subdir=protos"
	@tools/protos.sh --check

format: setup ## let ruff and buf write the code's format
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format
	$(if $(PROTOS),$(BIN)/buf format --write protos)

doctor: setup ## say where the telemetry of this environment breaks: make doctor [QUERY=http://127.0.0.1:16686]
	@exec $(BIN)/python -m telemetry.doctor $${QUERY:+--query "$$QUERY"}

new-service: setup ## generate a service: make new-service NAME=inventory [CALLS=user,order] [DB=yes|no] [ROUTE=yes|no]
	@exec $(BIN)/python -m scaffold.new_service

sync-service: setup ## bring what the template has become into a service: make sync-service NAME=inventory
	@exec $(BIN)/python -m scaffold.sync_service

new-stack: setup ## copy the whole for another domain: make new-stack DEST=../clinic [NAME=clinic] [PROTOS=clinic] [EXAMPLES=yes|no]
	@exec $(BIN)/python -m scaffold.new_stack

bench-console: setup ## how the console stands 5,000 spans a second beside the services: a minute on a quiet machine
	@exec $(BIN)/python -m stack.bench_console

bench-traces: setup ## how long a trace test waits for its trace, against Jaeger: half a minute
	@exec $(BIN)/python -m stack.bench_traces

token: setup ## print a bearer token: make token TENANT=acme [SCOPE=trace]
	@exec $(BIN)/python -m stack.token "$${TENANT-}" "$${SCOPE-}"

up: ## docker compose up, built and in the background
	docker compose up --build --detach --wait

down: ## stop it; its data stays
	docker compose down

lock: ## write the lock files from the units' pyproject.toml
	@test -x $(BIN)/uv || $(PYTHON) tools/bootstrap.py || test -x $(BIN)/uv # a lock that fits no more is what this is for
	$(LOCK) pyproject.toml --group dev --output-file requirements.lock
	@for unit in gateway console $(SERVICES:%=services/%); do \
	  echo "$$unit/requirements.lock"; \
	  $(LOCK) --no-annotate --all-extras $$unit/pyproject.toml --constraint requirements.lock --output-file $$unit/requirements.lock; \
	done
	@for contender in opentelemetry logfire ddtrace; do \
	  echo "bench/locks/$$contender.lock"; \
	  $(LOCK) --no-annotate bench/pyproject.toml --extra app --extra $$contender --constraint requirements.lock \
	    --output-file bench/locks/$$contender.lock; \
	done
	$(LOCK) --no-annotate deploy/build-requirements.in --constraint requirements.lock --output-file deploy/build-requirements.lock

docs: setup ## serve the documentation on http://127.0.0.1:8002, rebuilt when a page changes
	@exec env NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8002

docs-check: setup # builds the documentation strictly, and compares diagrams with their sources
	@for source in $(DIAGRAMS); do \
	  $(D2) - <"$$source" 2>/dev/null | cmp --silent - "$${source%.d2}.svg" || \
	    { echo "docs-check: $${source%.d2}.svg is out of date: run make diagrams" >&2; exit 1; }; \
	done
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

prose: setup # wordings that the style avoids, in what tools/prose.toml lists
	@$(BIN)/python tools/prose.py

diagrams: setup ## render docs/diagrams/*.svg from their D2 sources
	@for source in $(DIAGRAMS); do $(D2) - <"$$source" >"$${source%.d2}.svg"; done

readme: setup # what the documents tell people to do
	@$(BIN)/python -m stack.jaeger
	$(BIN)/pytest --quiet tests/test_readme.py

sampling: setup ## what each way to sample costs and loses, on the stack: write the table of docs/explanation/sampling.md (OTELCOL=…)
	@exec $(BIN)/python -m stack.sampling

dashboards: setup ## write Grafana's dashboards
	@$(BIN)/python -m stack.dashboards

dashboards-check: setup # files that are not what stack.dashboards says
	@$(BIN)/python -m stack.dashboards --check

configurations: setup # what the collector and promtool make of deploy/
	@$(BIN)/python -m stack.configurations

lock-check: setup # a lock that no longer fits its pyproject.toml
	@tools/locks.sh

mutants: setup ## remove instrumentation, a statement at a time, and write docs/mutants.md: 95 % must be noticed [MODULES=…]
	@exec $(BIN)/python -m stack.mutation --page docs/mutants.md $(MODULES)

failures: setup ## write docs/failures.md from the catalogue
	@$(BIN)/python -m faults.document docs/failures.md

failures-check: setup # a page that is not what the catalogue says
	@$(BIN)/python -m faults.document --check docs/failures.md

clean: ## remove all that the targets above made, the demo's data too
	rm -rf .venv .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
