"""Spans in OTLP, each encoded when it ends, so that an export only joins bytes.

OpenTelemetry's exporters build a message for each attribute, in the exporting thread: a batch holds the interpreter's
lock for tens of milliseconds while requests wait. See docs/adr/0006-own-spans.md for measurements.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct

from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, SpanContext, SpanKind, Status, StatusCode

from telemetry.otlp.protobuf import Wire, delimited, tag, text, varint
from telemetry.otlp.request import Encoded
from telemetry.otlp.source import Source
from telemetry.otlp.values import encode_attributes

_NAMES_KEPT = 1024
_CONTINUED = 0x80  # bit of a varint that has more bytes
_LONGEST_KEPT = 256  # characters

# Span
_TRACE_ID = tag(1, Wire.DELIMITED) + varint(16)
_SPAN_ID = tag(2, Wire.DELIMITED) + varint(8)
_TRACE_STATE = tag(3, Wire.DELIMITED)
_PARENT_ID = tag(4, Wire.DELIMITED) + varint(8)
_NAME = tag(5, Wire.DELIMITED)
ATTRIBUTE = tag(9, Wire.DELIMITED)
_DROPPED_ATTRIBUTES = tag(10, Wire.VARINT)
_EVENT = tag(11, Wire.DELIMITED)
_DROPPED_EVENTS = tag(12, Wire.VARINT)
_LINK = tag(13, Wire.DELIMITED)
_DROPPED_LINKS = tag(14, Wire.VARINT)
_STATUS = tag(15, Wire.DELIMITED)

_KINDS = {kind: tag(6, Wire.VARINT) + varint(kind.value + 1) for kind in SpanKind}
_TIMES = Struct("<BQBQ")
_START, _END = tag(7, Wire.FIXED64)[0], tag(8, Wire.FIXED64)[0]
_NANOSECONDS = Struct("<Q")

# Flags. Bit 8: it is known whether the context is remote. Bit 9: it is.
_FLAGS = tag(16, Wire.FIXED32)
_NOT_REMOTE, _IS_REMOTE = (flags.to_bytes(4, "little") for flags in (0x100, 0x300))
_NO_PARENT, _REMOTE = _FLAGS + _NOT_REMOTE, _FLAGS + _IS_REMOTE

# Span.Event
_EVENT_TIME = tag(1, Wire.FIXED64)
_EVENT_NAME = tag(2, Wire.DELIMITED)
_EVENT_ATTRIBUTE = tag(3, Wire.DELIMITED)
_EVENT_DROPPED = tag(4, Wire.VARINT)

# Span.Link; its ids are written as a span's
_LINK_ATTRIBUTE = tag(4, Wire.DELIMITED)
_LINK_DROPPED = tag(5, Wire.VARINT)
_LINK_FLAGS = tag(6, Wire.FIXED32)

# Status
_STATUS_MESSAGE = tag(2, Wire.DELIMITED)
_STATUS_CODE = tag(3, Wire.VARINT)


def encode_span(span: ReadableSpan) -> Encoded:
    """Encode an ended span of any class; `telemetry.trace.span` has a faster way for its own."""
    counts = (span.dropped_attributes, span.dropped_events, span.dropped_links)
    return write_span(
        Source(span.resource, span.instrumentation_scope),
        span.get_span_context() or INVALID_SPAN_CONTEXT,
        span.parent,
        span.name,
        span.kind,
        (span.start_time or 0, span.end_time or 0),
        encode_attributes(ATTRIBUTE, span.attributes),
        span.status,
        [*write_events(span.events), *write_links(span.links), *write_dropped(*counts)],
    )


def write_span(  # noqa: PLR0913, PLR0917  what a span is made of
    source: Source,
    context: SpanContext,
    parent: SpanContext | None,
    name: str,
    kind: SpanKind,
    times: tuple[int, int],
    attributes: bytes,
    status: Status,
    more: Sequence[bytes],
) -> Encoded:
    """Encode a span.

    Args:
        source: Its resource and scope.
        context: Its span context.
        parent: Its parent's span context; None for a root.
        name: Its name.
        kind: Its span kind.
        times: Its start and end, in nanoseconds since 1970.
        attributes: As `encode_attributes` returns them for `ATTRIBUTE`.
        status: Its status.
        more: What `write_events`, `write_links` and `write_dropped` return.
    """
    code, message = status.status_code, status.description
    content = b"".join(
        (
            _TRACE_ID,
            context.trace_id.to_bytes(16, "big"),
            _SPAN_ID,
            context.span_id.to_bytes(8, "big"),
            _NO_PARENT if parent is None else _parent(parent),
            _name(name) if len(name) <= _LONGEST_KEPT else _made_name(name),
            _KINDS[kind],
            _TIMES.pack(_START, times[0], _END, times[1]),
            attributes,
            _status(code, message) if message else _STATUSES[code],
            *more,
        )
    )
    if context.trace_state:
        content += _TRACE_STATE + text(context.trace_state.to_header())
    return Encoded(source.encoded_resource, source.encoded_scope, delimited(content))


def _parent(parent: SpanContext) -> bytes:
    return _PARENT_ID + parent.span_id.to_bytes(8, "big") + (_REMOTE if parent.is_remote else _NO_PARENT)


def _made_name(name: str) -> bytes:
    return _NAME + text(name)


_name = lru_cache(_NAMES_KEPT)(_made_name)


def name_of(encoded: Encoded) -> str:
    """Return the name of an encoded span, cut to 256 characters; slow, for messages."""
    content = encoded.item[next(at for at, byte in enumerate(encoded.item, 1) if byte < _CONTINUED) :]
    return str(SpanMessage.FromString(content).name[:_LONGEST_KEPT])


def write_events(events: Sequence[Event]) -> list[bytes]:
    """Return them as fields of a span."""
    return [_EVENT + delimited(_event(event)) for event in events]


def write_links(links: Sequence[Link]) -> list[bytes]:
    """Return them as fields of a span."""
    return [_LINK + delimited(_link(link)) for link in links]


def write_dropped(attributes: int, events: int, links: int) -> list[bytes]:
    """Return the dropped counts as fields of a span."""
    return [
        _count(_DROPPED_ATTRIBUTES, attributes),
        _count(_DROPPED_EVENTS, events),
        _count(_DROPPED_LINKS, links),
    ]


def _event(event: Event) -> bytes:
    return b"".join(
        (
            _EVENT_TIME,
            _NANOSECONDS.pack(event.timestamp),
            _EVENT_NAME,
            text(event.name),
            encode_attributes(_EVENT_ATTRIBUTE, event.attributes),
            _count(_EVENT_DROPPED, event.dropped_attributes),
        )
    )


def _link(link: Link) -> bytes:
    return b"".join(
        (
            _TRACE_ID,
            link.context.trace_id.to_bytes(16, "big"),
            _SPAN_ID,
            link.context.span_id.to_bytes(8, "big"),
            encode_attributes(_LINK_ATTRIBUTE, link.attributes),
            _count(_LINK_DROPPED, link.dropped_attributes),
            _LINK_FLAGS,
            _IS_REMOTE if link.context.is_remote else _NOT_REMOTE,
        )
    )


def _status(code: StatusCode, message: str = "") -> bytes:
    content = b""
    if message:
        content += _STATUS_MESSAGE + text(message)
    if code is not StatusCode.UNSET:
        content += _STATUS_CODE + varint(code.value)
    return _STATUS + delimited(content)


_STATUSES = {code: _status(code) for code in StatusCode}


def _count(field: bytes, number: int) -> bytes:
    return field + varint(number) if number else b""
