"""The golden trace of each route: a change of what a request does is seen in its file, and so in a review."""

from __future__ import annotations

import pytest

from stack.e2e.stacks import ITEM, Shop
from tracetest import TracedClient

NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_a_user_is_created(api: TracedClient) -> None:
    await api.post("/v1/users", json={"email": "ada@example.com", "name": "Ada Lovelace"})

    (await api.complete()).matches_golden("create-user")


async def test_users_are_listed(shop: Shop) -> None:
    for _ in range(3):
        await shop.user()

    await shop.api.get("/v1/users")

    (await shop.api.complete()).matches_golden("list-users")


async def test_an_order_is_placed(shop: Shop) -> None:
    (await shop.order(await shop.user())).answer(201)

    (await shop.api.complete()).matches_golden("create-order")


async def test_an_order_is_placed_again_under_its_key(shop: Shop) -> None:
    user_id = await shop.user()
    await shop.order(user_id, key="key")

    (await shop.order(user_id, key="key")).answer(200)

    (await shop.api.complete()).matches_golden("repeat-order")


async def test_an_order_for_nobody_is_refused(shop: Shop) -> None:
    (await shop.order(NOBODY)).answer(404)

    (await shop.api.complete()).matches_golden("order-for-nobody")


@pytest.mark.parametrize(("method", "path", "name"), [("GET", "", "get-order"), ("POST", "/cancel", "cancel-order")])
async def test_an_order_is_read_and_cancelled(shop: Shop, method: str, path: str, name: str) -> None:
    order_id = await shop.placed()

    (await shop.api.request(method, f"/v1/orders/{order_id}{path}")).answer()

    (await shop.api.complete()).matches_golden(name)


async def test_what_is_no_order_stays_at_the_edge(api: TracedClient) -> None:
    (await api.post("/v1/orders", json={"items": [ITEM]})).answer(422)

    (await api.complete()).matches_golden("malformed-order")
