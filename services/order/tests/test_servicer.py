from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from grpc import StatusCode, aio
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from order_service.changes import Changes
from order_service.domain import OrderId, parse_order_id
from order_service.orders import utc_now
from order_service.store import OrderStore
from shop.order.v1.order_pb2 import (
    ORDER_STATUS_CANCELLED,
    ORDER_STATUS_PLACED,
    CancelOrderRequest,
    CreateOrderRequest,
    CreateOrderResponse,
    GetOrderRequest,
    ListOrdersRequest,
    Money,
    OrderItem,
    WatchOrderRequest,
)
from telemetry import use_tenant

if TYPE_CHECKING:
    from shop.order.v1.order_pb2_grpc import OrderServiceAsyncStub as Stub

TEA = OrderItem(sku="tea", quantity=2, unit_price=Money(amount_minor=350, currency="EUR"))
POT = OrderItem(sku="pot", quantity=1, unit_price=Money(amount_minor=1999, currency="EUR"))


def request_for(user_id: str, *items: OrderItem, key: str = "key-1") -> CreateOrderRequest:
    return CreateOrderRequest(user_id=user_id, items=items or (TEA, POT), idempotency_key=key)


async def create(stub: Stub, user_id: str, key: str = "key-1") -> CreateOrderResponse:
    return await stub.CreateOrder(request_for(user_id, key=key))


class TestCreateOrder:
    async def test_gives_the_order_back(self, stub: Stub, user_id: str) -> None:
        response = await create(stub, user_id)

        order = response.order
        assert response.created
        assert (order.user_id, list(order.items), order.status) == (user_id, [TEA, POT], ORDER_STATUS_PLACED)
        assert order.total == Money(amount_minor=2699, currency="EUR")
        assert order.version == 1
        assert order.create_time == order.update_time
        assert order.create_time.seconds > 0

    async def test_again_gives_the_same_order(self, stub: Stub, user_id: str) -> None:
        first = await create(stub, user_id)

        again = await create(stub, user_id)

        assert again == CreateOrderResponse(order=first.order, created=False)

    async def test_twenty_times_at_once_under_one_key_makes_one_order(self, stub: Stub, user_id: str) -> None:
        responses = await asyncio.gather(*(create(stub, user_id) for _ in range(20)))

        assert Counter(response.created for response in responses) == {True: 1, False: 19}
        assert len({response.order.order_id for response in responses}) == 1
        assert len((await stub.ListOrders(ListOrdersRequest())).orders) == 1

    async def test_refuses_other_content_under_the_same_key(self, stub: Stub, user_id: str) -> None:
        await create(stub, user_id)

        with pytest.raises(aio.AioRpcError) as refused:
            await stub.CreateOrder(request_for(user_id, TEA))

        assert refused.value.code() is StatusCode.ALREADY_EXISTS
        assert refused.value.details() == "the idempotency key has been used for an order with other content"

    async def test_refuses_a_user_that_is_not_there(self, stub: Stub) -> None:
        user_id = str(uuid4())

        with pytest.raises(aio.AioRpcError) as refused:
            await create(stub, user_id)

        assert refused.value.code() is StatusCode.NOT_FOUND
        assert refused.value.details() == f"there is no user {user_id}"

    @pytest.mark.parametrize(
        ("failure", "details"),
        [
            (StatusCode.UNAVAILABLE, "the user service is not available"),
            (StatusCode.DEADLINE_EXCEEDED, "the user service did not answer in time"),
        ],
    )
    async def test_says_so_when_the_user_service_is_away(
        self, stub: Stub, user_id: str, failures: list[StatusCode], failure: StatusCode, details: str
    ) -> None:
        failures += [failure] * 3

        with pytest.raises(aio.AioRpcError) as refused:
            await create(stub, user_id)

        assert (refused.value.code(), refused.value.details()) == (failure, details)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"user_id": "ada"}, "user_id"),
            ({"items": []}, "items"),
            ({"items": [OrderItem(sku="tea", quantity=1)]}, "currency"),
            ({"items": [OrderItem(sku="tea", unit_price=TEA.unit_price)]}, "quantity"),
            ({"items": [OrderItem(quantity=1, unit_price=TEA.unit_price)]}, "sku"),
            ({"idempotency_key": ""}, "idempotency_key"),
        ],
    )
    async def test_says_which_value_is_wrong(
        self, stub: Stub, user_id: str, change: dict[str, object], field: str
    ) -> None:
        valid = {"user_id": user_id, "items": [TEA], "idempotency_key": "key-1"}

        with pytest.raises(aio.AioRpcError) as refused:
            await stub.CreateOrder(CreateOrderRequest(**{**valid, **change}))  # type: ignore[arg-type]

        assert refused.value.code() is StatusCode.INVALID_ARGUMENT
        assert (refused.value.details() or "").startswith(f"{field}=")

    async def test_leaves_a_span_of_each_call_and_of_the_one_statement(
        self, stub: Stub, user_id: str, spans: InMemorySpanExporter, tenant: str
    ) -> None:
        await create(stub, user_id)

        finished = spans.get_finished_spans()
        assert [(span.name, span.kind.name) for span in finished] == [
            ("shop.user.v1.UserService/GetUser", "CLIENT"),
            ("INSERT orders", "CLIENT"),
            ("shop.order.v1.OrderService/CreateOrder", "SERVER"),
            ("shop.order.v1.OrderService/CreateOrder", "CLIENT"),
        ]
        parents = [None if span.parent is None else span.parent.span_id for span in finished]
        ids = [span.context.span_id for span in finished]
        assert parents == [ids[2], ids[2], ids[3], None]
        assert {(span.attributes or {})["tenant.id"] for span in finished} == {tenant}


class TestGetOrder:
    async def test_gives_the_order(self, stub: Stub, user_id: str) -> None:
        order = (await create(stub, user_id)).order

        assert (await stub.GetOrder(GetOrderRequest(order_id=order.order_id))).order == order

    async def test_finds_no_order_of_another_tenant(self, stub: Stub, user_id: str) -> None:
        order = (await create(stub, user_id)).order

        with use_tenant("somebody-else"), pytest.raises(aio.AioRpcError) as refused:
            await stub.GetOrder(GetOrderRequest(order_id=order.order_id))

        assert refused.value.code() is StatusCode.NOT_FOUND
        assert refused.value.details() == f"there is no order {order.order_id}"

    async def test_refuses_what_is_no_id(self, stub: Stub) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.GetOrder(GetOrderRequest(order_id=str(uuid4()).upper()))

        assert refused.value.code() is StatusCode.INVALID_ARGUMENT


class TestListOrders:
    async def test_gives_pages_until_the_token_is_empty(self, stub: Stub, user_id: str) -> None:
        made = [(await create(stub, user_id, f"key-{n}")).order for n in range(5)]

        first = await stub.ListOrders(ListOrdersRequest(page_size=3))
        second = await stub.ListOrders(ListOrdersRequest(page_size=3, page_token=first.next_page_token))

        assert [*first.orders, *second.orders] == made[::-1]
        assert second.next_page_token == ""

    async def test_gives_the_orders_of_one_user(self, stub: Stub, user_id: str) -> None:
        order = (await create(stub, user_id)).order

        assert list((await stub.ListOrders(ListOrdersRequest(user_id=user_id))).orders) == [order]
        assert list((await stub.ListOrders(ListOrdersRequest(user_id=str(uuid4())))).orders) == []

    @pytest.mark.parametrize(
        "request_",
        [
            ListOrdersRequest(page_size=-1),
            ListOrdersRequest(page_size=101),
            ListOrdersRequest(page_token="x"),
            ListOrdersRequest(user_id="ada"),
        ],
    )
    async def test_refuses_a_page_that_cannot_be(self, stub: Stub, request_: ListOrdersRequest) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.ListOrders(request_)

        assert refused.value.code() is StatusCode.INVALID_ARGUMENT


class TestCancelOrder:
    async def test_gives_the_cancelled_order_every_time(self, stub: Stub, user_id: str) -> None:
        placed = (await create(stub, user_id)).order

        cancelled = (await stub.CancelOrder(CancelOrderRequest(order_id=placed.order_id))).order
        again = (await stub.CancelOrder(CancelOrderRequest(order_id=placed.order_id))).order

        assert (cancelled.status, cancelled.version) == (ORDER_STATUS_CANCELLED, 2)
        assert cancelled.create_time == placed.create_time
        assert cancelled.update_time.ToNanoseconds() > placed.update_time.ToNanoseconds()
        assert again == cancelled

    async def test_refuses_an_order_that_is_not_there(self, stub: Stub) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.CancelOrder(CancelOrderRequest(order_id=str(uuid4())))

        assert refused.value.code() is StatusCode.NOT_FOUND


class TestWatchOrder:
    async def test_tells_of_the_cancelling_and_ends(self, stub: Stub, user_id: str) -> None:
        placed = (await create(stub, user_id)).order
        call = stub.WatchOrder(WatchOrderRequest(order_id=placed.order_id))
        responses = aiter(call)

        first = await anext(responses)
        cancelled = (await stub.CancelOrder(CancelOrderRequest(order_id=placed.order_id))).order
        rest = [response.order async for response in responses]

        assert first.order == placed
        assert rest == [cancelled]
        assert await call.code() is StatusCode.OK

    async def test_tells_an_order_that_is_over_from_its_start_or_from_where_it_was_seen(
        self, stub: Stub, user_id: str
    ) -> None:
        placed = (await create(stub, user_id)).order
        cancelled = (await stub.CancelOrder(CancelOrderRequest(order_id=placed.order_id))).order

        for after_version, expected in ((0, [placed, cancelled]), (1, [cancelled]), (2, [])):
            request = WatchOrderRequest(order_id=placed.order_id, after_version=after_version)
            assert [response.order async for response in stub.WatchOrder(request)] == expected

    async def test_sees_a_change_that_nobody_told(self, stub: Stub, user_id: str, store: OrderStore) -> None:
        placed = (await create(stub, user_id)).order
        responses = aiter(stub.WatchOrder(WatchOrderRequest(order_id=placed.order_id)))
        await anext(responses)

        await store.cancel(parse_order_id(placed.order_id), utc_now())

        assert (await anext(responses)).order.status == ORDER_STATUS_CANCELLED

    async def test_ends_well_when_the_server_drains(self, stub: Stub, user_id: str, changes: Changes) -> None:
        placed = (await create(stub, user_id)).order
        call = stub.WatchOrder(WatchOrderRequest(order_id=placed.order_id))
        responses = aiter(call)
        await anext(responses)

        changes.close()

        assert [response async for response in responses] == []
        assert await call.code() is StatusCode.OK

    async def test_forgets_a_caller_who_leaves(self, stub: Stub, user_id: str, changes: Changes) -> None:
        placed = (await create(stub, user_id)).order
        call = stub.WatchOrder(WatchOrderRequest(order_id=placed.order_id))
        await anext(aiter(call))
        assert len(changes) == 1

        call.cancel()

        async with asyncio.timeout(5):
            while len(changes):  # noqa: ASYNC110  the server tells nobody
                await asyncio.sleep(0.001)

    async def test_leaves_one_statement_in_the_trace(
        self, stub: Stub, user_id: str, spans: InMemorySpanExporter
    ) -> None:
        placed = (await create(stub, user_id)).order
        spans.clear()
        responses = aiter(stub.WatchOrder(WatchOrderRequest(order_id=placed.order_id, after_version=0)))
        await anext(responses)
        await stub.CancelOrder(CancelOrderRequest(order_id=placed.order_id))
        assert [response.order.version async for response in responses] == [2]

        names = Counter(span.name for span in spans.get_finished_spans())
        assert names["SELECT orders"] == 1

    @pytest.mark.parametrize(
        ("order_id", "after_version", "status"),
        [
            (str(OrderId(uuid4())), 0, StatusCode.NOT_FOUND),
            (str(OrderId(uuid4())), -1, StatusCode.INVALID_ARGUMENT),
            ("order", 0, StatusCode.INVALID_ARGUMENT),
        ],
    )
    async def test_refuses_what_cannot_be_watched(
        self, stub: Stub, order_id: str, after_version: int, status: StatusCode
    ) -> None:
        call = stub.WatchOrder(WatchOrderRequest(order_id=order_id, after_version=after_version))

        with pytest.raises(aio.AioRpcError) as refused:
            await anext(aiter(call))

        assert refused.value.code() is status
