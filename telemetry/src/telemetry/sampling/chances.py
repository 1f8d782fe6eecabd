"""Decides whether a root span is recorded: by a ratio of trace ids, or by a rate of traces per second."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Protocol

from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from telemetry.forks import renew_after_fork


class Chance(Protocol):
    """Decides a root by its trace id alone."""

    def __call__(self, trace_id: int, /) -> bool:
        """Return whether the trace is recorded."""
        ...


class Ratio:
    """Records a fraction of the traces, from 0 to 1, the same ones in every service."""

    def __init__(self, ratio: float) -> None:
        self._limit = TraceIdRatioBased.TRACE_ID_LIMIT
        self._bound = TraceIdRatioBased.get_bound_for_rate(ratio)

    def __call__(self, trace_id: int, /) -> bool:
        """Return whether the trace is recorded."""
        return trace_id & self._limit < self._bound


class Rate:
    """Records up to so many traces per second: a token bucket with a capacity of one second, at least one trace.

    Args:
        per_second: The rate.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second) if per_second else 0.0
        self._clock = clock
        self._tokens = self._capacity
        self._filled_at = clock()
        self._lock = Lock()
        renew_after_fork(self)

    def __call__(self, _trace_id: int, /) -> bool:
        """Return whether the trace is recorded."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True

    def after_fork(self) -> None:
        """Replace the lock, which another thread of the parent may have held."""
        self._lock = Lock()
