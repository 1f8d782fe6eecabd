# All tasks of this repository. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV # they belong to another environment

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

.PHONY: help setup demo dev trace tail why why-table smoke test test-compose trace-diff check lint types imports proto proto-check format doctor new-service sync-service new-stack bench-console bench-traces sampling token up down lock lock-check dashboards dashboards-check configurations failures failures-check mutants screenshots images readme docs docs-check diagrams prose bench dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## create .venv from the lock; does nothing when nothing changed
	@$(PYTHON) tools/bootstrap.py

demo: setup ## run the stack without Docker, place an order, show its trace, stay up until Ctrl-C
	@exec $(BIN)/python -m stack.demo

dev: setup ## the demo with live reload: a saved file restarts the programs that load it
	@exec $(BIN)/python -m stack.dev

trace: setup ## draw a trace in the terminal: make trace ID=4bf92f… (from the console or Jaeger on CONSOLE_PORT)
	@exec $(BIN)/python -m console show --url "http://127.0.0.1:$${CONSOLE_PORT:-16686}" "$${ID:?make trace ID=… needs the id of a trace}"

tail: setup ## follow new traces in the console
	@exec $(BIN)/python -m console tail --url "http://127.0.0.1:$${CONSOLE_PORT:-16686}"

why: setup ## compare the latest traces with earlier ones: make why [SINCE=5m] (from the console or Jaeger on CONSOLE_PORT)
	@exec $(BIN)/python -m console why --since "$${SINCE:-5m}" --url "http://127.0.0.1:$${CONSOLE_PORT:-16686}"

why-table: setup ## test `make why` with the failure catalogue and write the results to docs/explanation/what-changed.md: ten minutes
	@exec $(BIN)/python -m stack.judged_why

smoke: setup ## run the demo on free ports and stop: exit 0 only if the trace was complete
	@exec $(BIN)/python -m stack.smoke

test: setup ## all tests: the units, and the stack as processes against a real Jaeger
	@$(BIN)/python -m stack.jaeger # builds it first if necessary, so that no test waits for the build
	@exec $(BIN)/pytest

test-compose: setup ## the end-to-end and store tests against docker compose
	@exec $(BIN)/python -m stack.test_compose

trace-diff: setup ## print what this branch changes in the golden traces, as Markdown: make trace-diff BASE=origin/main
	@exec $(BIN)/tracetest diff --base "$${BASE-origin/main}"

bench: setup ## measure what tracing costs, compared with alternatives: a quarter of an hour on an idle machine
	@exec $(BIN)/python -m bench

screenshots: setup ## write the screenshots in docs/images, of a running stack, with Chromium
	@exec $(BIN)/python -m stack.screenshots

images: setup # fails if pages changed after their screenshots
	$(BIN)/python -m stack.images

check: setup lint types imports proto-check lock-check failures-check images readme docs-check prose dashboards-check configurations ## run all checks except the tests

lint: setup # ruff, its rules and its format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup # mypy strict, units and tests
	$(BIN)/mypy $(TYPED)

imports: setup # the import rules
	$(BIN)/lint-imports

proto: setup ## generate the stubs of the protos
	@tools/protos.sh

proto-check: setup # buf's rules, no breaking change since origin/main (on main: since the previous commit), no stale stub
	$(if $(PROTOS),$(BIN)/buf lint protos)
	$(if $(PROTOS),$(BIN)/buf format --diff --exit-code protos)
	@base=$$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD); \
	  [ "$$base" != "$$(git rev-parse HEAD)" ] || base=$$(git rev-parse --verify --quiet HEAD^ || echo "$$base"); \
	  git ls-tree -r --name-only "$$base" protos | grep '\.proto$$' >/dev/null || exit 0; \
	  echo "buf breaking protos --against $${base:0:12}"; \
	  $(BIN)/buf breaking protos --against ".git#ref=$$base,subdir=protos"
	@tools/protos.sh --check

format: setup ## format the code with ruff and buf
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format
	$(if $(PROTOS),$(BIN)/buf format --write protos)

doctor: setup ## find where telemetry stops in this environment: make doctor [QUERY=http://127.0.0.1:16686]
	@exec $(BIN)/python -m telemetry.doctor $${QUERY:+--query "$$QUERY"}

new-service: setup ## generate a service: make new-service NAME=inventory [CALLS=user,order] [DB=yes|no] [ROUTE=yes|no]
	@exec $(BIN)/python -m scaffold.new_service

sync-service: setup ## update a service from the template: make sync-service NAME=inventory
	@exec $(BIN)/python -m scaffold.sync_service

new-stack: setup ## copy the whole stack for another domain: make new-stack DEST=../clinic [NAME=clinic] [PROTOS=clinic] [EXAMPLES=yes|no]
	@exec $(BIN)/python -m scaffold.new_stack

bench-console: setup ## measure the console at 5,000 spans per second: a minute on an idle machine
	@exec $(BIN)/python -m stack.bench_console

bench-traces: setup ## measure how long a trace test waits for its trace, against Jaeger: half a minute
	@exec $(BIN)/python -m stack.bench_traces

token: setup ## print a bearer token: make token TENANT=acme [SCOPE=trace]
	@exec $(BIN)/python -m stack.token "$${TENANT-}" "$${SCOPE-}"

up: ## build and run docker compose in the background
	docker compose up --build --detach --wait

down: ## stop docker compose; its data stays
	docker compose down

lock: ## write the lock files from the units' pyproject.toml
	@test -x $(BIN)/uv || $(PYTHON) tools/bootstrap.py || test -x $(BIN)/uv # must work although the lock is out of date
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
	@! grep -rE --include='*.html' '<(script|link|img)[^>]+(src|href)="?(https?:)?//' .run/site || \
	  { echo "docs-check: a page loads something from another host" >&2; exit 1; }

prose: setup # wordings that the style avoids, in what tools/prose.toml lists
	@$(BIN)/python tools/prose.py

diagrams: setup ## render docs/diagrams/*.svg from their D2 sources
	@for source in $(DIAGRAMS); do $(D2) - <"$$source" >"$${source%.d2}.svg"; done

readme: setup # runs the commands and checks the links of the documents
	@$(BIN)/python -m stack.jaeger
	$(BIN)/pytest --quiet tests/test_readme.py

sampling: setup ## measure each way of sampling and write the table of docs/explanation/sampling.md (OTELCOL=…)
	@exec $(BIN)/python -m stack.sampling

dashboards: setup ## write Grafana's dashboards
	@$(BIN)/python -m stack.dashboards

dashboards-check: setup # fails if a dashboard is out of date
	@$(BIN)/python -m stack.dashboards --check

configurations: setup # validates deploy/ with the collector and promtool
	@$(BIN)/python -m stack.configurations

lock-check: setup # fails if a lock is out of date
	@tools/locks.sh

mutants: setup ## remove instrumentation, one statement at a time, and write docs/mutants.md: tests must fail for 95 % [MODULES=…]
	@exec $(BIN)/python -m stack.mutation --page docs/mutants.md $(MODULES)

failures: setup ## write docs/failures.md from the catalogue
	@$(BIN)/python -m faults.document docs/failures.md

failures-check: setup # fails if docs/failures.md is out of date
	@$(BIN)/python -m faults.document --check docs/failures.md

dist: setup ## build wheels and source archives of telemetry, chassis and tracetest into dist/
	@rm -rf dist
	@for unit in telemetry chassis tracetest; do \
	  $(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist $$unit; \
	done
	@$(BIN)/twine check --strict dist/*

clean: ## remove everything that the targets above created, including the demo's data
	rm -rf .venv .run dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
