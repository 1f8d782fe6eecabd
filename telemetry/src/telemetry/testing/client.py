"""Sends requests of which each has a trace of its own, and fetches that trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from telemetry.testing.ids import TraceContext, new_context
from telemetry.testing.jaeger import Jaeger
from telemetry.testing.model import Trace


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered.

    Attributes:
        response: The answer.
        context: What the request was sent with.
        jaeger: Where its trace is.
    """

    response: httpx.Response
    context: TraceContext
    jaeger: Jaeger

    def answer(self, status: int = 200) -> dict[str, Any]:
        """Give the answer's JSON, an object; fail when its status is another."""
        __tracebackhide__ = True
        if self.response.status_code != status:
            asked = f"{self.response.request.method} {self.response.request.url.path}"
            raise AssertionError(f"{asked}: {self.response.status_code}, expected {status}: {self.response.text}")
        body: dict[str, Any] = self.response.json()
        return body

    async def trace(self, *, absent: Collection[str] = ()) -> Trace:
        """Give the trace that goes on from the request's own context, when it is whole; see `Jaeger.whole`."""
        __tracebackhide__ = True
        return await self.jaeger.whole(self.context.trace_id, self.context.span_id, absent=absent)

    async def own_trace(self, header: str = "x-trace-id", *, absent: Collection[str] = ()) -> Trace:
        """Give the trace that the server began by itself and told in a header, when it is whole."""
        __tracebackhide__ = True
        return await self.jaeger.whole(self.response.headers[header], absent=absent)


class TracedClient:
    """An HTTP client whose every request comes from a new trace context.

    Args:
        http: Sends the requests; its base URL and headers are used.
        jaeger: Where the traces are.
    """

    def __init__(self, http: httpx.AsyncClient, jaeger: Jaeger) -> None:
        self.http = http
        self.jaeger = jaeger

    async def get(self, path: str, **options: Any) -> Exchange:
        """Send a GET request; see `request`."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Exchange:
        """Send a POST request; see `request`."""
        return await self.request("POST", path, **options)

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Exchange:
        """Send a request and read its answer; the options are those of httpx."""
        async with self.stream(method, path, headers=headers, **options) as exchange:
            await exchange.response.aread()
        return exchange

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> AsyncIterator[Exchange]:
        """Send a request whose answer is read inside, as it comes; to leave is to hang up."""
        context = new_context()
        sent = {"traceparent": context.traceparent, **(headers or {})}
        async with self.http.stream(method, path, headers=sent, **options) as response:
            yield Exchange(response, context, self.jaeger)
