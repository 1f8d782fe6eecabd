"""The console answers as Jaeger does.

``data/order.otlp.json`` was sent to Jaeger 2.13.0 (module github.com/jaegertracing/jaeger v1.76.0, memory storage) and
its answers to the paths below were written to ``data/jaeger.json``. When ``JAEGER`` names a Jaeger binary the same
comparison is made with that Jaeger too, and with ``RECORD=1`` its answers replace the recorded ones:

    RECORD=1 JAEGER=/path/to/jaeger pytest console/tests/jaeger/test_api.py

What is random in Jaeger (the order of spans, services, operations and so of process ids) is put in order first. What
only its memory storage does is left out: a service's calls to itself in ``/api/dependencies``, and that a search for
``error``, ``span.kind`` or ``otel.status_code`` finds nothing, where Badger and Elasticsearch find them.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

TRACE, SHORT = "4bf92f3577b34da6a3ce929d0e0e4736", "a3ce929d0e0e4737"
_SPAN_OF_TIME = "start=1759990000000000&end=1760010000000000"
_ORDERS = f"/api/traces?service=order&{_SPAN_OF_TIME}"
_DEPENDENCIES = "/api/dependencies?endTs=1760010000000&lookback=86400000"
PATHS = [
    "/api/services",
    "/api/operations?service=order",
    "/api/operations?service=order&spanKind=client",
    "/api/operations?service=none",
    "/api/operations",
    "/api/services/order/operations",
    "/api/services/none/operations",
    f"/api/traces/{TRACE}",
    f"/api/traces/{SHORT}",
    f"/api/traces/{SHORT.upper()}",
    f"/api/traces/{SHORT.zfill(32)}",
    "/api/traces/0",
    "/api/traces/abc",
    "/api/traces/xyz",
    "/api/traces/-1",
    f"/api/traces/{TRACE}aa",
    "/api/traces?traceID=78&traceID=77",
    "/api/traces?traceID=zz",
    "/api/traces",
    "/api/traces?service=order",
    "/api/traces?service=none",
    _ORDERS,
    f"{_ORDERS}&limit=1",
    f"{_ORDERS}&limit=x",
    f"{_ORDERS}&limit=99999999999999999999",
    f"{_ORDERS}&lookback=1ms",
    f"{_ORDERS}&operation=orphan",
    f"{_ORDERS}&operation=nothing",
    f"{_ORDERS}&minDuration=3s",
    f"{_ORDERS}&minDuration=5s",
    f"{_ORDERS}&minDuration=1h1m1.5s",
    f"{_ORDERS}&minDuration=x",
    f"{_ORDERS}&minDuration=5",
    f"{_ORDERS}&minDuration=5q",
    f"{_ORDERS}&maxDuration=1ms",
    f"{_ORDERS}&maxDuration=1ns",
    f"{_ORDERS}&minDuration=2s&maxDuration=1s",
    f"{_ORDERS}&tag=x",
    f"{_ORDERS}&tag=ratio:0.1",
    f"{_ORDERS}&tag=tiny:1e-7",
    f"{_ORDERS}&tag=huge:1e%2B21",
    f"{_ORDERS}&tag=whole:2",
    f"{_ORDERS}&tag=no:false",
    f"{_ORDERS}&tag=blob:AP8%3D",
    f"{_ORDERS}&tag=attempt:2",
    f"{_ORDERS}&tag=scope.tag:s",
    f"{_ORDERS}&tag=service.version:0.1.0",
    f"{_ORDERS}&tag=attempt:3",
    f'{_ORDERS}&tags={{"attempt":"2","db.system.name":"sqlite"}}',
    f'{_ORDERS}&tags={{"attempt":"2","db.system.name":"mysql"}}',
    f'{_ORDERS}&tag=table:{{"a":["\\u003c\\u0026\\u003eé"],"z":1}}',
    f"{_ORDERS}&start=x",
    "/api/traces?service=order&start=1760000000060001&end=1760010000000000",
    "/api/traces?service=order&start=1759990000000000&end=1759999999996749",
    "/api/traces?service=order&start=x",
    _DEPENDENCIES,
    f"{_DEPENDENCIES}&service=user",
    "/api/dependencies?endTs=1760000000&lookback=1",
    "/api/dependencies?endTs=abc",
    "/api/dependencies?endTs=1760010000000&lookback=x",
]
_JAEGER = os.environ.get("JAEGER", "")
_SOURCES = ["recorded", *(["live"] if Path(_JAEGER).is_file() and os.access(_JAEGER, os.X_OK) else [])]


@pytest.fixture(scope="module", params=_SOURCES)
def jaeger(request: pytest.FixtureRequest, data: Path, sample: bytes, tmp_path_factory: pytest.TempPathFactory) -> Any:
    recorded = data / "jaeger.json"
    if request.param == "live":
        with _running_jaeger(tmp_path_factory.mktemp("jaeger")) as (query, otlp):
            httpx.post(
                f"{otlp}/v1/traces", content=sample, headers={"content-type": "application/json"}
            ).raise_for_status()
            answers = {path: _in_order(httpx.get(query + path), path) for path in PATHS}
        if os.environ.get("RECORD"):
            recorded.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return answers
    return json.loads(recorded.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PATHS)
async def test_answers_as_jaeger_does(path: str, client: httpx.AsyncClient, sample: bytes, jaeger: Any) -> None:
    taken = await client.post("/v1/traces", content=sample, headers={"content-type": "application/json"})
    assert taken.json() == {}
    assert _in_order(await client.get(path), path) == jaeger[path]


def _in_order(answer: httpx.Response, path: str) -> dict[str, Any]:
    body = answer.json()
    if path.startswith("/api/traces/"):
        body["data"] = [_trace_in_order(trace) for trace in body["data"] or []]
    elif path.startswith("/api/traces"):
        body["data"] = body["data"] and [trace["traceID"] for trace in body["data"]]
    elif path.startswith("/api/dependencies"):
        body["data"] = [link for link in body["data"] or [] if link["parent"] != link["child"]]
    if isinstance(body["data"], list):
        body["data"].sort(key=str)
    return {"status": answer.status_code, "type": answer.headers["content-type"], "body": body}


def _trace_in_order(trace: dict[str, Any]) -> dict[str, Any]:
    processes = trace.pop("processes")
    for span in trace["spans"]:
        span["process"] = processes[span.pop("processID")]
    trace["spans"].sort(key=lambda span: span["spanID"])
    return {**trace, "processes": len(processes)}


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
