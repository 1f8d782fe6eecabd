"""The OTLP exporters of spans, which encode a little at a time.

Encoding is Python's work, and holds the interpreter's lock: a batch in one go keeps requests waiting for 5 ms and more,
which is what the 99th percentile of a traced service is made of. Here the lock is let go after every few spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan

_SLICE = 16  # spans, less than half a millisecond's work
_PAUSE = 0.0002  # seconds; a pause of nothing would not let a waiting thread in


def encode_gently(spans: Sequence[ReadableSpan]) -> ExportTraceServiceRequest:
    """Encode the spans as one request, with pauses."""
    request = encode_spans(spans[:_SLICE])
    for start in range(_SLICE, len(spans), _SLICE):
        sleep(_PAUSE)
        _join(request, encode_spans(spans[start : start + _SLICE]))
    return request


def _join(request: ExportTraceServiceRequest, more: ExportTraceServiceRequest) -> None:
    """Add the spans of one resource to those that are there, or else as they are."""
    last = request.resource_spans[-1]
    for each in more.resource_spans:
        if each.resource == last.resource and each.schema_url == last.schema_url:
            last.scope_spans.extend(each.scope_spans)
        else:
            request.resource_spans.append(each)
