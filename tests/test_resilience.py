"""Any one part is killed while orders are placed: who needs it is told so, nobody else notices, no order is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import pytest

from stack.compose.project import ComposeStack
from stack.e2e.load import Customers, ordering
from stack.e2e.stacks import Containers, Processes, Shop, Stack

pytestmark = pytest.mark.timeout(240)


def incarnations(stack: Stack) -> Mapping[str, object]:
    """What changes when a part is started again, by part."""
    if isinstance(stack, Containers):
        return {each.service: each.started_at for each in stack.compose.containers().values()}
    assert isinstance(stack, Processes)
    return {name: stack.local.pid(name) for name in ("user", "order", "gateway")}


def others(incarnations: Mapping[str, object], part: str) -> dict[str, object]:
    return {name: incarnation for name, incarnation in incarnations.items() if name != part}


async def assert_each_order_exists_once(customers: Customers) -> None:
    assert sorted(await customers.listed()) == sorted(customers.order_ids)
    assert len(customers.order_ids) == len(customers.acknowledged)  # no key was given another's order


async def assert_traced_again(shop: Shop, user_id: str) -> None:
    trace = await (await shop.order(user_id)).trace()
    assert len(trace) == 7


def assert_asks_to_try_again(refusal: httpx.Response) -> None:
    problem = refusal.json()
    assert refusal.status_code in (503, 504), problem
    assert refusal.headers["content-type"] == "application/problem+json"
    assert int(refusal.headers["retry-after"]) >= 1
    assert problem["status"] == refusal.status_code
    assert problem["title"] in ("Service unavailable", "Service timeout")
    assert problem["trace_id"] == refusal.headers["x-trace-id"]


async def assert_outage_is_told_and_passes(stack: Stack, shop: Shop, part: str, *, still_works: str) -> None:
    """Kill a part that orders need; `still_works` is the path of something that does not need it."""
    before = await asyncio.to_thread(incarnations, stack)
    async with ordering(shop) as customers:
        await customers.placed(5)
        still_works = still_works.format(user=customers.user_id, order=next(iter(customers.order_ids)))
        await asyncio.to_thread(stack.kill, part)
        try:
            await customers.met_refusals(6)
            answer = (await shop.api.get(still_works)).response if still_works else None
        finally:
            await asyncio.to_thread(stack.start, part)
        await customers.placed(20)

    assert answer is None or answer.status_code == 200, answer.text
    for refusal in customers.refused:
        assert_asks_to_try_again(refusal)
    await assert_each_order_exists_once(customers)
    await assert_traced_again(shop, customers.user_id)
    assert others(await asyncio.to_thread(incarnations, stack), part) == others(before, part)


async def assert_nobody_notices(stack: Stack, shop: Shop, part: str) -> None:
    before = await asyncio.to_thread(incarnations, stack)
    async with ordering(shop) as customers:
        await customers.placed(5)
        await asyncio.to_thread(stack.kill, part)
        try:
            await customers.placed(50)
        finally:
            await asyncio.to_thread(stack.start, part)
        await customers.placed(20)

    assert customers.refused == []
    assert customers.unanswered == 0
    await assert_each_order_exists_once(customers)
    await assert_traced_again(shop, customers.user_id)
    assert others(await asyncio.to_thread(incarnations, stack), part) == others(before, part)


async def test_the_user_service_is_killed(stack: Stack, shop: Shop) -> None:
    await assert_outage_is_told_and_passes(stack, shop, "user", still_works="/v1/orders/{order}")


async def test_the_order_service_is_killed(stack: Stack, shop: Shop) -> None:
    await assert_outage_is_told_and_passes(stack, shop, "order", still_works="/v1/users/{user}")


async def test_the_database_is_killed(compose: ComposeStack, stack: Stack, shop: Shop) -> None:  # noqa: ARG001
    await assert_outage_is_told_and_passes(stack, shop, "postgres", still_works="")


async def test_the_collector_is_killed(compose: ComposeStack, stack: Stack, shop: Shop) -> None:  # noqa: ARG001
    await assert_nobody_notices(stack, shop, "collector")


async def test_jaeger_is_killed(stack: Stack, shop: Shop) -> None:
    if "jaeger" not in stack.parts:
        pytest.skip("the Jaeger at the address in JAEGER is not ours to kill")
    await assert_nobody_notices(stack, shop, "jaeger")


@pytest.mark.parametrize("part", ["user", "order"])
async def test_the_gateway_says_what_it_is_waiting_for(stack: Stack, shop: Shop, part: str) -> None:
    async with ordering(shop, customers=1) as customers:
        await asyncio.to_thread(stack.kill, part)
        try:
            ready, alive = await shop.api.http.get("/readyz"), await shop.api.http.get("/livez")
        finally:
            await asyncio.to_thread(stack.start, part)
        await customers.placed(1)

    assert (ready.status_code, ready.json()["detail"]) == (503, f"not ready: {part}")
    assert ready.headers["retry-after"] == "1"
    assert alive.status_code == 200
