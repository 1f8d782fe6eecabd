"""The trace of the current context."""

from __future__ import annotations

from opentelemetry.trace import format_trace_id, get_current_span


def current_trace_id() -> str | None:
    """Return the current trace id as 32 lower-case hexadecimal digits; None outside a trace."""
    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None
