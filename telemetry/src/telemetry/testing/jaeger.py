"""Fetches traces from Jaeger by their id, and waits until they are whole."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from time import monotonic
from types import TracebackType
from typing import Self

import httpx

from telemetry.testing.completeness import missing_parts
from telemetry.testing.drawing import draw
from telemetry.testing.model import Trace
from telemetry.testing.reading import read_trace


class TraceNotWhole(AssertionError):  # noqa: N818  it reads as what is wrong
    """A trace did not become whole in time; the message says what is missing and what is there."""


class Jaeger:
    """Jaeger's query API; an async context manager that closes its connections.

    Args:
        query_url: Such as ``http://127.0.0.1:16686``.
        within: Seconds that a trace gets to become whole.
        poll: Seconds between two looks.
    """

    def __init__(self, query_url: str, *, within: float = 20.0, poll: float = 0.1) -> None:
        self._http = httpx.AsyncClient(base_url=query_url, timeout=5.0, trust_env=False)
        self._within = within
        self._poll = poll

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def fetch(self, trace_id: str) -> Trace | None:
        """Give what has arrived of a trace by now; None when nothing has.

        Raises:
            httpx.HTTPError: Jaeger cannot be reached, or answers with an error.
        """
        answer = await self._http.get(f"/api/traces/{trace_id}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        answer.raise_for_status()
        found = answer.json()["data"]
        return read_trace(found[0]) if found else None

    async def whole(self, trace_id: str, caller: str | None = None, *, absent: Collection[str] = ()) -> Trace:
        """Wait for a trace to be whole, and the same at one more look.

        Args:
            trace_id: 32 hex digits.
            caller: The span id that the request came with, if the trace went on from it.
            absent: Full names of gRPC services that calls cannot reach at the moment: no server's side is awaited.

        Raises:
            TraceNotWhole: It is not in time.
        """
        __tracebackhide__ = True
        ends_at = monotonic() + self._within
        before: Trace | None = None
        while True:
            trace, missing = await self._look(trace_id, caller, absent)
            if trace is not None and not missing and before == trace:
                return trace
            if monotonic() > ends_at:
                raise TraceNotWhole(self._what_is_missing(trace_id, trace, missing))
            before = trace
            await asyncio.sleep(self._poll)

    async def _look(self, trace_id: str, caller: str | None, absent: Collection[str]) -> tuple[Trace | None, list[str]]:
        try:
            trace = await self.fetch(trace_id)
        except httpx.HTTPError as error:
            return None, [f"Jaeger: {self._http.base_url} {error or type(error).__name__}"]
        return trace, ["every span"] if trace is None else missing_parts(trace, caller, absent)

    def _what_is_missing(self, trace_id: str, trace: Trace | None, missing: list[str]) -> str:
        lines = [f"trace {trace_id} is not whole after {self._within:g} s"]
        lines += [f"  missing: {part}" for part in missing or ["nothing by now; it was still growing"]]
        if trace is not None:
            lines += ["there by now:", *(f"  {line}" for line in draw(trace))]
        return "\n".join(lines)
