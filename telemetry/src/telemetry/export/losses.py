"""Reports of lost telemetry: the first at once, then at most one per minute, with counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

_logger = logging.getLogger(__name__)

_MINUTE = 60.0


class LossLog:
    """Logs how much was lost since the last report.

    Args:
        what: The kind of items, such as "spans".
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, what: str, clock: Callable[[], float] = monotonic) -> None:
        self._what = what
        self._clock = clock
        self._told = 0
        self._silent_until = float("-inf")
        self._unexplained_until = float("-inf")

    def explain(self, error: Exception) -> None:
        """Log an exporter's exception with its stack trace, at most once per minute."""
        now = self._clock()
        if now >= self._unexplained_until:
            self._unexplained_until = now + _MINUTE
            _logger.error("an exporter of %s failed", self._what, exc_info=error)

    def tell(self, failed: int, dropped: int) -> None:
        """Log one line if there are new losses and a minute has passed.

        Args:
            failed: Lost so far because the receiver refused them or did not respond.
            dropped: Lost so far because the queue was full.
        """
        lost = failed + dropped
        now = self._clock()
        if lost == self._told or now < self._silent_until:
            return
        text = "%d %s were lost since this was last told; in all %d were refused or not answered, %d found a full queue"
        _logger.warning(text, lost - self._told, self._what, failed, dropped)
        self._told = lost
        self._silent_until = now + _MINUTE


class OnceAMinute(logging.Filter):
    """Lets one record per minute through, for a library that logs each failed attempt."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._silent_until = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  all records alike
        """Return whether the record passes."""
        now = self._clock()
        if now < self._silent_until:
            return False
        self._silent_until = now + _MINUTE
        return True


def quieten(name: str) -> None:
    """Limit the logger of that name to one record per minute; its children are not affected."""
    logger = logging.getLogger(name)
    if not any(isinstance(each, OnceAMinute) for each in logger.filters):
        logger.addFilter(OnceAMinute())
