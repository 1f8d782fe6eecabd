"""The deadline of the current work, set at the edge and passed on from call to call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

_ends_at: ContextVar[float | None] = ContextVar("deadline_ends_at", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit the work inside to this many seconds; an earlier deadline around it stays in effect."""
    token = begin(seconds)
    try:
        yield
    finally:
        end(token)


def begin(seconds: float) -> Token[float | None]:
    """Do what `deadline` does at its start; pass the returned token to `end`."""
    ends_at = time.monotonic() + seconds
    outer = _ends_at.get()
    return _ends_at.set(ends_at if outer is None else min(ends_at, outer))


def end(token: Token[float | None]) -> None:
    """Do what `deadline` does at its end."""
    _ends_at.reset(token)


def remaining() -> float | None:
    """Return the seconds left, 0.0 when it has passed; None when no deadline is set."""
    ends_at = _ends_at.get()
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def timeout(seconds: float | None) -> float | None:
    """Return the smaller of `seconds` and the time left; None when neither is set."""
    left = remaining()
    if left is None:
        return seconds
    return left if seconds is None or left < seconds else seconds
