from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from grpc import StatusCode, aio

from chassis.pagination import PageRequest
from order_service.changes import Changes
from order_service.clients import UserClient
from order_service.domain import (
    Money,
    OrderDraft,
    OrderItem,
    UserId,
    UserNotFound,
    UserServiceUnavailable,
)
from order_service.measures import OrderMeasures
from order_service.orders import Orders, utc_now
from order_service.store import OrderStore
from telemetry.metrics.business import Business


@pytest.fixture
def orders(store: OrderStore, user_channel: aio.Channel, changes: Changes) -> Orders:
    return Orders(store, UserClient(user_channel), changes, measures=OrderMeasures(Business(None, 0)))


@pytest.fixture
def draft(user_id: str) -> OrderDraft:
    return OrderDraft(UserId(UUID(user_id)), (OrderItem("tea", 2, Money(350, "EUR")),), "key-1")


async def test_an_order_gets_an_id_and_the_time_of_its_making(
    store: OrderStore, user_channel: aio.Channel, changes: Changes, draft: OrderDraft
) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    measures = OrderMeasures(Business(None, 0))
    orders = Orders(
        store, UserClient(user_channel), changes, measures=measures, new_id=lambda: UUID(int=7), now=lambda: now
    )

    order = (await orders.place(draft)).order

    assert (order.order_id, order.created_at, order.updated_at) == (UUID(int=7), now, now)
    assert await orders.get(order.order_id) == order


async def test_ids_are_random_and_times_are_in_utc(orders: Orders, draft: OrderDraft) -> None:
    order = (await orders.place(draft)).order

    assert order.order_id.version == 4
    assert order.created_at.tzinfo is UTC
    assert order.created_at <= utc_now()


async def test_no_order_is_placed_for_a_user_that_is_not_there(
    orders: Orders, draft: OrderDraft, users: set[tuple[str, str]]
) -> None:
    users.clear()

    with pytest.raises(UserNotFound):
        await orders.place(draft)

    assert (await orders.list(PageRequest(), None)).rows == ()


async def test_an_order_that_failed_for_want_of_the_user_service_can_be_placed_again(
    orders: Orders, draft: OrderDraft, failures: list[StatusCode]
) -> None:
    failures += [StatusCode.UNAVAILABLE] * 3
    with pytest.raises(UserServiceUnavailable):
        await orders.place(draft)

    assert (await orders.place(draft)).created
    assert len((await orders.list(PageRequest(), None)).rows) == 1


async def test_cancelling_tells_those_who_watch(
    orders: Orders, draft: OrderDraft, changes: Changes, tenant: str
) -> None:
    order = (await orders.place(draft)).order
    with changes.subscribe(tenant, order.order_id) as subscription:
        await orders.cancel(order.order_id)

        await subscription.wait(60)
