"""The trace id that a response tells."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.trace import Span, format_trace_id


def with_trace_id(headers: Iterable[tuple[bytes, bytes]], name: bytes, span: Span) -> list[tuple[bytes, bytes]]:
    """Give the headers and one more, with the span's trace id."""
    return [*headers, (name, format_trace_id(span.get_span_context().trace_id).encode("ascii"))]
