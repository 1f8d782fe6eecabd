"""What the edge believes of a caller, and what it tells him."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.e2e.expectations import request
from stack.e2e.stacks import ITEM, Shop
from tracetest import Backend, Exchange, Link, TracedClient, every, exactly, expect, span

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def anybody(client: Callable[..., TracedClient], tenant: str) -> TracedClient:
    """Give a client whose token lacks the scope: his traces do not go on."""
    return client(tenant)


async def test_the_trace_of_a_caller_who_may_not_go_on_is_a_link(anybody: TracedClient, jaeger: Backend) -> None:
    user_id = await Shop(anybody).user()

    ordered = await Shop(anybody).order(user_id)

    ordered.answer(201)
    trace = await ordered.own_trace()
    assert trace.trace_id == ordered.response.headers["x-trace-id"] != ordered.context.trace_id
    assert len(trace) == 7
    assert trace.root.parent_id is None
    assert trace.root.links == (Link(ordered.context.trace_id, ordered.context.span_id),)
    assert await jaeger.fetch(ordered.context.trace_id) is None


async def test_nobody_turns_tracing_off(anybody: TracedClient) -> None:
    unsampled = f"00-{'a' * 32}-{'b' * 16}-00"

    asked = await anybody.get("/v1/users", headers={"traceparent": unsampled})

    trace = await asked.own_trace()
    assert len(trace) == 4
    assert trace.root.links == (Link("a" * 32, "b" * 16),)


@pytest.mark.parametrize("scope", ["", "trace", "trace admin", "tracer"])
async def test_the_scope_decides_whether_a_trace_goes_on(
    client: Callable[..., TracedClient], tenant: str, scope: str
) -> None:
    asked = await client(tenant, scope).get("/v1/users")

    goes_on = asked.response.headers["x-trace-id"] == asked.context.trace_id
    assert goes_on == ("trace" in scope.split())


@pytest.mark.parametrize(
    "traceparent", ["", "nonsense", f"00-{'0' * 32}-{'b' * 16}-01", f"ff-{'a' * 32}-{'b' * 16}-01", "x" * 5000]
)
async def test_a_malformed_context_is_no_context(api: TracedClient, traceparent: str) -> None:
    asked = await api.get("/v1/users", headers={"traceparent": traceparent})

    asked.answer(200)
    trace = await asked.own_trace()
    assert (trace.root.parent_id, trace.root.links) == (None, ())


async def test_every_answer_tells_its_trace_and_a_problem_tells_the_same(shop: Shop, api: TracedClient) -> None:
    user_id = await shop.user()
    order_id = await shop.placed(user_id)
    large = {"email": "ada@example.com", "name": "x" * 1024 * 1024}
    answers = {
        200: await api.get("/v1/users"),
        201: await shop.order(user_id),
        204: await cancelled_and_seen(api, order_id),
        400: await api.post("/v1/users", content=b"{", headers={"content-type": "application/json"}),
        401: await api.get("/v1/users", headers={"authorization": "Bearer nonsense"}),
        404: await api.get("/nowhere"),
        405: await api.request("DELETE", "/v1/users"),
        409: await conflicting(shop, user_id),
        413: await api.post("/v1/users", json=large),
        422: await api.post("/v1/orders", json={}),
    }

    for status, exchange in answers.items():
        response = exchange.response
        assert response.status_code == status
        assert len(response.headers["x-trace-id"]) == 32
        if status >= 400:
            assert response.headers["content-type"] == "application/problem+json", status
            problem = response.json()
            assert problem["status"] == status
            assert problem["trace_id"] == response.headers["x-trace-id"]
            assert problem["instance"] == response.request.url.path


async def cancelled_and_seen(api: TracedClient, order_id: str) -> Exchange:
    await api.post(f"/v1/orders/{order_id}/cancel")
    return await api.get(f"/v1/orders/{order_id}/events", headers={"Last-Event-ID": "2"})


async def conflicting(shop: Shop, user_id: str) -> Exchange:
    await shop.order(user_id, key="key")
    return await shop.order(user_id, key="key", items=[ITEM, ITEM])


async def test_without_a_token_nobody_is_let_in_and_the_refusal_is_a_trace(
    client: Callable[..., TracedClient],
) -> None:
    stranger = client(None)

    refused = await stranger.post("/v1/orders", json={"user_id": NOBODY, "items": [ITEM]})

    assert refused.answer(401)["detail"] == "a bearer token is required"
    assert refused.response.headers["www-authenticate"] == 'Bearer realm="throughline"'
    trace = await refused.own_trace()
    came_from = Link(refused.context.trace_id, refused.context.span_id)
    expect(trace, exactly(request("POST /v1/orders", status=401, links=[came_from])))
    assert "tenant.id" not in trace.root.attributes


async def test_a_path_that_nobody_serves_is_no_name_of_a_span(api: TracedClient, tenant: str) -> None:
    asked = await api.get("/v1/carts/17")

    asked.answer(404)
    expect(
        await asked.trace(),
        exactly(
            span(
                "gateway",
                "GET",
                kind="SERVER",
                attributes={"url.path": "/v1/carts/17", "http.response.status_code": 404},
            )
        ),
        every({"tenant.id": tenant}),
    )


async def test_health_checks_leave_no_trace(shop: Shop, api: TracedClient, jaeger: Backend) -> None:
    checks = [await api.get(path) for path in ("/livez", "/readyz") for _ in range(3)]

    assert [check.answer() for check in checks] == [{"status": "ok"}] * 6
    # Spans are exported in the order in which they end: with this order's trace, earlier ones would be there too.
    await (await shop.order(await shop.user())).trace()
    for check in checks:
        assert await jaeger.fetch(check.context.trace_id) is None


async def test_the_interface_describes_itself(api: TracedClient) -> None:
    document = (await api.get("/openapi.json")).answer()

    assert {"/v1/users", "/v1/orders", "/v1/orders/{order_id}/events"} <= document["paths"].keys()
    assert (await api.get("/docs")).response.status_code == 200
