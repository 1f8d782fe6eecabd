from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
from grpc import StatusCode

from gateway import domain
from gateway.clients.order import OrderClient
from shop.order.v1 import order_pb2
from telemetry import Telemetry

EUR = domain.Money(1999, "EUR")


@pytest.fixture
async def orders(telemetry: Telemetry, order_service: Any) -> AsyncIterator[OrderClient]:
    async with telemetry.channel(order_service.address, retryable=OrderClient.retryable, timeout=1.0) as channel:
        yield OrderClient(channel)


async def test_an_order_is_placed_under_its_key(
    orders: OrderClient, order_service: Any, user_id: str, order_id: str
) -> None:
    placement = await orders.place(user_id, [domain.OrderItem("TEAPOT-1", 2, EUR)], "key")

    assert placement.created
    assert placement.order == domain.Order(
        order_id=order_id,
        user_id=user_id,
        items=[domain.OrderItem("TEAPOT-1", 2, EUR)],
        total=domain.Money(3998, "EUR"),
        status=domain.OrderStatus.PLACED,
        version=1,
        create_time=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        update_time=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    )
    assert order_service.calls[0].request == order_pb2.CreateOrderRequest(
        user_id=user_id, items=placement_items(), idempotency_key="key"
    )


async def test_orders_are_listed_of_one_user_or_of_all(orders: OrderClient, order_service: Any, user_id: str) -> None:
    await orders.list(limit=1, user_id=user_id)
    await orders.list(limit=2, cursor="here")

    assert [call.request for call in order_service.calls] == [
        order_pb2.ListOrdersRequest(user_id=user_id, page_size=1),
        order_pb2.ListOrdersRequest(page_size=2, page_token="here"),
    ]


async def test_a_watch_ends_its_call_when_it_is_left(orders: OrderClient, order_service: Any, make_order: Any) -> None:
    cancelled = asyncio.Event()

    async def follow(_request: Any, context: Any) -> None:
        try:
            await context.write(order_pb2.WatchOrderResponse(order=make_order()))
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    order_service.answers["WatchOrder"] = follow

    async with aclosing(orders.watch("x", 0)) as versions:
        assert (await anext(versions)).version == 1

    await asyncio.wait_for(cancelled.wait(), 5)


def flaky(answer: Any, failures: int = 2) -> Any:
    left = failures

    async def respond(_request: Any, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            await context.abort(StatusCode.UNAVAILABLE, "away")
        return answer

    return respond


@pytest.mark.parametrize("method", ["GetOrder", "ListOrders", "CancelOrder", "CreateOrder"])
async def test_what_may_run_twice_is_tried_again(orders: OrderClient, order_service: Any, method: str) -> None:
    order_service.answers[method] = flaky(order_service.answers[method])
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "GetOrder": lambda: orders.get("x"),
        "ListOrders": lambda: orders.list(limit=1),
        "CancelOrder": lambda: orders.cancel("x"),
        "CreateOrder": lambda: orders.place("x", [], "key"),
    }

    await calls[method]()

    assert [call.method for call in order_service.calls] == [method] * 3


async def test_every_try_of_an_order_has_the_same_key(orders: OrderClient, order_service: Any) -> None:
    order_service.answers["CreateOrder"] = flaky(order_service.answers["CreateOrder"])

    await orders.place("x", [], "key")

    assert [call.request.idempotency_key for call in order_service.calls] == ["key"] * 3


async def test_a_service_that_does_not_answer_is_given_up(orders: OrderClient, order_service: Any) -> None:
    async def hang(_request: Any, _context: Any) -> None:
        await asyncio.Event().wait()

    order_service.answers["GetOrder"] = hang

    with pytest.raises(domain.ServiceTimeout):
        await orders.get("x")


async def test_a_service_that_is_away_is_not_available(orders: OrderClient, order_service: Any) -> None:
    await order_service.stop()

    with pytest.raises(domain.ServiceUnavailable):
        await orders.get("x")
    assert not await orders.is_ready()


async def test_readiness_is_what_the_service_says(orders: OrderClient, order_service: Any) -> None:
    assert await orders.is_ready()

    await order_service.set_ready(ready=False)

    assert not await orders.is_ready()


def placement_items() -> list[order_pb2.OrderItem]:
    price = order_pb2.Money(amount_minor=1999, currency="EUR")
    return [order_pb2.OrderItem(sku="TEAPOT-1", quantity=2, unit_price=price)]
