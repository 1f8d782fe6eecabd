"""Following an order by server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from stack.e2e.expectations import ORDER_SERVICE, call, query, request
from stack.e2e.stacks import Shop
from tracetest import SpanPattern, TracedClient, every, exactly, expect

ROUTE = "GET /v1/orders/{order_id}/events"


@dataclass(frozen=True)
class Event:
    name: str
    event_id: str
    data: Any


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    """Read the events as they come; comments are left out."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            yield Event(fields["event"], fields["id"], json.loads(fields["data"]))
            fields = {}


def watched(database: str, *before: SpanPattern, code: str = "OK") -> SpanPattern:
    """Say what a stream leaves: the order is read many times, and that is traced once."""
    watch = call("gateway", f"{ORDER_SERVICE}/WatchOrder", query("order", "SELECT orders", database), code=code)
    return request(ROUTE, *before, watch)


async def test_events_come_as_they_happen_and_the_stream_is_one_trace(
    shop: Shop, api: TracedClient, database: str, tenant: str
) -> None:
    order_id = await shop.placed()

    async with api.stream("GET", f"/v1/orders/{order_id}/events") as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["x-trace-id"] == stream.context.trace_id
        coming = events(stream.response)
        placed = await anext(coming)
        assert (placed.name, placed.event_id) == ("order.placed", "1")
        assert placed.data == (await api.get(f"/v1/orders/{order_id}")).answer()

        order = (await api.post(f"/v1/orders/{order_id}/cancel")).answer()

        assert await anext(coming) == Event("order.cancelled", "2", order)
        assert [event async for event in coming] == []  # nothing more can happen

    expect(await stream.trace(), exactly(watched(database)), every({"tenant.id": tenant}))


async def test_a_reader_who_leaves_ends_the_call_behind_the_stream(
    shop: Shop, api: TracedClient, database: str, tenant: str
) -> None:
    order_id = await shop.placed()

    async with api.stream("GET", f"/v1/orders/{order_id}/events") as stream:
        await anext(events(stream.response))

    expect(await stream.trace(), exactly(watched(database, code="CANCELLED")), every({"tenant.id": tenant}))


async def test_every_reader_is_told(shop: Shop, api: TracedClient) -> None:
    order_id = await shop.placed()
    path = f"/v1/orders/{order_id}/events"

    async with api.stream("GET", path) as one, api.stream("GET", path) as other:
        readers = [events(one.response), events(other.response)]
        assert [(await anext(reader)).event_id for reader in readers] == ["1", "1"]
        await api.post(f"/v1/orders/{order_id}/cancel")
        assert [(await anext(reader)).event_id for reader in readers] == ["2", "2"]


async def test_a_reader_goes_on_after_the_last_event_that_he_saw(
    shop: Shop, api: TracedClient, database: str, tenant: str
) -> None:
    order_id = await shop.placed()
    await api.post(f"/v1/orders/{order_id}/cancel")

    async with api.stream("GET", f"/v1/orders/{order_id}/events", headers={"Last-Event-ID": "1"}) as stream:
        assert [event.event_id async for event in events(stream.response)] == ["2"]

    looked = call("gateway", f"{ORDER_SERVICE}/GetOrder", query("order", "SELECT orders", database))
    expect(await stream.trace(), exactly(watched(database, looked)), every({"tenant.id": tenant}))


async def test_a_reader_who_has_seen_the_end_is_told_to_ask_no_more(shop: Shop, api: TracedClient) -> None:
    order_id = await shop.placed()
    await api.post(f"/v1/orders/{order_id}/cancel")

    asked = await api.get(f"/v1/orders/{order_id}/events", headers={"Last-Event-ID": "2"})

    assert (asked.response.status_code, asked.response.content) == (204, b"")


async def test_an_event_that_has_not_been_cannot_have_been_seen(shop: Shop, api: TracedClient) -> None:
    order_id = await shop.placed()

    asked = await api.get(f"/v1/orders/{order_id}/events", headers={"Last-Event-ID": "7"})

    assert asked.answer(422)["detail"] == "Last-Event-ID=7: the order is at version 1"
