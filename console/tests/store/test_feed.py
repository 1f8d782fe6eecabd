from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.store import feed as feed_module
from console.store.feed import Batch, Feed

MOST_WAITING = 200


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_SECONDS_BETWEEN", 0)


async def test_what_comes_between_two_batches_is_given_once_in_its_order() -> None:
    feed: Feed[int] = Feed()
    async with feed.subscribe(list) as changes:
        batches = aiter(changes)
        feed.publish([1, 2])
        feed.publish([1, 3])
        assert await anext(batches) == Batch([2, 1, 3], missed=0)
        feed.publish([4])
        assert await anext(batches) == Batch([4], missed=0)


async def test_what_came_before_is_not_given() -> None:
    feed: Feed[int] = Feed()
    feed.publish([1])
    async with feed.subscribe(list) as changes:
        feed.publish([2])
        assert (await anext(aiter(changes))).items == [2]


async def test_a_slow_reader_gets_the_latest_and_is_told_of_the_rest() -> None:
    feed: Feed[int] = Feed()
    async with feed.subscribe(list) as changes:
        for number in range(1_000):
            feed.publish([number])
        batch = await anext(aiter(changes))
    assert batch == Batch(list(range(1_000 - MOST_WAITING, 1_000)), missed=1_000 - MOST_WAITING)


async def test_keys_are_read_when_they_are_given() -> None:
    feed: Feed[str] = Feed()
    async with feed.subscribe(lambda keys: [key.upper() for key in keys if key != "gone"]) as changes:
        feed.publish(["a", "gone"])
        assert (await anext(aiter(changes))).items == ["A"]


async def test_any_thread_may_publish() -> None:
    feed: Feed[int] = Feed()
    found: set[int] = set()
    async with feed.subscribe(list) as changes, asyncio.timeout(20):
        with ThreadPoolExecutor(4) as threads:
            for number in range(100):
                threads.submit(feed.publish, [number])
        async for batch in changes:
            found.update(batch.items)
            if len(found) == 100:
                break


async def test_a_feed_that_closes_ends_every_iteration() -> None:
    feed: Feed[int] = Feed()

    async def listen() -> list[Batch[int]]:
        async with feed.subscribe(list) as changes:
            return [batch async for batch in changes]

    listening = [asyncio.create_task(listen()) for _ in range(3)]
    await asyncio.sleep(0)
    feed.close()
    async with asyncio.timeout(20):
        assert await asyncio.gather(*listening, listen()) == [[], [], [], []]


async def test_who_has_left_is_told_no_more() -> None:
    feed: Feed[int] = Feed()
    async with feed.subscribe(list) as changes:
        pass
    feed.publish([1])
    feed.close()
    changes.end()
    assert [batch async for batch in changes] == []
