from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.context.deadline import deadline, remaining, timeout

SECONDS = st.floats(-10, 1e6)


def test_without_a_deadline_nothing_is_bounded() -> None:
    assert remaining() is None
    assert timeout(None) is None
    assert timeout(3.0) == 3.0


@given(SECONDS)
def test_what_is_left_is_never_negative_and_never_more_than_was_given(seconds: float) -> None:
    with deadline(seconds):
        left = remaining()
        assert left is not None
        assert 0 <= left <= max(0, seconds)
    assert remaining() is None


@given(st.lists(SECONDS, min_size=1, max_size=5))
def test_the_earliest_of_several_deadlines_is_in_force(several: list[float]) -> None:
    with ExitStack() as stack:
        for seconds in several:
            stack.enter_context(deadline(seconds))
        left = remaining()
        assert left is not None
        assert max(0.0, min(several)) - 1 <= left <= max(0.0, min(several))
    assert remaining() is None


@given(SECONDS, SECONDS)
def test_a_timeout_is_the_shorter_of_what_is_wanted_and_what_is_left(around: float, wanted: float) -> None:
    with deadline(around):
        given_ = timeout(wanted)
        assert given_ is not None
        assert given_ <= wanted
        assert given_ <= max(0.0, around)
        assert timeout(None) is not None


def test_the_outer_deadline_holds_again_after_the_inner_one() -> None:
    with deadline(100):
        with deadline(1):
            assert (remaining() or 0) <= 1
        assert (remaining() or 0) > 50


def test_a_deadline_ends_with_an_error() -> None:
    with pytest.raises(RuntimeError), deadline(1):
        raise RuntimeError
    assert remaining() is None


async def test_tasks_inherit_the_deadline_and_keep_their_own() -> None:
    async def work(seconds: float) -> float:
        with deadline(seconds):
            await asyncio.sleep(0)
            return remaining() or 0

    with deadline(50):
        short, long = await asyncio.gather(work(1), work(1000))

    assert short <= 1
    assert 40 < long <= 50
