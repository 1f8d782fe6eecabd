"""API v3 answers as Jaeger's does.

See ``conftest.py`` for how its answers came here. What is random in Jaeger (the order of spans, services and
operations) is put in order first, attributes too, which it sorts. What Jaeger changes in spans when it answers is left
out: its warnings, events and links in another order, links without ids, and the end of spans that end before they
start, and the names of services that have none. It calls its JSON plain text; the console calls it JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

Answers = Callable[..., dict[str, Any]]
TRACE, SHORT = "4bf92f3577b34da6a3ce929d0e0e4736", "a3ce929d0e0e4737"
_TIMES = "query.start_time_min=2025-10-09T00:00:00Z&query.start_time_max=2025-10-10T00:00:00%2B00:00"
_ORDERS = f"/api/v3/traces?query.service_name=order&{_TIMES}&query.num_traces=10"
_GIVEN_NAMES = [
    {"key": "service.name", "value": value}
    for value in ({"stringValue": "missing-service-name"}, {"stringValue": "empty-service-name"}, {"stringValue": ""})
]
PATHS = [
    "/api/v3/services",
    "/api/v3/operations",
    "/api/v3/operations?service=order",
    "/api/v3/operations?service=order&span_kind=client",
    "/api/v3/operations?service=none",
    f"/api/v3/traces/{TRACE}",
    f"/api/v3/traces/{SHORT}",
    "/api/v3/traces/abc",
    "/api/v3/traces/xyz",
    f"/api/v3/traces/{TRACE}aa",
    "/api/v3/traces",
    "/api/v3/traces?query.service_name=order",
    _ORDERS,
    f"{_ORDERS}&query.operation_name=orphan",
    f"{_ORDERS}&query.operation_name=nothing",
    f"{_ORDERS}&query.duration_min=3s",
    f"{_ORDERS}&query.duration_min=5s",
    f"{_ORDERS}&query.duration_max=1ns",
    f"{_ORDERS}&query.duration_min=x",
    _ORDERS.replace("09T00:00:00Z", "09T08:53:20.060001Z"),
    _ORDERS.replace("09T00:00:00Z", "09T23:00:00.5Z"),
]


@pytest.fixture(scope="module")
def jaeger(jaeger_answers: Answers) -> dict[str, Any]:
    return jaeger_answers("jaeger_v3.json", PATHS, _in_order)


@pytest.mark.parametrize("path", PATHS)
async def test_answers_as_jaeger_does(path: str, client: httpx.AsyncClient, sample: bytes, jaeger: Any) -> None:
    taken = await client.post("/v1/traces", content=sample, headers={"content-type": "application/json"})
    assert taken.json() == {}
    assert _in_order(await client.get(path), path) == jaeger[path]


@pytest.mark.parametrize("wrong", ["x", "2025-10-09", "2025-02-31T00:00:00Z", "2025-10-09T00:00:00"])
async def test_a_wrong_time_is_refused(client: httpx.AsyncClient, wrong: str) -> None:
    answer = await client.get(f"/api/v3/traces?query.start_time_min={wrong}&query.start_time_max=x")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("malformed parameter query.start_time_min: parsing time")


async def test_what_was_sent_comes_back_and_can_be_sent_again(client: httpx.AsyncClient, sample: bytes) -> None:
    headers = {"content-type": "application/json"}
    await client.post("/v1/traces", content=sample, headers=headers)
    first = (await client.get(f"/api/v3/traces/{TRACE}")).json()["result"]
    taken = await client.post("/v1/traces", content=json.dumps(first), headers=headers)
    assert taken.json() == {}
    assert (await client.get(f"/api/v3/traces/{TRACE}")).json()["result"] == first


def _in_order(answer: httpx.Response, path: str) -> dict[str, Any]:
    body = answer.json()
    if "result" in body and "?" in path:
        body = {"traces": sorted({span["traceId"] for span in _spans(body["result"])})}
    elif "result" in body:
        body = {"spans": sorted(_spans(body["result"]), key=lambda span: str(span["traceId"] + span["spanId"]))}
    for name in body.keys() & {"services", "operations"}:
        body[name].sort(key=str)
    return {"status": answer.status_code, "body": body}


def _spans(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give each span with its resource and scope, without what is left out."""
    for resource_spans in result["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans["spans"]:
                spans = {**span, "resource": resource_spans["resource"], "scope": scope_spans.get("scope") or {}}
                yield _plain(spans)


def _plain(span: dict[str, Any]) -> dict[str, Any]:
    found = {key: _sorted(value) for key, value in span.items()}
    plain = {key: value for key, value in found.items() if value not in (0, "", [], {})}
    if int(plain["endTimeUnixNano"]) - int(plain["startTimeUnixNano"]) <= 1:
        del plain["endTimeUnixNano"]
    plain["links"] = [link for link in plain.get("links", []) if link.get("traceId")]
    return plain


def _sorted(node: Any) -> Any:
    if isinstance(node, list):
        return sorted((_sorted(item) for item in node if item not in _GIVEN_NAMES and not _is_warning(item)), key=str)
    if isinstance(node, dict):
        found = {key: _sorted(value) for key, value in node.items()}
        return {key: value for key, value in sorted(found.items()) if value not in ([], "")}
    return node


def _is_warning(item: Any) -> bool:
    return isinstance(item, dict) and item.get("key") == "@jaeger@warnings"
