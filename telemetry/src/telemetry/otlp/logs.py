"""Log records in OTLP, each encoded when it is emitted (as spans are, see `telemetry.otlp.spans`).

https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from struct import Struct

from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AnyValue

from telemetry.otlp.protobuf import Wire, delimited, tag, text, varint
from telemetry.otlp.request import Encoded
from telemetry.otlp.source import Source
from telemetry.otlp.values import encode_attributes, encode_value

# LogRecord
_TIMES = Struct("<BQBQ")
_TIME, _OBSERVED = tag(1, Wire.FIXED64)[0], tag(11, Wire.FIXED64)[0]
_SEVERITY_NUMBER = tag(2, Wire.VARINT)
_SEVERITY_TEXT = tag(3, Wire.DELIMITED)
_BODY = tag(5, Wire.DELIMITED)
_ATTRIBUTE = tag(6, Wire.DELIMITED)
_DROPPED = tag(7, Wire.VARINT)
_FLAGS = Struct("<BI")
_FLAGS_TAG = tag(8, Wire.FIXED32)[0]
_TRACE_ID = tag(9, Wire.DELIMITED) + varint(16)
_SPAN_ID = tag(10, Wire.DELIMITED) + varint(8)
_EVENT_NAME = tag(12, Wire.DELIMITED)


def write_log(  # noqa: PLR0913, PLR0917  what a record is made of
    source: Source,
    times: tuple[int, int],
    severity: tuple[int, str],
    body: AnyValue,
    attributes: Mapping[str, AnyValue],
    span: SpanContext | None,
    dropped: int = 0,
    event_name: str = "",
) -> Encoded:
    """Encode a log record.

    Args:
        source: Its resource and scope.
        times: Timestamp and observed timestamp, in nanoseconds since 1970; 0 for an unknown time.
        severity: Number and text.
        body: Its message.
        attributes: Its attributes.
        span: The span it belongs to, or None.
        dropped: The number of dropped attributes.
        event_name: The name, for an event.
    """
    parts = [
        _TIMES.pack(_TIME, times[0], _OBSERVED, times[1]),
        _severity(*severity),
        _BODY + delimited(encode_value(body)),
        encode_attributes(_ATTRIBUTE, attributes),
    ]
    if span is not None and span.is_valid:
        parts += (
            _FLAGS.pack(_FLAGS_TAG, span.trace_flags),
            _TRACE_ID,
            span.trace_id.to_bytes(16, "big"),
            _SPAN_ID,
            span.span_id.to_bytes(8, "big"),
        )
    if dropped:
        parts.append(_DROPPED + varint(dropped))
    if event_name:
        parts.append(_EVENT_NAME + text(event_name))
    return Encoded(source.encoded_resource, source.encoded_scope, delimited(b"".join(parts)))


@lru_cache(maxsize=64)
def _severity(number: int, name: str) -> bytes:
    return _SEVERITY_NUMBER + varint(number) + _SEVERITY_TEXT + text(name)
