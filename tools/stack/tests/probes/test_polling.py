from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import pytest

from stack.probes.polling import NotInTimeError, settled, until


def one_after_another(values: Iterator[int]) -> Callable[[], Awaitable[int]]:
    """Give what finds the next value at each look."""

    async def look() -> int:
        return next(values)

    return look


async def test_it_looks_until_what_is_found_is_right() -> None:
    values = iter((1, 2, 3, 4))

    assert await until(one_after_another(values), lambda found: found == 3, 20) == 3
    assert next(values) == 4


async def test_what_does_not_come_in_time_is_told_with_what_was_there_instead() -> None:
    with pytest.raises(NotInTimeError, match=r"^not within 0 s; found last: 7$"):
        await until(one_after_another(iter((7, 8))), lambda found: found == 8, 0)


async def test_what_stays_the_same_for_a_while_has_settled() -> None:
    assert await settled(one_after_another(iter((1, 2, *[3] * 100))), 0.15, 20) == 3

    with pytest.raises(NotInTimeError):
        await settled(one_after_another(count()), 0.15, 0.3)
