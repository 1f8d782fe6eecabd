"""A tenant sees its own rows and no others, whatever a caller writes into his headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.e2e.stacks import Shop
from tracetest import TracedClient

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING: dict[str, object] = {"items": [], "next_cursor": None}


@pytest.fixture
def other_shop(client: Callable[..., TracedClient], other_tenant: str) -> Shop:
    """Give the shop of another tenant."""
    return Shop(client(other_tenant, scope="trace"))


async def test_a_tenants_users_are_nobody_elses(shop: Shop, other_shop: Shop) -> None:
    user_id = await shop.user()

    (await shop.api.get(f"/v1/users/{user_id}")).answer(200)
    (await other_shop.api.get(f"/v1/users/{user_id}")).answer(404)
    assert (await other_shop.api.get("/v1/users")).answer() == NOTHING


async def test_a_tenants_orders_are_nobody_elses(shop: Shop, other_shop: Shop) -> None:
    user_id = await shop.user()
    order_id = await shop.placed(user_id)
    other = other_shop.api

    (await other.get(f"/v1/orders/{order_id}")).answer(404)
    (await other.get(f"/v1/orders/{order_id}/events")).answer(404)
    (await other.post(f"/v1/orders/{order_id}/cancel")).answer(404)
    assert (await other.get("/v1/orders")).answer() == NOTHING
    assert (await other.get("/v1/orders", params={"user_id": user_id})).answer() == NOTHING
    assert (await shop.api.get(f"/v1/orders/{order_id}")).answer()["status"] == "placed"


async def test_nobody_orders_for_another_tenants_user(shop: Shop, other_shop: Shop) -> None:
    user_id = await shop.user()

    (await other_shop.order(user_id)).answer(404)

    assert (await shop.api.get("/v1/orders")).answer() == NOTHING


async def test_what_is_unique_is_so_within_a_tenant(shop: Shop, other_shop: Shop) -> None:
    ada = {"email": "ada@example.com", "name": "Ada"}
    orders = []
    for each in (shop, other_shop):
        user_id = (await each.api.post("/v1/users", json=ada)).answer(201)["user_id"]
        orders.append((await each.order(user_id, key="the-same-key")).answer(201)["order_id"])

    assert len(set(orders)) == 2


async def test_another_tenants_cursor_leads_to_ones_own_rows_alone(shop: Shop, other_shop: Shop) -> None:
    for _ in range(2):
        await shop.user()
    theirs = {await other_shop.user() for _ in range(2)}
    cursor = (await shop.api.get("/v1/users", params={"limit": "1"})).answer()["next_cursor"]

    page = (await other_shop.api.get("/v1/users", params={"cursor": cursor})).answer()

    assert {user["user_id"] for user in page["items"]} <= theirs


@pytest.mark.parametrize("scope", ["", "trace"])
async def test_a_forged_tenant_reaches_no_span_and_no_row(
    client: Callable[..., TracedClient], tenant: str, other_shop: Shop, other_tenant: str, scope: str
) -> None:
    forged = {
        "x-tenant-id": other_tenant,
        "baggage": f"tenant.id={other_tenant},tenant={other_tenant},x-tenant-id={other_tenant}",
    }
    user_id = await other_shop.user()
    mine = Shop(client(tenant, scope, **forged))

    assert (await mine.api.get("/v1/users")).answer() == NOTHING
    (await mine.order(user_id)).answer(404)
    ordered = await mine.order(await mine.user())

    ordered.answer(201)
    trace = await (ordered.trace() if scope else ordered.own_trace())
    assert len(trace) == 7
    assert {span.attributes["tenant.id"] for span in trace} == {tenant}
    assert other_tenant not in str(trace)
    assert (await other_shop.api.get("/v1/orders")).answer() == NOTHING
