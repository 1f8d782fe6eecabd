"""The server's side of a call: one SERVER span, the tenant, the deadline, and errors mapped by a table.

Unlike opentelemetry-instrumentation-grpc, whose faults docs/adr/0003 lists with measurements: a caller's mistake is not
an error, a cancelled or overdue call says so, an uncaught exception is recorded once, and its text stays here.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import grpc
from grpc import StatusCode, aio
from opentelemetry.context import attach, detach
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import Span, SpanKind, Status, Tracer, format_trace_id, set_span_in_context
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import semconv
from telemetry.deadline import deadline
from telemetry.edge import TRUSTED, Trust, TrustPolicy
from telemetry.errors import CLASS_OF_CODE, HANDLING, DatabaseUnavailable, classify, record_error
from telemetry.grpc.metadata import WITH_BAGGAGE, WITHOUT_BAGGAGE, texts
from telemetry.grpc.methods import CallFilter, Method, Methods, ordinary_calls
from telemetry.grpc.observing import CallObserver, ServedCall
from telemetry.grpc.status import SERVER_ERRORS, ErrorTable, find_code
from telemetry.inbound import read_context
from telemetry.tenant import TENANT_METADATA, InvalidTenant, MissingTenant, is_tenant, with_tenant

_logger = logging.getLogger(__name__)

# A client that gives up at its deadline is heard of before the server's own deadline, because gRPC writes a time-out
# with two or three digits, rounded up: by at most this share of it.
_DEADLINE_ROUNDING = 0.01
_DEADLINE_SLACK = 0.02

_BUILT_IN: dict[type[BaseException], StatusCode] = {
    type(error): HANDLING[classify(error)].code for error in (MissingTenant(), InvalidTenant(), DatabaseUnavailable())
}

if TYPE_CHECKING:  # generic to the type checker alone
    ServicerContext = aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
    Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]


class TracingServerInterceptor(aio.ServerInterceptor):
    """Traces each call and maps what its handler raises.

    Args:
        tracer: Makes the spans.
        propagator: Reads the caller's context out of the metadata.
        errors: Domain error → code. The caller gets the error's text as details. An error that is not in the table, nor
            one of its bases, becomes INTERNAL with a text that tells the trace id and nothing else.
        traced: Which calls get a span.
        trust: What is believed of the callers' metadata, of all of them or by the call's context.
        observers: Told of each call when it has ended.
    """

    def __init__(  # noqa: PLR0913, PLR0917  each is a choice of its own
        self,
        tracer: Tracer,
        propagator: TextMapPropagator,
        errors: ErrorTable[StatusCode],
        traced: CallFilter = ordinary_calls,
        trust: Trust | TrustPolicy = TRUSTED,
        observers: Sequence[CallObserver] = (),
    ) -> None:
        self._tracer = tracer
        self._propagator = propagator
        self._errors = {**_BUILT_IN, **errors}
        self._methods = Methods(traced)
        self._trust = trust
        self._observers = tuple(observers)
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    async def intercept_service(
        self,
        continuation: Continuation,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Give the method's handler, traced; the span is current in it and in interceptors after this one."""
        handler = await continuation(handler_call_details)
        # grpc.aio runs handlers that are plain functions in a thread pool; they are left to it.
        if handler is None or not _is_async(handler):
            return handler
        method = self._methods.get(handler_call_details.method)
        if not method.traced:
            return handler
        known = self._wrapped.get(method.name)
        if known is None or known[0] is not handler:
            known = self._wrapped[method.name] = (handler, self._wrap(handler, method))
        return known[1]

    def _wrap(self, handler: Handler, method: Method) -> Handler:
        behavior = _behavior(handler)

        async def unary(request: Any, context: ServicerContext) -> Any:
            return await self._serve(method, context, lambda: behavior(request, context))

        async def stream(request: Any, context: ServicerContext) -> None:
            await self._serve(method, context, lambda: _write_all(behavior(request, context), context))

        wrapper = stream if handler.response_streaming else unary
        return _remake(handler, wrapper)

    async def _serve(self, method: Method, context: ServicerContext, handle: Callable[[], Awaitable[Any]]) -> Any:
        metadata = texts(context.invocation_metadata())
        trust = self._trust if isinstance(self._trust, Trust) else self._trust(context)
        getter = WITH_BAGGAGE if trust.baggage else WITHOUT_BAGGAGE
        parent, links = read_context(self._propagator, metadata, getter, trusted=trust.trace, kept=trust.baggage)
        tenant = metadata.get(TENANT_METADATA, [None])[0] if trust.tenant else None
        forged = tenant is not None and not is_tenant(tenant)
        if tenant is not None and not forged:
            parent = with_tenant(tenant, parent)
        span = self._tracer.start_span(method.name, parent, SpanKind.SERVER, method.attributes, links)
        time_left = context.time_remaining()
        call = _Call(span, context, self._errors, time_left)
        # The peer is not known any more when the call has been cut off.
        started, peer = (perf_counter(), context.peer()) if self._observers else (0.0, "")
        current = set_span_in_context(span, parent)
        token = attach(current)
        try:
            with nullcontext() if time_left is None else deadline(time_left):
                return await (_refuse_tenant() if forged else handle())
        except BaseException as error:
            await call.fail(error)
            raise
        finally:
            code = call.end()
            if self._observers:
                served = ServedCall(method, code, perf_counter() - started, current, peer)
                for observe in self._observers:
                    observe(served)
            detach(token)


@dataclass(slots=True)
class _Call:
    """One call on its way to its status."""

    span: Span
    context: ServicerContext
    errors: ErrorTable[StatusCode]
    time_left: float | None
    code: StatusCode | None = None

    async def fail(self, error: BaseException) -> None:
        """Decide the code, record it, and tell the caller; returns when the caller has been told already."""
        if isinstance(error, aio.AbortError):
            return
        if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            self.code = _why_cancelled(self.context.time_remaining(), self.time_left)
            return
        mapped = find_code(error, self.errors)
        self.code = mapped or StatusCode.INTERNAL
        if mapped is None:
            _logger.error("uncaught exception in a handler", exc_info=error)
        if self.code in SERVER_ERRORS:
            record_error(self.span, error, kind=CLASS_OF_CODE[self.code] if mapped else None)
        try:
            await self.context.abort(self.code, str(error) if mapped else self._safe_text())
        except aio.UsageError:  # the handler has aborted, and raised this afterwards: the caller knows its first word
            self.code = None

    def end(self) -> StatusCode:
        code = self.code or self.context.code() or StatusCode.OK
        self.span.set_attribute(semconv.RPC_RESPONSE_STATUS_CODE, code.name)
        if code in SERVER_ERRORS:
            self.span.set_attribute(semconv.ERROR_TYPE, code.name)
            self.span.set_status(Status(SpanStatus.ERROR, self.context.details() or None))
        self.span.end()
        return code

    def _safe_text(self) -> str:
        return f"internal error; trace id {format_trace_id(self.span.get_span_context().trace_id)}"


def _why_cancelled(left: float | None, allowed: float | None) -> StatusCode:
    """Tell a client that gave up at its deadline from one that cancelled: seconds left now, and at the start."""
    if left is None or allowed is None or left > _DEADLINE_SLACK + _DEADLINE_ROUNDING * allowed:
        return StatusCode.CANCELLED
    return StatusCode.DEADLINE_EXCEEDED


async def _refuse_tenant() -> None:
    raise InvalidTenant


async def _write_all(responses: AsyncIterator[Any] | Awaitable[None], context: ServicerContext) -> None:
    """Send what the handler yields, so that it is driven from one task: no span is ever current across a yield."""
    if not isinstance(responses, AsyncIterator):
        await responses
        return
    if not inspect.isasyncgen(responses):
        async for response in responses:
            await context.write(response)
        return
    async with aclosing(responses):
        async for response in responses:
            await context.write(response)


def _behavior(handler: Handler) -> Callable[[Any, ServicerContext], Any]:
    behavior: Callable[..., Any] | None = (
        handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    )
    if behavior is None:
        raise TypeError(f"{handler!r} has no behavior")
    return behavior


def _is_async(handler: Handler) -> bool:
    behavior = _behavior(handler)
    return inspect.iscoroutinefunction(behavior) or inspect.isasyncgenfunction(behavior)


def _remake(handler: Handler, behavior: Callable[..., Any]) -> Handler:
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[bool(handler.request_streaming), bool(handler.response_streaming)]
    return make(behavior, handler.request_deserializer, handler.response_serializer)
