"""The server side of a call: one SERVER span, the tenant, the deadline, and errors mapped by a table.

It differs from opentelemetry-instrumentation-grpc (docs/adr/0003 lists the faults): a caller's mistake is not an error,
a cancelled or expired call has that status, an uncaught exception is recorded once and its text is not sent.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any

import grpc
from grpc import StatusCode, aio
from opentelemetry.context import attach, detach
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import SpanKind, get_current_span, set_span_in_context

from telemetry.context import deadline
from telemetry.context.inbound import CallerContext
from telemetry.context.tenant import InvalidTenant, MissingTenant
from telemetry.context.unrecorded import UnrecordedContext
from telemetry.edge.policy import TRUSTED, Trust, TrustPolicy
from telemetry.errors import HANDLING, DatabaseUnavailable, classify
from telemetry.errors.table import ErrorTable
from telemetry.grpc.hooks import HookedContext, Hooks
from telemetry.grpc.metadata import RawMetadata, read_call
from telemetry.grpc.methods import CallFilter, Method, Methods, ordinary_calls
from telemetry.grpc.observers import CallObserver, ServedCall
from telemetry.grpc.requests import UnreadableRequest, lenient
from telemetry.grpc.served_call import RunningCall
from telemetry.trace.tracer import ServiceTracer

# A limit: a generic handler takes any method name, and a peer can send any number of names.
_MOST_METHODS = 1000

# A call's metadata, from its interception to its handling, in one task: gRPC converts it again for each access.
_said: ContextVar[RawMetadata | None] = ContextVar("said", default=None)

_BUILT_IN: dict[type[BaseException], StatusCode] = {
    UnreadableRequest: StatusCode.INVALID_ARGUMENT,
} | {type(error): HANDLING[classify(error)].code for error in (MissingTenant(), InvalidTenant(), DatabaseUnavailable())}

if TYPE_CHECKING:  # generic to the type checker alone
    ServicerContext = aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
    Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]
    Handle = Callable[[Any, ServicerContext], Awaitable[Any]]


class TracingServerInterceptor(aio.ServerInterceptor):
    """Traces each call and maps what its handler raises.

    Args:
        tracer: Starts the spans.
        propagator: Extracts the caller's context from the metadata.
        errors: Domain error → code. The caller gets the error's text as details. An error without an entry for it or a
            base class becomes INTERNAL with the trace id as its only text.
        traced: Which calls get a span.
        trust: Which metadata is trusted, of all callers or by the call's context.
        observers: Called when a call has ended.
        hooks: Called for each message.
    """

    def __init__(  # noqa: PLR0913, PLR0917  each is a choice of its own
        self,
        tracer: ServiceTracer,
        propagator: TextMapPropagator,
        errors: ErrorTable[StatusCode],
        traced: CallFilter = ordinary_calls,
        trust: Trust | TrustPolicy = TRUSTED,
        observers: Sequence[CallObserver] = (),
        hooks: Hooks | None = None,
    ) -> None:
        self._tracer = tracer
        self._caller = CallerContext(propagator)
        self._errors = {**_BUILT_IN, **errors}
        self._methods = Methods(traced)
        self._trust = trust
        self._observers = tuple(observers)
        self._hooks = hooks
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    async def intercept_service(
        self,
        continuation: Continuation,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Return the method's handler, traced; the span is current in it and in later interceptors."""
        handler = await continuation(handler_call_details)
        return None if handler is None else self.traced(handler, handler_call_details)

    def traced(self, handler: Handler, call: grpc.HandlerCallDetails) -> Handler:
        """Return the traced handler of a call that this task is about to handle."""
        _said.set(call.invocation_metadata)
        path = call.method
        known = self._wrapped.get(path)
        if known is not None and known[0] is handler:
            return known[1]
        wrapped = self._wrap(handler, self._methods.get(path))
        if known is not None or len(self._wrapped) < _MOST_METHODS:
            self._wrapped[path] = (handler, wrapped)
        return wrapped

    def _wrap(self, handler: Handler, method: Method) -> Handler:
        # grpc.aio runs handlers that are plain functions in a thread pool; they are left to it.
        if not method.traced or not _is_async(handler):
            return handler
        behavior = _behavior(handler) if self._hooks is None else _hooked(handler, self._hooks)

        async def write_all(request: Any, context: ServicerContext) -> None:
            await _write_all(behavior(request, context), context)

        handle = write_all if handler.response_streaming else behavior
        return _remake(handler, self._serving(method, handle))

    def _serving(self, method: Method, handle: Handle) -> Handle:
        """Create the function that serves a method's calls: one coroutine around the handler."""
        tracer, caller, observers = self._tracer, self._caller, self._observers
        silent = tracer.keeps_decisions and not observers

        async def serve(request: Any, context: ServicerContext) -> Any:
            trust = self._trust if isinstance(self._trust, Trust) else self._trust(context)
            said = _said.get()
            if said is None:
                said = context.invocation_metadata()
            else:
                _said.set(None)
            current, links, forged = read_call(caller, said, trust)
            unheard = silent and isinstance(current, UnrecordedContext)
            span = current.span if isinstance(current, UnrecordedContext) else get_current_span(current)
            if not (unheard or tracer.drops_children_of(span)):
                span = tracer.start_span(method.name, current, SpanKind.SERVER, method.attributes, links)
                current = set_span_in_context(span, current)
            time_left = context.time_remaining()
            call: RunningCall | None = None
            # The peer is unknown once the call has been cut off.
            started, peer = (perf_counter(), context.peer()) if observers else (0.0, "")
            token = attach(current)
            time_limit = None if time_left is None else deadline.begin(time_left)
            try:
                if forged:
                    raise InvalidTenant  # noqa: TRY301  mapped below as a handler's error is
                if isinstance(request, UnreadableRequest):
                    raise request  # noqa: TRY301  the same
                return await handle(request, context)
            except BaseException as error:
                call = RunningCall(span, context, self._errors, time_left)
                await call.fail(error)
                raise
            finally:
                if not unheard:
                    code = (call or RunningCall(span, context, self._errors, time_left)).end()
                    for observe in observers:
                        observe(ServedCall(method, code, perf_counter() - started, current, peer))
                if time_limit is not None:
                    deadline.end(time_limit)
                detach(token)

        return serve


def _hooked(handler: Handler, hooks: Hooks) -> Callable[[Any, Any], Any]:
    """Return the handler's behavior with hooks for its messages."""
    behavior: Callable[[Any, Any], Any] = _behavior(handler)

    def begin(request: Any, context: Any) -> Any:
        span = get_current_span()
        if handler.request_streaming:
            request = hooks.tell_requests(span, request)
        else:
            hooks.tell_request(span, request)
        return behavior(request, HookedContext(context, span, hooks))

    async def unary(request: Any, context: Any) -> Any:
        response = await begin(request, context)
        hooks.tell_response(get_current_span(), response)
        return response

    async def generator(request: Any, context: Any) -> AsyncIterator[Any]:
        async with aclosing(begin(request, context)) as responses:
            async for response in responses:
                hooks.tell_response(get_current_span(), response)
                yield response

    if not handler.response_streaming:
        return unary
    return generator if inspect.isasyncgenfunction(behavior) else begin


async def _write_all(responses: AsyncIterator[Any] | Awaitable[None], context: ServicerContext) -> None:
    """Send what the handler yields, so that one task drives it: no span is current across a yield."""
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
    deserialize = handler.request_deserializer
    # A stream's requests are read within the handler, whose errors are mapped.
    return make(
        behavior, deserialize if handler.request_streaming else lenient(deserialize), handler.response_serializer
    )
