"""Where traces are fetched, and when one is finished: a rule, not a time."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from time import monotonic

from tracetest.backends.completeness import SERVERS_SIDE, missing_parts
from tracetest.expectations.drawing import draw
from tracetest.fetched import Trace
from tracetest.ids import TraceContext, new_context
from tracetest.model import LogRecord, Measurement

_FIRST_POLL = 0.01
_SLOWER = 1.5

Barrier = Callable[[], Awaitable[None]]
Signals = tuple[Sequence[LogRecord] | None, Sequence[Measurement] | None]


class BackendError(Exception):
    """The backend cannot be reached, or its answer cannot be understood; the message says which."""


class TraceNotWhole(AssertionError):  # noqa: N818  it reads as what is wrong
    """A trace did not become whole in time; the message says what is missing and what is there.

    Attributes:
        trace: What is there; None when nothing is.
    """

    def __init__(self, message: str, trace: Trace | None = None) -> None:
        super().__init__(message)
        self.trace = trace


class Backend(ABC):
    """Gives traces by their id.

    Args:
        within: Seconds that a trace gets to become whole.
        poll: Seconds between two looks, at most: the first ones follow each other faster.
        absent: Services without spans, such as those of third parties, see `tracetest.backends.completeness`.
    """

    def __init__(
        self,
        *,
        within: float = 20.0,
        poll: float = 0.1,
        absent: Collection[str] = (),
    ) -> None:
        self._within = within
        self._poll = poll
        self._absent = frozenset(absent)

    @abstractmethod
    async def fetch(self, trace_id: str) -> Trace | None:
        """Give what has arrived of a trace by now; None when nothing has.

        Raises:
            BackendError: It cannot be asked.
        """

    async def signals(self, trace_id: str) -> Signals:  # noqa: ARG002  for those that keep some
        """Give the log records and measurements of a trace; None for what nobody keeps."""
        return None, None

    def link(self, trace_id: str) -> str | None:  # noqa: ARG002
        """Give the address where a browser shows the trace; None where there is none."""
        return None

    def new_context(self, test: str = "") -> TraceContext:  # noqa: ARG002  for those where ids follow from it
        """Make a context that nobody has used, for a request of a test."""
        return new_context()

    async def whole(
        self,
        trace_id: str,
        caller: str | None = None,
        *,
        absent: Collection[str] = (),
        barrier: Barrier | None = None,
    ) -> Trace:
        """Wait for a trace to be whole, and the same at one more look.

        Args:
            trace_id: 32 hex digits.
            caller: The span id that the request came with, if the trace went on from it.
            absent: Who cannot be reached at the moment, named likewise: no server's side is awaited.
            barrier: Makes the services send what they have; called before each look. It raises BackendError when it
                cannot, which is told should the trace not become whole.

        Raises:
            TraceNotWhole: It is not in time.
        """
        __tracebackhide__ = True
        ends_at = monotonic() + self._within
        pause = min(_FIRST_POLL, self._poll)
        before: Trace | None = None
        while True:
            trace, missing = await self._look(trace_id, caller, self._absent.union(absent), barrier)
            if trace is not None and not missing and before == trace:
                logs, metrics = await self.signals(trace_id)
                link = self.link(trace_id)
                return replace(trace, logs=logs, metrics=metrics, caller=caller, link=link)
            if monotonic() > ends_at:
                raise TraceNotWhole(self._what_is_missing(trace_id, trace, missing), trace)
            before = trace
            await asyncio.sleep(pause)
            pause = min(pause * _SLOWER, self._poll)

    async def _look(
        self, trace_id: str, caller: str | None, absent: Collection[str], barrier: Barrier | None
    ) -> tuple[Trace | None, list[str]]:
        unflushed = []
        try:
            if barrier is not None:
                await barrier()
        except BackendError as error:
            unflushed = [str(error)]
        try:
            trace = await self.fetch(trace_id)
        except BackendError as error:
            return None, [str(error)]
        missing = ["every span"] if trace is None else missing_parts(trace, caller, absent)
        return trace, missing and missing + unflushed

    def _what_is_missing(self, trace_id: str, trace: Trace | None, missing: list[str]) -> str:
        lines = [f"trace {trace_id} is not whole after {self._within:g} s"]
        lines += [f"  missing: {part}" for part in missing or ["nothing by now; it was still growing"]]
        if any(part.startswith(SERVERS_SIDE) for part in missing):
            lines.append("  name services without spans in trace_absent, and services that are down now in absent=[…]")
        if trace is not None:
            lines += ["there by now:", *(f"  {line}" for line in draw(trace))]
            lines += [f"  {link}"] if (link := self.link(trace_id)) else []
        return "\n".join(lines)
