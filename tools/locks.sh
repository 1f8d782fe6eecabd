#!/usr/bin/env bash
# Fails when a lock no longer fits the pyproject.toml files: what `make lock` would write differs from what is there.
# Versions that are locked stay as they are; only what was added, removed or excluded is noticed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
locks=(requirements.lock {gateway,console}/requirements.lock services/*/requirements.lock bench/locks/{opentelemetry,logfire,ddtrace}.lock deploy/build-requirements.lock)
before="$(mktemp -d)"
restore() { for lock in "${locks[@]}"; do cp "$before/${lock//\//_}" "$lock"; done; rm -rf "$before"; }
for lock in "${locks[@]}"; do cp "$lock" "$before/${lock//\//_}"; done
trap restore EXIT
make --no-print-directory lock >/dev/null
for lock in "${locks[@]}"; do
  if ! cmp -s "$lock" "$before/${lock//\//_}"; then
    echo "lock-check: $lock does not fit the pyproject.toml files: run make lock" >&2
    exit 1
  fi
done
