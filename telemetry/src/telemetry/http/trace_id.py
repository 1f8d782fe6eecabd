"""The trace id that a response tells."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.trace import Span


def with_trace_id(headers: Iterable[tuple[bytes, bytes]], name: bytes, span: Span) -> list[tuple[bytes, bytes]]:
    """Give the headers and one more, with the span's trace id."""
    return [*headers, (name, b"%032x" % span.get_span_context().trace_id)]
