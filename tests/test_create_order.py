"""The one request that all of the stack serves, and the trace that it must leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dirty_equals import IsNow, IsUUID

from stack.e2e.expectations import ORDER_SERVICE, USER_SERVICE, call, query, request
from stack.e2e.stacks import ITEM, Shop
from tracetest import every, exactly, expect


async def test_one_order_is_one_trace_from_the_edge_to_the_database(shop: Shop, database: str, tenant: str) -> None:
    ordered = await shop.order(await shop.user())

    ordered.answer(201)
    trace = await ordered.trace()
    expect(
        trace,
        exactly(
            request(
                "POST /v1/orders",
                call(
                    "gateway",
                    f"{ORDER_SERVICE}/CreateOrder",
                    call("order", f"{USER_SERVICE}/GetUser", query("user", "SELECT users", database)),
                    query("order", "INSERT orders", database),
                ),
                status=201,
            )
        ),
        every({"tenant.id": tenant}),
    )
    assert trace.root.parent_id == ordered.context.span_id


async def test_its_spans_lie_within_those_that_caused_them(shop: Shop) -> None:
    trace = await (await shop.order(await shop.user())).trace()

    for span in trace:
        for child in trace.children(span):
            # Microseconds: Jaeger cuts off the rest.
            assert span.start <= child.start
            assert child.start + child.duration <= span.start + span.duration + 1, f"{child.name} outlives {span.name}"


async def test_its_spans_tell_which_program_made_them(shop: Shop) -> None:
    trace = await (await shop.order(await shop.user())).trace()

    instances = {span.service: span.resource["service.instance.id"] for span in trace}
    assert instances.keys() == {"gateway", "order", "user"}
    assert len(set(instances.values())) == 3
    for span in trace:
        assert span.resource["service.instance.id"] == instances[span.service]
        assert span.resource["service.version"] == "0.1.0"
        assert span.resource["deployment.environment.name"] in ("local", "compose")
        assert span.resource["telemetry.sdk.language"] == "python"


async def test_the_order_is_what_was_ordered(shop: Shop) -> None:
    user_id = await shop.user()

    ordered = await shop.order(user_id, items=[ITEM, {**ITEM, "sku": "book-2", "quantity": 1}])

    order = ordered.answer(201)
    now = IsNow(tz=UTC, delta=timedelta(minutes=1))
    assert order["order_id"] == IsUUID
    assert order["user_id"] == user_id
    assert order["items"] == [ITEM, {**ITEM, "sku": "book-2", "quantity": 1}]
    assert order["total"] == {"amount_minor": 3 * 1999, "currency": "EUR"}
    assert (order["status"], order["version"]) == ("placed", 1)
    assert datetime.fromisoformat(order["create_time"]) == now
    assert order["update_time"] == order["create_time"]
    assert ordered.response.headers["location"] == f"/v1/orders/{order['order_id']}"


async def test_statements_show_no_values(shop: Shop) -> None:
    name = "Grace Hopper's secret name"
    created = await shop.api.post("/v1/users", json={"email": "grace@example.com", "name": name})

    created.answer(201)
    assert "Hopper" not in str(await created.trace())
