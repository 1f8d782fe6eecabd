"""``traceparent`` and ``tracestate`` (https://www.w3.org/TR/trace-context-2/), read and written with few allocations.

It reads and writes what the SDK's propagator does (a test compares them), with two exceptions: unknown flags are not
passed on, and invalid input from a caller is not logged.
"""

from __future__ import annotations

import re
from typing import Self

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    NonRecordingSpan,
    Span,
    SpanContext,
    TraceFlags,
    TraceState,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

# An unknown later version may have more fields, after another dash.
_PARENT = re.compile(r"[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*|[ \t]*)")
# What most calls carry where few traces are recorded.
_NOT_SAMPLED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[02]")
_KEY = r"[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}"  # the limit of a TraceState
_VALUE = r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
_MEMBER = re.compile(f"({_KEY})=({_VALUE})")
_LONGEST_STATE = 512
_MOST_MEMBERS = 32
_FLAGS = tuple(TraceFlags(flags) for flags in range(4))


class UnsampledSpan(NonRecordingSpan):
    """An unsampled span: its ``traceparent`` is passed on unchanged, and parsed only when its context is read.

    Args:
        traceparent: Of version 00, and without a ``tracestate`` beside it.
        is_remote: It comes from a caller.
    """

    _read: SpanContext | None = None

    def __init__(self, traceparent: str, is_remote: bool = True) -> None:  # noqa: FBT001, FBT002  made for every request
        self.traceparent = traceparent
        self._is_remote = is_remote

    @classmethod
    def local(cls, trace_id: int, span_id: int, *, is_random: bool) -> Self:
        """Create one that begins here; `is_random` describes the trace id."""
        flags = "02" if is_random else "00"
        return cls(f"00-{trace_id.to_bytes(16).hex()}-{span_id.to_bytes(8).hex()}-{flags}", False)  # noqa: FBT003

    def get_span_context(self) -> SpanContext:
        """Return its ids."""
        if self._read is None:
            self._read = read_parent(self.traceparent, is_remote=self._is_remote) or INVALID_SPAN_CONTEXT
        return self._read

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.traceparent!r})"


class TraceContextPropagator(TextMapPropagator):
    """The propagator that `TelemetryConfig` calls "tracecontext"."""

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        """Return the context with the caller's span; unchanged when the carrier has none."""
        found = Context() if context is None else context
        parent = getter.get(carrier, TRACEPARENT)
        if not parent:
            return found
        span = _read_span(parent[0], getter.get(carrier, TRACESTATE))
        return found if span is None else set_span_in_context(span, found)

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        """Inject the context's span, if it has one."""
        current = get_current_span(context)
        if isinstance(current, UnsampledSpan):
            setter.set(carrier, TRACEPARENT, current.traceparent)
            return
        span = current.get_span_context()
        if not span.is_valid:
            return
        setter.set(carrier, TRACEPARENT, write_parent(span))
        if span.trace_state:
            setter.set(carrier, TRACESTATE, span.trace_state.to_header())

    @property
    def fields(self) -> set[str]:
        """Return the names of the headers that `inject` writes."""
        return {TRACEPARENT, TRACESTATE}


def is_unsampled(parent: str) -> bool:
    """Return whether the text is the ``traceparent`` of an unsampled span, as most are."""
    return _NOT_SAMPLED.fullmatch(parent) is not None


def _read_span(parent: str, states: list[str] | None) -> Span | None:
    if not states and is_unsampled(parent):
        return UnsampledSpan(parent)
    context = read_parent(parent, states)
    return None if context is None else NonRecordingSpan(context)


def read_parent(parent: str, states: list[str] | None = None, *, is_remote: bool = True) -> SpanContext | None:
    """Return the caller's span; None when the text is no ``traceparent``. An invalid ``tracestate`` is ignored."""
    match = _PARENT.fullmatch(parent)
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == "ff" or (version == "00" and more.startswith("-")):
        return None
    state = _read_state(states) if states else DEFAULT_TRACE_STATE
    context = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, _FLAGS[int(flags, 16) & 3], state)
    return context if context.is_valid else None


def write_parent(span: SpanContext) -> str:
    """Return the span as a ``traceparent``."""
    trace_id, span_id, _, flags, _, _ = span
    return f"00-{trace_id:032x}-{span_id:016x}-0{flags & 3}"


def _read_state(headers: list[str]) -> TraceState:
    members: dict[str, str] = {}
    header = ",".join(headers)
    if len(header) > _LONGEST_STATE:
        return DEFAULT_TRACE_STATE
    for text in header.split(","):
        member = text.strip(" \t")
        if not member:
            continue
        match = _MEMBER.fullmatch(member)
        if match is None or match[1] in members:
            return DEFAULT_TRACE_STATE
        members[match[1]] = match[2]
    return TraceState(list(members.items())) if len(members) <= _MOST_MEMBERS else DEFAULT_TRACE_STATE
