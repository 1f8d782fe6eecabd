"""A clock that is wrong, for the spans of some traces."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind, get_current_span
from typing_extensions import override

_NANOSECONDS = 1_000_000_000


class SkewedClocks(SpanProcessor):
    """Moves the times of a call's spans, in this service alone, just before they end.

    The SDK takes its times from the machine and has no place for another clock; the spans' own fields are the seam.
    """

    def __init__(self) -> None:
        self._skews: dict[int, int] = {}

    def skew(self, seconds: float) -> None:
        """Let the clock of the current call be wrong by so much until its SERVER span ends."""
        self._skews[get_current_span().get_span_context().trace_id] = round(seconds * _NANOSECONDS)

    @override
    def _on_ending(self, span: Span) -> None:
        skew = self._skews.get(span.get_span_context().trace_id)
        if skew is not None:
            _move(span, skew)

    @override
    def on_end(self, span: ReadableSpan) -> None:
        """Forget the call when its SERVER span has ended."""
        if span.kind is SpanKind.SERVER and span.context is not None:
            self._skews.pop(span.context.trace_id, None)


def _move(span: Any, skew: int) -> None:
    span._start_time += skew  # noqa: SLF001
    span._end_time += skew  # noqa: SLF001
    for event in span._events:  # noqa: SLF001
        event._timestamp += skew  # noqa: SLF001
