"""A load of orders, bounded in rate, time and how many are under way."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from console.scenarios.shop import Answered

_AT_ONCE = 64


class LoadError(ValueError):
    """The load cannot be run; the message names what was asked for and what is allowed."""


@dataclass(frozen=True, slots=True)
class LoadBounds:
    """The most requests a second, and the most seconds."""

    rate: int = 50
    seconds: int = 60

    def check(self, rate: int, seconds: int) -> None:
        """Raise LoadError for more than that, or less than one."""
        for name, given, most in (("rate", rate, self.rate), ("seconds", seconds, self.seconds)):
            if not 1 <= given <= most:
                raise LoadError(f"{name}={given}: expected 1 to {most}")


class Load:
    """One run: requests at even distances, whether or not the ones before are answered.

    Args:
        send: sends one request.
        rate: requests a second.
        seconds: for how long.
    """

    def __init__(self, send: Callable[[], Awaitable[Answered]], rate: int, seconds: int) -> None:
        self._send = send
        self.rate = rate
        self.seconds = seconds
        self.total = rate * seconds
        self.sent = 0
        self.held_back = 0  # because too many were under way
        self.answers: Counter[str] = Counter()
        self._durations: list[float] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        """Whether it is not over yet."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="load")

    async def stop(self) -> None:
        """Send no more, and return when what is under way is answered or gone."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def finished(self) -> None:
        """Return when it is over."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def percentile(self, share: float) -> float | None:
        """Give the seconds within which this share of the requests was answered; None before the first."""
        ordered = sorted(self._durations)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None

    async def _run(self) -> None:
        began = monotonic()
        try:
            for number in range(self.total):
                await asyncio.sleep(max(0.0, began + number / self.rate - monotonic()))
                self._begin()
            await asyncio.gather(*self._under_way)
        finally:
            for task in self._under_way:
                task.cancel()

    def _begin(self) -> None:
        if len(self._under_way) >= _AT_ONCE:
            self.held_back += 1
            return
        self.sent += 1
        task = asyncio.create_task(self._one())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _one(self) -> None:
        answered = await self._send()
        self.answers[answered.problem if answered.status is None else str(answered.status)] += 1
        self._durations.append(answered.seconds)
