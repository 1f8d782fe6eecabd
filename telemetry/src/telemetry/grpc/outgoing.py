"""What a call that is made begins with: its span, the metadata that tells the server of it, and its time limit."""

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

# gRPC may still send a call that has no time left; one whose deadline is a second ago it fails at once.
_TOO_LATE = -1.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The seconds that a call may take when its caller says nothing; an earlier deadline around it wins.

    Attributes:
        unary: For calls with one response.
        stream: For calls with a stream of responses.
    """

    unary: float | None = None
    stream: float | None = None


# A call that is about to be made: its seconds, None for no limit; what metadata to send; the context with its span; and
# what is called when it ends, None when nobody is to be told.
Outgoing = tuple[float | None, Iterable[Entry] | None, Context, "Ending | None"]


class OutgoingCalls:
    """Begins the calls that are made over one channel.

    Args:
        tracer: Makes the spans.
        propagator: Writes the context into the metadata.
        server: Host and port that the channel was asked for.
        timeouts: For calls that come with none.
        traced: Which calls get a span.
        propagate: Whether the server is told the context and the tenant.
        metrics: Measures the calls; None measures nothing.
        hooks: Told of each message, on a channel that is `telemetry.grpc.traced_channel.TracedChannel`.
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
        # With a call of a trace that nobody records.
        self._nothing_to_do = tracer.keeps_decisions and metrics is None

    def begin(self, method: Method, timeout: float | None, metadata: Iterable[Entry] | None) -> Outgoing:
        """Begin a call; of a trace that is not recorded, no span is made and only the decision is handed on."""
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
        told = metadata if self._writer is None else ReadyMetadata(_joined(metadata, self._writer.entries(context)))
        return limit, told, context, ending


def _joined(given: Iterable[Entry] | None, told: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Give both; of what is told, the caller's own word does not count."""
    if not given:
        return told
    names = {name for name, _value in told}
    return (*((name, value) for name, value in given if name not in names), *told)


class Ending:
    """How a call ends, however it does: its span, and its measure."""

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
        """End with a call that is done."""
        code = _result_now(call.code())
        details = None if code is StatusCode.OK else _result_now(call.details())
        self._end(code if isinstance(code, StatusCode) else StatusCode.UNKNOWN, details)

    def with_error(self, error: BaseException) -> None:
        """End with what was raised in place of a call."""
        if isinstance(error, aio.AioRpcError):
            self._end(error.code(), error.details())
        elif isinstance(error, asyncio.CancelledError):
            self._end(StatusCode.CANCELLED)
        else:  # the call never began
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
    """Give the result of a coroutine that has nothing to wait for, as a finished call's have; None if it had."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        coroutine.close()
    return None
