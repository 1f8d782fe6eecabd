"""The start of an outgoing call: its span, its metadata and its timeout."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

from grpc import StatusCode, aio
from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import Span, SpanKind, Status, get_current_span, set_span_in_context
from opentelemetry.trace import StatusCode as SpanStatus
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.context.deadline import timeout as shorter
from telemetry.context.unrecorded import UnrecordedContext
from telemetry.grpc.hooks import Hooks
from telemetry.grpc.metadata import CallContextWriter, Entry, ReadyMetadata
from telemetry.grpc.methods import CallFilter, Method, Methods, ordinary_calls
from telemetry.grpc.metrics import CallMetrics
from telemetry.grpc.status import why_cancelled
from telemetry.trace.tracer import ServiceTracer

T = TypeVar("T")

# gRPC may still send a call that has no time left; a call whose deadline was a second ago fails at once.
_TOO_LATE = -1.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The default timeouts of calls, in seconds; an earlier deadline around a call overrides them.

    Attributes:
        unary: For calls with one response.
        stream: For calls with a stream of responses.
    """

    unary: float | None = None
    stream: float | None = None


# An outgoing call: its timeout in seconds or None; its metadata; the context with its span; and its done callback, or
# None.
Outgoing = tuple[float | None, Iterable[Entry] | None, Context, "Ending | None"]


class OutgoingCalls:
    """Starts the calls of one channel.

    Args:
        tracer: Starts the spans.
        propagator: Injects the context into the metadata.
        server: Host and port of the channel's target.
        timeouts: For calls without one.
        traced: Which calls get a span.
        propagate: Whether the server receives the context and the tenant.
        metrics: Measures the calls; None measures nothing.
        hooks: Called for each message, on a `telemetry.grpc.traced_channel.TracedChannel`.
    """

    def __init__(  # noqa: PLR0913  each is a choice of its own, named by keyword
        self,
        tracer: ServiceTracer,
        propagator: TextMapPropagator,
        *,
        server: tuple[str, int | None] | None = None,
        timeouts: Timeouts | None = None,
        traced: CallFilter = ordinary_calls,
        propagate: bool = True,
        metrics: CallMetrics | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        attributes: dict[str, AttributeValue] = {
            name: value
            for name, value in zip((semconv.SERVER_ADDRESS, semconv.SERVER_PORT), server or (), strict=False)
            if value is not None
        }
        self.timeouts = timeouts or Timeouts()
        self.hooks = hooks
        self.methods = Methods(traced, attributes)
        self._tracer = tracer
        self._writer = CallContextWriter(propagator) if propagate else None
        self._metrics = metrics
        # For a call in a trace that is not recorded.
        self._nothing_to_do = tracer.keeps_decisions and metrics is None

    def begin(self, method: Method, timeout: float | None, metadata: Iterable[Entry] | None) -> Outgoing:
        """Start a call; in a trace that is not recorded, it has no span and only passes on the decision."""
        context = get_current()
        limit = shorter(timeout)
        ending: Ending | None = None
        if method.traced and not (self._nothing_to_do and isinstance(context, UnrecordedContext)):
            span = get_current_span(context)
            if not self._tracer.drops_children_of(span):
                span = self._tracer.start_span(method.name, context, SpanKind.CLIENT, method.attributes)
                context = set_span_in_context(span, context)
            if self._metrics is not None or span.is_recording():
                ending = Ending(span, method, self._metrics, context, limit)
        if limit is not None and limit <= 0:
            limit = _TOO_LATE
        try:
            told = metadata if self._writer is None else ReadyMetadata(_joined(metadata, self._writer.entries(context)))
        except BaseException as error:  # such as metadata that gRPC does not take either
            if ending is not None:
                ending.with_error(error)
            raise
        return limit, told, context, ending


def _joined(given: Iterable[Entry] | None, told: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return both; the caller's own values for propagated keys are ignored."""
    if not given:
        return told
    names = {name for name, _value in told}
    return (*((name, value) for name, value in given if name not in names), *told)


class Ending:
    """The end of a call: it ends the span and records the duration."""

    __slots__ = ("_context", "_limit", "_method", "_metrics", "_started", "span")

    def __init__(
        self, span: Span, method: Method, metrics: CallMetrics | None, context: Context, limit: float | None
    ) -> None:
        self.span = span
        self._limit = limit
        self._method = method
        self._metrics = metrics
        self._context = context
        self._started = perf_counter()

    def with_call(self, call: aio.Call) -> None:
        """End with a finished call."""
        code = _result_now(call.code())
        details = None if code is StatusCode.OK else _result_now(call.details())
        self._end(code if isinstance(code, StatusCode) else StatusCode.UNKNOWN, details)

    def with_error(self, error: BaseException) -> None:
        """End with an exception raised instead of a call."""
        if isinstance(error, aio.AioRpcError):
            self._end(error.code(), error.details())
        elif isinstance(error, asyncio.CancelledError):
            self._end(StatusCode.CANCELLED)
        else:  # the call never started
            error_type = type(error).__qualname__
            self.span.set_attribute(semconv.ERROR_TYPE, error_type)
            self.span.set_status(Status(SpanStatus.ERROR, str(error)))
            self.span.end()
            self._measure(None, perf_counter() - self._started, error_type)

    def _end(self, code: StatusCode, details: str | None = None) -> None:
        took = perf_counter() - self._started
        if code is StatusCode.CANCELLED and self._limit is not None:
            code = why_cancelled(self._limit - took, self._limit)
        span = self.span
        if span.is_recording():
            if code is StatusCode.OK:
                span.set_attribute(semconv.RPC_RESPONSE_STATUS_CODE, code.name)
            else:
                span.set_attributes({semconv.RPC_RESPONSE_STATUS_CODE: code.name, semconv.ERROR_TYPE: code.name})
                span.set_status(Status(SpanStatus.ERROR, details))
            span.end()
        self._measure(code, took)

    def _measure(self, code: StatusCode | None, took: float, error_type: str | None = None) -> None:
        if self._metrics is not None:
            self._metrics.record(self._method, code, took, self._context, error_type)


def _result_now(coroutine: Coroutine[Any, Any, T]) -> T | None:
    """Return the result of a coroutine that does not suspend, as those of a finished call; None if it does."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        coroutine.close()
    return None
