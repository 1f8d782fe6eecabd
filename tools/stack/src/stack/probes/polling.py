"""Waits for what other processes bring about: looks again and again until it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")

_NEXT_LOOK = 0.1  # seconds


class NotInTimeError(AssertionError):
    """What was waited for did not come; the message says what was found last."""


async def until(look: Callable[[], Awaitable[Found]], right: Callable[[Found], bool], within: float) -> Found:
    """Look until what is found is right; give it.

    Args:
        look: Gives what there is now.
        right: Tells whether that is it.
        within: Seconds.

    Raises:
        NotInTimeError: It was not; says what was found last.
    """
    end = time.monotonic() + within
    while not right(found := await look()):
        if time.monotonic() > end:
            raise NotInTimeError(f"not within {within:g} s; found last: {found!r}")
        await asyncio.sleep(_NEXT_LOOK)
    return found


async def settled(look: Callable[[], Awaitable[Found]], still: float, within: float) -> Found:
    """Look until what is found has been the same for a while: what is on its way has come by then; give it.

    Args:
        look: Gives what there is now.
        still: For how many seconds it must be the same: more than what is on its way takes from part to part.
        within: Seconds.

    Raises:
        NotInTimeError: It went on changing.
    """
    last, since = await look(), time.monotonic()

    def stays(found: Found) -> bool:
        nonlocal last, since
        if found != last:
            last, since = found, time.monotonic()
        return time.monotonic() - since >= still

    return await until(look, stays, within)
