from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from grpc import StatusCode
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.server import opened
from gateway.settings import Settings
from shop.order.v1 import order_pb2
from telemetry import Telemetry

Block = dict[str, str]


class Upstream:
    """A WatchOrder that gives what the test puts in, and tells what becomes of its call."""

    def __init__(self, make_order: Callable[..., order_pb2.Order]) -> None:
        self._make_order = make_order
        self._steps: asyncio.Queue[int | StatusCode | None] = asyncio.Queue()
        self.cancelled = asyncio.Event()

    def give(self, *versions: int) -> None:
        for version in versions:
            self._steps.put_nowait(version)

    def end(self, code: StatusCode | None = None) -> None:
        self._steps.put_nowait(code)

    async def __call__(self, _request: Any, context: Any) -> None:
        try:
            while (step := await self._steps.get()) is not None:
                if isinstance(step, StatusCode):
                    await context.abort(step, "details")
                await context.write(order_pb2.WatchOrderResponse(order=self._make_order(version=step)))
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@pytest.fixture
def upstream(order_service: Any, make_order: Callable[..., order_pb2.Order]) -> Upstream:
    upstream = Upstream(make_order)
    order_service.answers["WatchOrder"] = upstream
    return upstream


Live = tuple[httpx.AsyncClient, asyncio.Event]
GoLive = Callable[[], AbstractAsyncContextManager[Live]]


@pytest.fixture
def go_live(
    settings: Settings,
    telemetry: Telemetry,
    serve_app: Callable[..., AbstractAsyncContextManager[str]],
    make_token: Callable[..., str],
) -> GoLive:
    """Serves the gateway over a real socket; gives a client and what tells the streams that it is about to stop."""

    @asynccontextmanager
    async def live() -> AsyncIterator[Live]:
        headers = {"Authorization": f"Bearer {make_token()}"}
        async with (
            opened(settings, telemetry) as (app, stopping),
            serve_app(app) as url,
            httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client,
        ):
            yield client, stopping

    return live


@pytest.fixture
async def live(go_live: GoLive) -> AsyncIterator[Live]:
    async with go_live() as found:
        yield found


@pytest.fixture
def caller(live: Live) -> httpx.AsyncClient:
    return live[0]


@pytest.fixture
def events(order_id: str) -> str:
    return f"/v1/orders/{order_id}/events"


async def blocks(response: httpx.Response) -> AsyncGenerator[Block]:
    """Give each event's fields; a comment is a block with the field ''."""
    found: Block = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            found[name] = value.removeprefix(" ")
        else:
            yield found
            found = {}


async def read_events(response: httpx.Response) -> list[Block]:
    return [block async for block in blocks(response) if "event" in block]


async def test_an_order_is_followed_to_its_end(caller: httpx.AsyncClient, upstream: Upstream, events: str) -> None:
    upstream.give(1, 2)
    upstream.end()

    async with caller.stream("GET", events) as response:
        found = await read_events(response)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert "x-trace-id" in response.headers
    assert [(each["id"], each["event"]) for each in found] == [("1", "order.placed"), ("2", "order.cancelled")]
    order = json.loads(found[1]["data"])
    assert (order["version"], order["status"], order["total"]) == (
        2,
        "cancelled",
        {"amount_minor": 3998, "currency": "EUR"},
    )


async def test_events_come_as_they_happen(caller: httpx.AsyncClient, upstream: Upstream, events: str) -> None:
    upstream.give(1)
    async with caller.stream("GET", events) as response:
        stream = blocks(response)
        assert (await anext(stream))["id"] == "1"
        upstream.give(2)
        assert "2" in [block.get("id") async for block in stream_until(stream, "id")]


async def stream_until(stream: AsyncGenerator[Block], name: str) -> AsyncGenerator[Block]:
    async for block in stream:
        yield block
        if name in block:
            return


async def test_silence_is_filled_with_comments(caller: httpx.AsyncClient, upstream: Upstream, events: str) -> None:
    upstream.give(1)
    async with caller.stream("GET", events) as response:
        stream = blocks(response)
        await anext(stream)
        assert [await anext(stream) for _ in range(3)] == [{"": "heartbeat"}] * 3


async def test_the_stream_goes_on_after_the_last_event_seen(
    caller: httpx.AsyncClient, order_service: Any, upstream: Upstream, make_order: Any, events: str
) -> None:
    order_service.answers["GetOrder"] = order_pb2.GetOrderResponse(order=make_order(version=2))
    upstream.give(2)
    upstream.end()

    async with caller.stream("GET", events, headers={"Last-Event-ID": "1"}) as response:
        found = await read_events(response)

    assert [each["id"] for each in found] == ["2"]
    assert order_service.calls[-1].request.after_version == 1


async def test_a_reader_who_has_seen_all_there_is_gets_a_stream_at_once(
    caller: httpx.AsyncClient, upstream: Upstream, events: str
) -> None:
    async with caller.stream("GET", events, headers={"Last-Event-ID": "1"}) as response:
        assert response.status_code == 200
        upstream.give(2)
        upstream.end()
        assert [each["id"] for each in await read_events(response)] == ["2"]


async def test_a_reader_who_has_seen_the_last_event_need_not_ask_again(
    caller: httpx.AsyncClient, order_service: Any, make_order: Any, events: str
) -> None:
    order_service.answers["GetOrder"] = order_pb2.GetOrderResponse(order=make_order(version=2))

    response = await caller.get(events, headers={"Last-Event-ID": "2"})

    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("last", ["", "x", "-1", "1.0", "9" * 19, "2"])
async def test_an_event_that_never_was_is_refused(caller: httpx.AsyncClient, events: str, last: str) -> None:
    response = await caller.get(events, headers={"Last-Event-ID": last})

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("code", "status"), [(StatusCode.NOT_FOUND, 404), (StatusCode.UNAVAILABLE, 503)])
async def test_a_failure_before_the_first_event_is_an_ordinary_problem(
    caller: httpx.AsyncClient, upstream: Upstream, events: str, code: StatusCode, status: int
) -> None:
    for _ in range(3):
        upstream.end(code)

    response = await caller.get(events)

    assert response.status_code == status
    assert response.json()["trace_id"] == response.headers["x-trace-id"]


async def test_so_is_one_when_the_stream_is_taken_up_again(
    caller: httpx.AsyncClient, order_service: Any, events: str
) -> None:
    order_service.answers["GetOrder"] = StatusCode.NOT_FOUND

    assert (await caller.get(events, headers={"Last-Event-ID": "1"})).status_code == 404


async def test_an_upstream_that_says_nothing_is_given_up(
    caller: httpx.AsyncClient, upstream: Upstream, events: str
) -> None:
    response = await caller.get(events)

    assert response.status_code == 504
    await asyncio.wait_for(upstream.cancelled.wait(), 5)


async def test_a_failure_later_is_the_last_event(caller: httpx.AsyncClient, upstream: Upstream, events: str) -> None:
    upstream.give(1)
    upstream.end(StatusCode.UNAVAILABLE)

    async with caller.stream("GET", events) as response:
        found = await read_events(response)

    assert [each["event"] for each in found] == ["order.placed", "error"]
    problem = json.loads(found[1]["data"])
    assert (problem["status"], problem["title"]) == (503, "Service unavailable")
    assert problem["trace_id"] == response.headers["x-trace-id"]
    assert problem["instance"] == events
    assert "id" not in found[1]


async def test_the_upstream_call_and_the_spans_end_when_the_reader_leaves(
    go_live: GoLive, upstream: Upstream, events: str, spans: InMemorySpanExporter
) -> None:
    upstream.give(1)
    async with go_live() as (caller, _stopping):
        async with caller.stream("GET", events) as response:
            await anext(blocks(response))
        await asyncio.wait_for(upstream.cancelled.wait(), 5)

    assert {span.name for span in spans.get_finished_spans()} == {
        "GET /v1/orders/{order_id}/events",
        "shop.order.v1.OrderService/WatchOrder",
    }


async def test_streams_end_when_the_server_is_about_to_stop(live: Live, upstream: Upstream, events: str) -> None:
    caller, stopping = live
    upstream.give(1)
    async with caller.stream("GET", events) as response:
        stream = blocks(response)
        await anext(stream)
        stopping.set()
        assert [block async for block in stream if "event" in block] == []

    await asyncio.wait_for(upstream.cancelled.wait(), 5)
    assert (await caller.get("/readyz")).json()["detail"] == "not ready: gateway (stopping)"
