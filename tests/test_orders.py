"""Orders through the edge, and what each request leaves."""

from __future__ import annotations

from uuid import uuid4

import pytest

from stack.e2e.expectations import ORDER_SERVICE, USER_SERVICE, call, query, request
from stack.e2e.stacks import ITEM, Shop
from tracetest import SpanPattern, TracedClient, every, exactly, expect

NOBODY = "00000000-0000-4000-8000-000000000000"


def order_request(
    database: str, http: str, method: str, *statements: str, status: int = 200, code: str = "OK"
) -> SpanPattern:
    queries = [query("order", statement, database) for statement in statements]
    return request(http, call("gateway", f"{ORDER_SERVICE}/{method}", *queries, code=code), status=status)


async def test_an_order_is_given_back(shop: Shop, api: TracedClient, database: str, tenant: str) -> None:
    order = (await shop.order(await shop.user())).answer(201)

    given = await api.get(f"/v1/orders/{order['order_id']}")

    assert given.answer() == order
    expect(
        await given.trace(),
        exactly(order_request(database, "GET /v1/orders/{order_id}", "GetOrder", "SELECT orders")),
        every({"tenant.id": tenant}),
    )


@pytest.mark.parametrize("path", ["", "/cancel", "/events"])
async def test_an_order_that_is_not_there_is_not_found(
    api: TracedClient, database: str, tenant: str, path: str
) -> None:
    order_id = uuid4()

    asked = await api.request("POST" if path == "/cancel" else "GET", f"/v1/orders/{order_id}{path}")

    problem = asked.answer(404)
    assert problem["detail"] == f"there is no order {order_id}"
    assert problem["trace_id"] == asked.context.trace_id
    expected = {
        "": ("GET /v1/orders/{order_id}", "GetOrder", "SELECT orders"),
        "/cancel": ("POST /v1/orders/{order_id}/cancel", "CancelOrder", "UPDATE orders", "SELECT orders"),
        "/events": ("GET /v1/orders/{order_id}/events", "WatchOrder", "SELECT orders"),
    }[path]
    expect(
        await asked.trace(),
        exactly(order_request(database, *expected, status=404, code="NOT_FOUND")),
        every({"tenant.id": tenant}),
    )


async def test_an_order_for_a_user_that_is_not_there_is_not_found_and_nothing_is_placed(
    shop: Shop, api: TracedClient, database: str, tenant: str
) -> None:
    refused = await shop.order(NOBODY)

    problem = refused.answer(404)
    assert problem["detail"] == f"there is no user {NOBODY}"
    assert problem["trace_id"] == refused.context.trace_id
    get_user = call("order", f"{USER_SERVICE}/GetUser", query("user", "SELECT users", database), code="NOT_FOUND")
    create = call("gateway", f"{ORDER_SERVICE}/CreateOrder", get_user, code="NOT_FOUND")
    expect(await refused.trace(), exactly(request("POST /v1/orders", create, status=404)), every({"tenant.id": tenant}))
    assert (await api.get("/v1/orders")).answer()["items"] == []


async def test_orders_come_a_page_at_a_time_newest_first(
    shop: Shop, api: TracedClient, database: str, tenant: str
) -> None:
    user_id = await shop.user()
    orders = [await shop.placed(user_id) for _ in range(5)]
    await shop.placed()  # another user's

    seen: list[str] = []
    cursor: dict[str, str] = {}
    for most in (2, 2, 1):
        page = await api.get("/v1/orders", params={"user_id": user_id, "limit": "2"} | cursor)
        body = page.answer()
        assert len(body["items"]) == most
        seen += [order["order_id"] for order in body["items"]]
        expect(
            await page.trace(),
            exactly(order_request(database, "GET /v1/orders", "ListOrders", "SELECT orders")),
            every({"tenant.id": tenant}),
        )
        cursor = {"cursor": str(body["next_cursor"])}

    assert seen == orders[::-1]
    assert cursor == {"cursor": "None"}
    assert len((await api.get("/v1/orders")).answer()["items"]) == 6


async def test_an_order_is_cancelled_once(shop: Shop, api: TracedClient, database: str, tenant: str) -> None:
    order_id = await shop.placed()

    first = await api.post(f"/v1/orders/{order_id}/cancel")
    second = await api.post(f"/v1/orders/{order_id}/cancel")

    assert (first.answer()["status"], first.answer()["version"]) == ("cancelled", 2)
    assert second.answer() == first.answer() == (await api.get(f"/v1/orders/{order_id}")).answer()
    name = "POST /v1/orders/{order_id}/cancel"
    for asked, statements in ((first, ["UPDATE orders"]), (second, ["UPDATE orders", "SELECT orders"])):
        expect(
            await asked.trace(),
            exactly(order_request(database, name, "CancelOrder", *statements)),
            every({"tenant.id": tenant}),
        )


class TestIdempotency:
    async def test_the_same_key_and_body_give_the_same_order(
        self, shop: Shop, api: TracedClient, database: str, tenant: str
    ) -> None:
        user_id = await shop.user()
        first = await shop.order(user_id, key="key-1")

        again = await shop.order(user_id, key="key-1")

        assert again.answer(200) == first.answer(201)
        assert again.response.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.response.headers
        expect(await again.trace(), exactly(self.repeated(database)), every({"tenant.id": tenant}))
        assert len((await api.get("/v1/orders")).answer()["items"]) == 1

    async def test_the_same_key_with_another_body_is_a_conflict_and_no_fault_of_the_server(
        self, shop: Shop, api: TracedClient, database: str, tenant: str
    ) -> None:
        user_id = await shop.user()
        (await shop.order(user_id, key="key-1")).answer(201)

        refused = await shop.order(user_id, key="key-1", items=[{**ITEM, "quantity": 3}])

        problem = refused.answer(409)
        assert problem["detail"] == "the idempotency key has been used for an order with other content"
        expect(
            await refused.trace(), exactly(self.repeated(database, 409, "ALREADY_EXISTS")), every({"tenant.id": tenant})
        )
        assert len((await api.get("/v1/orders")).answer()["items"]) == 1

    async def test_without_a_key_each_request_is_an_order_of_its_own(self, shop: Shop) -> None:
        user_id = await shop.user()

        assert await shop.placed(user_id) != await shop.placed(user_id)

    @staticmethod
    def repeated(database: str, status: int = 200, code: str = "OK") -> SpanPattern:
        create = call(
            "gateway",
            f"{ORDER_SERVICE}/CreateOrder",
            call("order", f"{USER_SERVICE}/GetUser", query("user", "SELECT users", database)),
            query("order", "INSERT orders", database),
            query("order", "SELECT orders", database),
            code=code,
        )
        return request("POST /v1/orders", create, status=status)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"user_id": "me"}, "/user_id"),
        ({"items": []}, "/items"),
        ({"items": [{**ITEM, "quantity": 0}]}, "/items/0/quantity"),
        (
            {"items": [{**ITEM, "unit_price": {"amount_minor": 19.99, "currency": "EUR"}}]},
            "/items/0/unit_price/amount_minor",
        ),
        ({"discount": 100}, "/discount"),
    ],
)
async def test_what_is_no_order_stays_at_the_edge(
    api: TracedClient, tenant: str, change: dict[str, object], pointer: str
) -> None:
    refused = await api.post("/v1/orders", json={"user_id": NOBODY, "items": [ITEM]} | change)

    assert [error["pointer"] for error in refused.answer(422)["errors"]] == [pointer]
    expect(await refused.trace(), exactly(request("POST /v1/orders", status=422)), every({"tenant.id": tenant}))


async def test_what_the_edge_lets_through_the_service_refuses_before_it_asks_anybody(
    api: TracedClient, tenant: str
) -> None:
    dollars = {**ITEM, "unit_price": {"amount_minor": 1, "currency": "USD"}}

    refused = await api.post("/v1/orders", json={"user_id": NOBODY, "items": [ITEM, dollars]})

    assert refused.answer(422)["detail"] == "items=['EUR', 'USD']: expected prices in one currency"
    create = call("gateway", f"{ORDER_SERVICE}/CreateOrder", code="INVALID_ARGUMENT")
    expect(await refused.trace(), exactly(request("POST /v1/orders", create, status=422)), every({"tenant.id": tenant}))
