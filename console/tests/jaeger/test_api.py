"""The console answers as Jaeger does.

See ``conftest.py`` for how its answers came here.

What is random in Jaeger (the order of spans, services, operations and so of process ids) is put in order first. What
only its memory storage does is left out: a service's calls to itself in ``/api/dependencies``, and that a search for
``error``, ``span.kind`` or ``otel.status_code`` finds nothing, where Badger and Elasticsearch find them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Answers = Callable[..., dict[str, Any]]
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


@pytest.fixture(scope="module")
def jaeger(jaeger_answers: Answers) -> dict[str, Any]:
    return jaeger_answers("jaeger.json", PATHS, _in_order)


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
