"""Remembers for a moment that a server is unavailable."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Outage:
    """Lets further attempts fail immediately instead of each waiting for its own timeout.

    Without it, a caller with retries spends its whole deadline on a server that is known to be unavailable.

    Args:
        seconds: How long a failure is remembered.
        now: A monotonic clock, in seconds.
    """

    def __init__(self, seconds: float = 1.0, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._until = float("-inf")

    def __bool__(self) -> bool:
        """Return whether an attempt failed a moment ago, and none has succeeded since."""
        return self._now() < self._until

    def begin(self) -> None:
        """Remember that an attempt failed."""
        self._until = self._now() + self._seconds

    def end(self) -> None:
        """Forget it: an attempt succeeded."""
        self._until = float("-inf")
