"""A real Jaeger's answers.

``data/order.otlp.json`` was sent to Jaeger 2.13.0 (module github.com/jaegertracing/jaeger v1.76.0, memory storage) and
its answers to the paths of a test were written to a file beside it. When ``JAEGER`` names a Jaeger binary the same
comparison is made with that Jaeger too, and with ``RECORD=1`` its answers replace the recorded ones:

    RECORD=1 JAEGER=/path/to/jaeger pytest console/tests/jaeger
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

_JAEGER = os.environ.get("JAEGER", "")
_SOURCES = ["recorded", *(["live"] if Path(_JAEGER).is_file() and os.access(_JAEGER, os.X_OK) else [])]

InOrder = Callable[[httpx.Response, str], dict[str, Any]]


@pytest.fixture(scope="session", params=_SOURCES)
def query_url(
    request: pytest.FixtureRequest, sample: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str | None]:
    """Give the address of a Jaeger that holds the sample; None when its recorded answers are meant."""
    if request.param == "recorded":
        yield None
        return
    with _running_jaeger(tmp_path_factory.mktemp("jaeger")) as (query, otlp):
        httpx.post(f"{otlp}/v1/traces", content=sample, headers={"content-type": "application/json"}).raise_for_status()
        yield query


@pytest.fixture(scope="session")
def jaeger_answers(query_url: str | None, data: Path) -> Callable[[str, Sequence[str], InOrder], dict[str, Any]]:
    """Give a function that gets the answers to paths, put in order, from a file or from a Jaeger."""

    def answers(name: str, paths: Sequence[str], in_order: InOrder) -> dict[str, Any]:
        recorded = data / name
        if query_url is None:
            read: dict[str, Any] = json.loads(recorded.read_text(encoding="utf-8"))
            return read
        found = {path: in_order(httpx.get(query_url + path), path) for path in paths}
        if os.environ.get("RECORD"):
            recorded.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return found

    return answers


@contextmanager
def _running_jaeger(folder: Path) -> Iterator[tuple[str, str]]:
    """Run Jaeger with memory storage; give the URLs of its query API and of its OTLP/HTTP endpoint."""
    query, grpc, otlp = (f"127.0.0.1:{port}" for port in _free_ports(3))
    config = {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}},
        },
        "extensions": {
            "jaeger_query": {
                "storage": {"traces": "memory"},
                "http": {"endpoint": query},
                "grpc": {"endpoint": grpc},
            },
            "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 10_000}}}},
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": otlp}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
    }
    path = folder / "jaeger.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    command = [shutil.which(_JAEGER) or _JAEGER, "--config", f"file:{path}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stderr
            assert any("Everything is ready" in line for line in process.stderr), "Jaeger did not start"
            yield f"http://{query}", f"http://{otlp}"
        finally:
            process.terminate()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]
