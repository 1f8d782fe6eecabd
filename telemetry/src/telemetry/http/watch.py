"""Watches requests that take longer than a moment: one timer per event loop, not one per request."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context
from typing import Protocol

MOMENT = 0.01


class Watched(Protocol):
    """A watched request."""

    @property
    def stopped(self) -> bool:
        """Whether it no longer needs the watch."""

    def look(self) -> None:
        """Called once, when the moment has passed."""


class Watch:
    """Calls `look` of requests that are still open after a moment. Most are not, and cost no timer.

    Args:
        loop: The running one.
        moment: Seconds.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, moment: float = MOMENT) -> None:
        self.loop = loop
        self._moment = moment
        self._context = Context()  # of no request
        self._waiting: deque[tuple[float, Watched]] = deque()
        self._is_set = False

    def add(self, watched: Watched) -> None:
        """Watch a request."""
        due = self.loop.time() + self._moment
        self._waiting.append((due, watched))
        if not self._is_set:
            self._set(due)

    def _set(self, due: float) -> None:
        self._is_set = True
        self.loop.call_at(due, self._look, context=self._context)

    def _look(self) -> None:
        waiting, now = self._waiting, self.loop.time()
        try:
            while waiting and (waiting[0][1].stopped or waiting[0][0] <= now):
                _due, watched = waiting.popleft()
                if not watched.stopped:
                    watched.look()
        finally:
            self._is_set = False
            if waiting:
                self._set(waiting[0][0])
