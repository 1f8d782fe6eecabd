"""Sends requests of which each has a trace of its own, and fetches that trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx

from tracetest.backends.base import Backend, Barrier, TraceNotWhole
from tracetest.fetched import Trace
from tracetest.golden.folder import GoldenFolder
from tracetest.ids import TraceContext

if TYPE_CHECKING:
    from grpc import aio

HeadersOf = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered.

    Attributes:
        response: The answer.
        context: What the request was sent with.
        client: Who sent it.
    """

    response: httpx.Response
    context: TraceContext
    client: TracedClient

    def answer(self, status: int = 200) -> dict[str, Any]:
        """Give the answer's JSON, an object; fail when its status is another."""
        __tracebackhide__ = True
        if self.response.status_code != status:
            asked = f"{self.response.request.method} {self.response.request.url.path}"
            raise AssertionError(f"{asked}: {self.response.status_code}, expected {status}: {self.response.text}")
        body: dict[str, Any] = self.response.json()
        return body

    async def trace(self, *, absent: Collection[str] = ()) -> Trace:
        """Give the trace that goes on from the request's own context, when it is whole; see `Backend.whole`."""
        __tracebackhide__ = True
        return await self.client.finished(self.context.trace_id, self.context.span_id, absent=absent)

    async def own_trace(self, header: str = "x-trace-id", *, absent: Collection[str] = ()) -> Trace:
        """Give the trace that the server began by itself and told in a header, when it is whole."""
        __tracebackhide__ = True
        return await self.client.finished(self.response.headers[header], absent=absent)


class TracedClient:
    """A client whose every request, by HTTP or by gRPC, comes from a new trace context.

    Args:
        http: Sends the requests; its base URL and headers are used.
        backend: Where the traces are.
        headers_of: Gives the headers of a request for a tenant, such as a token's; also those of a gRPC call.
        barrier: Makes the services send what they have, see `Backend.whole`.
        test: Whose requests these are; where ids are repeatable they follow from it.
        fetched: Called with each fetched trace, and with what there is of an incomplete one.
        golden: Where the golden traces are.
    """

    def __init__(  # noqa: PLR0913  named by keyword
        self,
        http: httpx.AsyncClient,
        backend: Backend,
        *,
        headers_of: HeadersOf | None = None,
        barrier: Barrier | None = None,
        test: str = "",
        fetched: Callable[[Trace], None] = lambda _trace: None,
        golden: GoldenFolder | None = None,
    ) -> None:
        self.http = http
        self.backend = backend
        self._headers_of = headers_of
        self._test = test
        self._fetched = fetched
        self._barrier = barrier
        self._golden = golden
        self._last: TraceContext | None = None

    async def get(self, path: str, **options: Any) -> Exchange:
        """Send a GET request; see `request`."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Exchange:
        """Send a POST request; see `request`."""
        return await self.request("POST", path, **options)

    async def request(self, method: str, path: str, **options: Any) -> Exchange:
        """Send a request and read its answer; the options are those of `stream`."""
        async with self.stream(method, path, **options) as exchange:
            await exchange.response.aread()
        return exchange

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        tenant: str | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AsyncIterator[Exchange]:
        """Send a request whose answer is read inside, as it comes; to leave is to hang up.

        Args:
            method: Such as "GET".
            path: Below the base URL.
            tenant: The tenant, see `headers_of`.
            headers: More headers; they win over the context's own.
            options: Those of httpx.
        """
        context = self.new_context()
        sent = {"traceparent": context.traceparent, **self.headers(tenant), **(headers or {})}
        async with self.http.stream(method, path, headers=sent, **options) as response:
            yield Exchange(response, context, self)

    def channel(self, address: str, *, tenant: str | None = None, **options: Any) -> aio.Channel:
        """Open a gRPC channel whose every call comes from a new context; needs grpcio.

        Args:
            address: ``HOST:PORT``, without encryption.
            tenant: The tenant, see `headers_of`.
            options: Those of ``grpc.aio.insecure_channel``.
        """
        from tracetest.grpc_channels import traced_channel  # noqa: PLC0415  who tests HTTP alone needs no gRPC

        metadata = {name.lower(): value for name, value in self.headers(tenant).items()}
        return traced_channel(address, lambda: {"traceparent": self.new_context().traceparent, **metadata}, options)

    async def complete(self, *, absent: Collection[str] = ()) -> Trace:
        """Give the trace of the last request, when it is finished; see `Backend.whole`.

        Raises:
            TraceNotWhole: It is not in time; tells which part is missing.
        """
        __tracebackhide__ = True
        if self._last is None:
            raise AssertionError("no request was sent: there is no trace to wait for")
        return await self.finished(self._last.trace_id, self._last.span_id, absent=absent)

    async def finished(self, trace_id: str, caller: str | None = None, *, absent: Collection[str] = ()) -> Trace:
        """Give any trace, when it is finished; see `Backend.whole`."""
        __tracebackhide__ = True
        try:
            trace = await self.backend.whole(trace_id, caller, absent=absent, barrier=self._barrier)
        except TraceNotWhole as error:
            if error.trace is not None:
                self._fetched(error.trace)
            raise
        trace = replace(trace, golden=self._golden)
        self._fetched(trace)
        return trace

    def new_context(self) -> TraceContext:
        """Make a context for a request that is sent in another way; `complete` then waits for its trace."""
        self._last = self.backend.new_context(self._test)
        return self._last

    def headers(self, tenant: str | None) -> Mapping[str, str]:
        """Give the headers of a request for a tenant; none for None."""
        if tenant is None:
            return {}
        if self._headers_of is None:
            raise TypeError(
                f"tenant={tenant!r}: nobody said what a request of a tenant looks like: see Target.headers_of"
            )
        return self._headers_of(tenant)
