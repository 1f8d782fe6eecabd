from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from console.model import Span, Status
from console.receive.signals import SIGNALS
from console.server import build
from console.settings import Settings
from console.stores import Stores

Encode = Callable[[list[Span]], Any]
PROTOBUF = {"content-type": "application/x-protobuf"}
ORDER = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = f"{7:032x}"
METRIC = {"name": "orders", "sum": {"dataPoints": [{"asInt": "3"}]}}


@pytest.fixture
async def held(client: httpx.AsyncClient, encode: Encode, order_trace: list[Span]) -> httpx.AsyncClient:
    """Give a console with two traces, a log record of the first and one of none, and a metric."""
    failed = replace(order_trace[0], trace_id=OTHER, status=Status.ERROR)
    for spans in (order_trace, [failed]):
        answer = await client.post("/v1/traces", content=encode(spans).SerializeToString(), headers=PROTOBUF)
        assert answer.content == b""
    records = [{"traceId": ORDER, "body": {"stringValue": "stored"}}, {"body": {"stringValue": "ready"}}]
    await client.post("/v1/logs", json={"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
    await client.post("/v1/metrics", json={"resourceMetrics": [{"scopeMetrics": [{"metrics": [METRIC]}]}]})
    return client


async def lines(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(path)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.headers["content-disposition"].startswith("attachment")
    return [json.loads(line) for line in answer.text.splitlines()]


def kinds(documents: list[dict[str, Any]]) -> list[str]:
    return [kind for document in documents for kind in document]


async def test_without_filters_all_that_is_held_is_given_and_can_be_taken_again(held: httpx.AsyncClient) -> None:
    documents = await lines(held, "/export")
    assert Counter(kinds(documents)) == {"resourceSpans": 2, "resourceLogs": 1, "resourceMetrics": 1}
    stores = Stores()
    transport = httpx.ASGITransport(app=build(Settings(), stores).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as other:
        for document in documents:
            [signal] = [signal for signal in SIGNALS if signal.things in document]
            assert (await other.post(signal.path, json=document)).json() == {}
        assert await lines(other, "/export") == documents
    assert (stores.traces.usage().spans, stores.logs.usage().items, stores.metrics.usage().items) == (8, 2, 1)


async def test_of_what_is_listed_each_trace_comes_with_its_log_records(held: httpx.AsyncClient) -> None:
    documents = await lines(held, "/export?status=ok")
    assert kinds(documents) == ["resourceSpans", "resourceLogs"]
    assert ORDER in json.dumps(documents[0])
    assert "ready" not in json.dumps(documents[1])
    assert await lines(held, "/export?status=ok&service=nobody") == []


async def test_a_trace_can_be_had_alone(held: httpx.AsyncClient) -> None:
    assert kinds(await lines(held, f"/trace/{ORDER}/export")) == ["resourceSpans", "resourceLogs"]
    assert kinds(await lines(held, f"/trace/{OTHER}/export")) == ["resourceSpans"]


async def test_many_items_are_several_lines(client: httpx.AsyncClient) -> None:
    records = [{"body": {"intValue": str(number)}} for number in range(1_001)]
    await client.post("/v1/logs", json={"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
    documents = await lines(client, "/export")
    assert [len(each["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) for each in documents] == [500, 500, 1]


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/export?min=fast", 400, "duration 'fast': expected one such as 100ms, 1.5s or 250us\n"),
        (f"/trace/{ORDER}/export", 404, f"there is no trace {ORDER} here\n"),
        ("/trace/none/export", 400, "none"),
    ],
)
async def test_what_cannot_be_given_is_said(client: httpx.AsyncClient, path: str, code: int, said: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == code
    assert said in answer.text
