"""The trace id in a response header."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.trace import Span

from telemetry.context.w3c import UnsampledSpan


def with_trace_id(headers: Iterable[tuple[bytes, bytes]], name: bytes, span: Span) -> list[tuple[bytes, bytes]]:
    """Return the headers with one more, the span's trace id."""
    return [*headers, (name, _trace_id(span))]


def _trace_id(span: Span) -> bytes:
    if isinstance(span, UnsampledSpan):
        return span.traceparent[3:35].encode("ascii")
    return b"%032x" % span.get_span_context().trace_id
