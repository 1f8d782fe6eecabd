"""The trace-test kit: send a request with a trace id of its own, fetch that trace, say what it must be.

See ``docs/trace-testing.md``.
"""

from telemetry.testing.client import Exchange, TracedClient
from telemetry.testing.documents import DocumentError, read_expectations
from telemetry.testing.expect import Expectation, expect
from telemetry.testing.ids import TraceContext, new_context
from telemetry.testing.jaeger import Jaeger, TraceNotWhole
from telemetry.testing.model import Event, Link, LogRecord, Measurement, Span, Trace
from telemetry.testing.patterns import (
    SpanPattern,
    descendant,
    exactly,
    exception,
    no,
    parallel,
    span,
    unordered,
)
from telemetry.testing.rules import (
    Rule,
    after,
    before,
    every,
    faster_than,
    max_spans,
    no_orphans,
    root_cause,
    same_tenant,
)
from telemetry.testing.signals import log, metric

__all__ = [
    "DocumentError",
    "Event",
    "Exchange",
    "Expectation",
    "Jaeger",
    "Link",
    "LogRecord",
    "Measurement",
    "Rule",
    "Span",
    "SpanPattern",
    "Trace",
    "TraceContext",
    "TraceNotWhole",
    "TracedClient",
    "after",
    "before",
    "descendant",
    "every",
    "exactly",
    "exception",
    "expect",
    "faster_than",
    "log",
    "max_spans",
    "metric",
    "new_context",
    "no",
    "no_orphans",
    "parallel",
    "read_expectations",
    "root_cause",
    "same_tenant",
    "span",
    "unordered",
]
