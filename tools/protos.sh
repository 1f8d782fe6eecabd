#!/usr/bin/env bash
# Writes the stubs of every proto; with --check, fails when those in protos/src are not what this would write.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin="$PWD/.venv/bin"

generate() { # DIRECTORY
  local protos
  mapfile -t protos < <(find protos -name '*.proto' -not -path 'protos/src/*' | sort)
  [ ${#protos[@]} -gt 0 ] || return 0
  PATH="$bin:$PATH" "$bin/python" -m grpc_tools.protoc -I protos \
    --python_out="$1" --grpc_python_out="$1" --mypy_out=quiet:"$1" --mypy_grpc_out=quiet:"$1" "${protos[@]}"
}

stubs() { (cd "$1" && find . -name '*_pb2*.py*' -not -path '*/__pycache__/*' | sort); }

if [ "${1:-}" != --check ]; then
  find protos/src/shop -name '*_pb2*.py*' -delete
  generate protos/src
  exit
fi
fresh="$(mktemp -d)"
trap 'rm -rf "$fresh"' EXIT
generate "$fresh"
if [ "$(stubs "$fresh")" != "$(stubs protos/src)" ]; then
  diff <(stubs protos/src) <(stubs "$fresh") >&2 || true
  echo 'proto-check: the stubs in protos/src are not those of the protos: run make proto' >&2
  exit 1
fi
for stub in $(stubs "$fresh"); do
  if ! cmp -s "$fresh/$stub" "protos/src/$stub"; then
    echo "proto-check: protos/src/$stub is stale: run make proto" >&2
    exit 1
  fi
done
