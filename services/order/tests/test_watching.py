from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import URL

from chassis.database.engine import Database
from order_service.changes import Changes
from order_service.domain import Money, Order, OrderDraft, OrderId, OrderItem, OrderNotFound, UserId
from order_service.store import OrderStore
from order_service.watching import WatchLimits, watch
from telemetry import Telemetry
from telemetry.context.deadline import deadline

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 13, tzinfo=UTC)
# Nothing but being told wakes such a watcher.
TOLD = WatchLimits(window=60.0, interval=60.0)
LOOKING = WatchLimits(window=60.0, interval=0.02)


@pytest.fixture
async def order(store: OrderStore) -> Order:
    draft = OrderDraft(UserId(UUID(int=1)), (OrderItem("tea", 2, Money(350, "EUR")),), "key-1")
    return (await store.insert(Order.place(draft, OrderId(uuid4()), NOON), draft)).order


@pytest.fixture
async def replica(url: URL, telemetry: Telemetry) -> AsyncIterator[OrderStore]:
    """Give a store of another process: the same database, and nobody to tell."""
    database = Database(url, telemetry)
    yield OrderStore(database)
    await database.close()


async def test_what_has_happened_is_told_and_a_cancelled_order_ends_it(
    store: OrderStore, changes: Changes, order: Order
) -> None:
    cancelled = await store.cancel(order.order_id, LATER)

    assert [each async for each in watch(store, changes, TOLD, order.order_id, 0)] == [order, cancelled]
    assert [each async for each in watch(store, changes, TOLD, order.order_id, 1)] == [cancelled]
    assert [each async for each in watch(store, changes, TOLD, order.order_id, 2)] == []


async def test_a_change_is_told_when_it_happens(store: OrderStore, changes: Changes, order: Order, tenant: str) -> None:
    async with aclosing(watch(store, changes, TOLD, order.order_id, 0)) as versions:
        assert await anext(versions) == order
        cancelled = await store.cancel(order.order_id, LATER)
        changes.publish(tenant, order.order_id)

        assert [each async for each in versions] == [cancelled]


async def test_a_change_while_the_caller_is_busy_is_not_lost(
    store: OrderStore, changes: Changes, order: Order, tenant: str
) -> None:
    """The change comes between the read and the wait."""
    async with aclosing(watch(store, changes, TOLD, order.order_id, 0)) as versions:
        await anext(versions)
        await store.cancel(order.order_id, LATER)
        changes.publish(tenant, order.order_id)
        changes.publish(tenant, order.order_id)

        assert (await anext(versions)).version == 2


async def test_a_change_through_another_replica_is_seen(
    store: OrderStore, replica: OrderStore, changes: Changes, order: Order
) -> None:
    async with aclosing(watch(store, changes, LOOKING, order.order_id, 0)) as versions:
        assert await anext(versions) == order
        cancelled = await replica.cancel(order.order_id, LATER)

        assert [each async for each in versions] == [cancelled]


async def test_looking_again_leaves_no_spans(
    store: OrderStore, changes: Changes, order: Order, spans: InMemorySpanExporter
) -> None:
    spans.clear()
    limits = WatchLimits(window=0.2, interval=0.01)

    assert [each async for each in watch(store, changes, limits, order.order_id, 0)] == [order]

    assert [span.name for span in spans.get_finished_spans()] == ["SELECT orders"]


async def test_it_ends_with_its_window(store: OrderStore, changes: Changes, order: Order) -> None:
    limits = WatchLimits(window=0.05, interval=60.0)

    assert [each async for each in watch(store, changes, limits, order.order_id, 0)] == [order]
    assert len(changes) == 0


async def test_it_ends_before_the_callers_deadline(store: OrderStore, changes: Changes, order: Order) -> None:
    started = monotonic()
    with deadline(1.2):
        assert [each async for each in watch(store, changes, TOLD, order.order_id, 0)] == [order]

    assert monotonic() - started < 1.2


async def test_it_ends_when_the_server_drains(store: OrderStore, changes: Changes, order: Order) -> None:
    async with aclosing(watch(store, changes, TOLD, order.order_id, 0)) as versions:
        await anext(versions)
        changes.close()

        assert [each async for each in versions] == []


async def test_it_tells_where_the_order_stands_even_when_the_server_drains(
    store: OrderStore, changes: Changes, order: Order
) -> None:
    changes.close()

    assert [each async for each in watch(store, changes, TOLD, order.order_id, 0)] == [order]


async def test_it_leaves_nothing_behind_when_it_is_cancelled(store: OrderStore, changes: Changes, order: Order) -> None:
    versions = watch(store, changes, TOLD, order.order_id, 0)
    await anext(versions)
    waiting = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0)
    assert len(changes) == 1

    waiting.cancel()
    await asyncio.wait([waiting])

    assert len(changes) == 0


async def test_an_order_that_is_not_there_cannot_be_watched(store: OrderStore, changes: Changes) -> None:
    with pytest.raises(OrderNotFound):
        await anext(watch(store, changes, TOLD, OrderId(uuid4()), 0))

    assert len(changes) == 0
