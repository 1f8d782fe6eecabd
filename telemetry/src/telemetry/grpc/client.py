"""The client's side of a call: one CLIENT span, the tenant and what is left of the deadline.

A span ends by the call's own callback, so it ends however the call ends. The interceptor never waits for the call: that
is what keeps the stock interceptor from handing a cancellation on (opentelemetry-python-contrib issue 3271).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

from grpc import StatusCode, aio
from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import Span, SpanKind, Status, Tracer, set_span_in_context
from opentelemetry.trace import StatusCode as SpanStatus
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.deadline import timeout
from telemetry.grpc.metadata import SETTER
from telemetry.grpc.methods import CallFilter, Method, Methods, ordinary_calls
from telemetry.metrics import CallMetrics
from telemetry.tenant import TENANT_METADATA, current_tenant

T = TypeVar("T")
Continuation = Callable[[aio.ClientCallDetails, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The seconds that a call may take when its caller says nothing; an earlier deadline around it wins.

    Attributes:
        unary: For calls with one response.
        stream: For calls with a stream of responses.
    """

    unary: float | None = None
    stream: float | None = None


def make_client_interceptors(  # noqa: PLR0913  each is a choice of its own, named by keyword
    tracer: Tracer,
    propagator: TextMapPropagator,
    *,
    server: tuple[str, int | None] | None = None,
    timeouts: Timeouts | None = None,
    traced: CallFilter = ordinary_calls,
    propagate: bool = True,
    metrics: CallMetrics | None = None,
) -> list[aio.ClientInterceptor]:
    """Make the four interceptors, one a call shape, that ``grpc.aio`` wants.

    Args:
        tracer: Makes the spans.
        propagator: Writes the context into the metadata.
        server: Host and port that the channel was asked for.
        timeouts: For calls that come with none.
        traced: Which calls get a span.
        propagate: Whether the server is told the context and the tenant.
        metrics: Measures the calls; None measures nothing.
    """
    attributes: dict[str, AttributeValue] = {
        name: value
        for name, value in zip((semconv.SERVER_ADDRESS, semconv.SERVER_PORT), server or (), strict=False)
        if value is not None
    }
    limits = timeouts or Timeouts()
    methods = Methods(traced, attributes)
    unary = _Interception(tracer, propagator, methods, limits.unary, propagate, metrics)
    stream = _Interception(tracer, propagator, methods, limits.stream, propagate, metrics)
    return [_UnaryUnary(unary), _UnaryStream(stream), _StreamUnary(unary), _StreamStream(stream)]


@dataclass(frozen=True, slots=True)
class _Interception:
    """What all four shapes do alike."""

    tracer: Tracer
    propagator: TextMapPropagator
    methods: Methods
    timeout: float | None
    propagate: bool
    metrics: CallMetrics | None

    async def run(self, continuation: Continuation, details: aio.ClientCallDetails, request: Any) -> Any:
        method = self.methods.get(details.method)
        if not method.traced:
            return await continuation(self._prepare(details), request)
        span = self.tracer.start_span(method.name, kind=SpanKind.CLIENT, attributes=method.attributes)
        context = set_span_in_context(span)
        ending = _Ending(span, method, self.metrics, context, 0.0 if self.metrics is None else perf_counter())
        token = attach(context)
        try:
            call = await continuation(self._prepare(details), request)
        except BaseException as error:
            ending.with_error(error)
            raise
        finally:
            detach(token)
        return ending.when_done(call)

    def _prepare(self, details: aio.ClientCallDetails) -> aio.ClientCallDetails:
        metadata = aio.Metadata(*(details.metadata or ()))
        if self.propagate:
            self.propagator.inject(metadata, setter=SETTER)
            if tenant := current_tenant():
                metadata.set_all(TENANT_METADATA, [tenant])
        limit = timeout(self.timeout if details.timeout is None else details.timeout)
        if limit is not None and limit <= 0:  # gRPC would still send it, and the server still do it
            raise aio.AioRpcError(StatusCode.DEADLINE_EXCEEDED, details="no time was left for the call")
        return aio.ClientCallDetails(details.method, limit, metadata, details.credentials, details.wait_for_ready)


class _Shape:
    def __init__(self, interception: _Interception) -> None:
        self._interception = interception


class _UnaryUnary(_Shape, aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request)


class _UnaryStream(_Shape, aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request)


class _StreamUnary(_Shape, aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request_iterator)


class _StreamStream(_Shape, aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request_iterator)


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a call ends, however it does: its span, and its measure."""

    span: Span
    method: Method
    metrics: CallMetrics | None
    context: Context
    started: float

    def when_done(self, call: Any) -> Any:
        if call.done():  # an interceptor after this one answered by itself; such a call takes no callback
            self.with_call(call)
        else:
            call.add_done_callback(self.with_call)
        return call

    def with_call(self, call: aio.Call) -> None:
        code = _result_now(call.code())
        details = None if code is StatusCode.OK else _result_now(call.details())
        self._end(code if isinstance(code, StatusCode) else StatusCode.UNKNOWN, details)

    def with_error(self, error: BaseException) -> None:
        if isinstance(error, aio.AioRpcError):
            self._end(error.code(), error.details())
        elif isinstance(error, asyncio.CancelledError):
            self._end(StatusCode.CANCELLED)
        else:  # the call never began
            error_type = type(error).__qualname__
            self.span.set_attribute(semconv.ERROR_TYPE, error_type)
            self.span.set_status(Status(SpanStatus.ERROR, str(error)))
            self.span.end()
            self._measure(None, error_type)

    def _end(self, code: StatusCode, details: str | None = None) -> None:
        self.span.set_attribute(semconv.RPC_RESPONSE_STATUS_CODE, code.name)
        if code is not StatusCode.OK:
            self.span.set_attribute(semconv.ERROR_TYPE, code.name)
            self.span.set_status(Status(SpanStatus.ERROR, details))
        self.span.end()
        self._measure(code)

    def _measure(self, code: StatusCode | None, error_type: str | None = None) -> None:
        if self.metrics is not None:
            self.metrics.record(self.method, code, perf_counter() - self.started, self.context, error_type)


def _result_now(coroutine: Coroutine[Any, Any, T]) -> T | None:
    """Give the result of a coroutine that has nothing to wait for, as a finished call's have; None if it had."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        coroutine.close()
    return None
