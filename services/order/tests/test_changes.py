from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from order_service.changes import Changes
from order_service.domain import OrderId

ORDER = OrderId(UUID(int=1))
LONG = 60.0
SHORT = 0.01


async def test_a_change_wakes_all_who_watch_the_order() -> None:
    changes = Changes()
    with changes.subscribe("acme", ORDER) as one, changes.subscribe("acme", ORDER) as other:
        waits = [asyncio.ensure_future(each.wait(LONG)) for each in (one, other)]
        await asyncio.sleep(0)
        changes.publish("acme", ORDER)

        await asyncio.gather(*waits)


async def test_a_change_between_two_waits_is_not_lost() -> None:
    changes = Changes()
    with changes.subscribe("acme", ORDER) as subscription:
        changes.publish("acme", ORDER)

        await subscription.wait(LONG)


async def test_a_wait_uses_its_change_up() -> None:
    changes = Changes()
    with changes.subscribe("acme", ORDER) as subscription:
        changes.publish("acme", ORDER)
        await subscription.wait(LONG)
        again = asyncio.ensure_future(subscription.wait(LONG))
        await asyncio.sleep(0)

        assert not again.done()
        again.cancel()


async def test_a_wait_ends_without_a_change_when_its_time_is_over() -> None:
    with Changes().subscribe("acme", ORDER) as subscription:
        await subscription.wait(SHORT)


@pytest.mark.parametrize("topic", [("other", ORDER), ("acme", OrderId(UUID(int=2)))])
async def test_a_change_wakes_nobody_else(topic: tuple[str, OrderId]) -> None:
    changes = Changes()
    with changes.subscribe(*topic) as subscription:
        wait = asyncio.ensure_future(subscription.wait(LONG))
        changes.publish("acme", ORDER)
        await asyncio.sleep(0)

        assert not wait.done()
        wait.cancel()


async def test_a_subscription_ends_with_its_block() -> None:
    changes = Changes()
    with changes.subscribe("acme", ORDER), changes.subscribe("acme", ORDER):
        assert len(changes) == 2

    assert len(changes) == 0
    assert not changes._subscriptions


async def test_closing_wakes_everyone() -> None:
    changes = Changes()
    with changes.subscribe("acme", ORDER) as subscription:
        assert not changes.closed
        changes.close()

        await subscription.wait(LONG)

    assert changes.closed
