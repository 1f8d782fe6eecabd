"""The trace-test kit: send a request with a trace id of its own, fetch that trace from Jaeger, say what it must be."""

from telemetry.testing.client import Exchange, TracedClient
from telemetry.testing.comparison import ExpectedSpan
from telemetry.testing.expect import expect, span
from telemetry.testing.ids import TraceContext, new_context
from telemetry.testing.jaeger import Jaeger, TraceNotWhole
from telemetry.testing.model import Event, Link, Span, Trace

__all__ = [
    "Event",
    "Exchange",
    "ExpectedSpan",
    "Jaeger",
    "Link",
    "Span",
    "Trace",
    "TraceContext",
    "TraceNotWhole",
    "TracedClient",
    "expect",
    "new_context",
    "span",
]
