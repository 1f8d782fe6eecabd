"""Remembers for a moment that something is away."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Outage:
    """Lets those who ask next be told at once, instead of each waiting until his own attempt fails.

    Without it a caller with retries spends his whole deadline on a server that has just been found to be away.

    Args:
        seconds: How long a failure is remembered.
        now: Tells the time in seconds.
    """

    def __init__(self, seconds: float = 1.0, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._until = float("-inf")

    def __bool__(self) -> bool:
        """Tell whether an attempt has failed a moment ago, and none has succeeded since."""
        return self._now() < self._until

    def begin(self) -> None:
        """Remember that an attempt failed."""
        self._until = self._now() + self._seconds

    def end(self) -> None:
        """Forget it: an attempt succeeded."""
        self._until = float("-inf")
