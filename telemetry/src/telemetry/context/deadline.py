"""How long the work at hand may still take, set at the edge and handed down from call to call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

_ends_at: ContextVar[float | None] = ContextVar("deadline_ends_at", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give the work inside at most this many seconds; an earlier deadline around it stays in force."""
    token = begin(seconds)
    try:
        yield
    finally:
        end(token)


def begin(seconds: float) -> Token[float | None]:
    """Do what `deadline` does at its start; `end` takes what this gives."""
    ends_at = time.monotonic() + seconds
    outer = _ends_at.get()
    return _ends_at.set(ends_at if outer is None else min(ends_at, outer))


def end(token: Token[float | None]) -> None:
    """Do what `deadline` does at its end."""
    _ends_at.reset(token)


def remaining() -> float | None:
    """Give the seconds that are left, 0.0 when none are; None when no deadline is set."""
    ends_at = _ends_at.get()
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def timeout(seconds: float | None) -> float | None:
    """Give the shorter of `seconds` and what is left; None when neither bounds the work."""
    left = remaining()
    if left is None:
        return seconds
    return left if seconds is None or left < seconds else seconds
