"""The trace-test kit: send a request with a trace id of its own, fetch that trace, say what it must be.

See ``docs/trace-testing.md``.
"""

from telemetry.testing.backend import Backend, BackendError, TraceNotWhole
from telemetry.testing.client import Exchange, TracedClient
from telemetry.testing.documents import read_expectations
from telemetry.testing.double import ReceivedCall, ServiceDouble
from telemetry.testing.expect import Expectation, expect
from telemetry.testing.golden import GoldenError, GoldenFolder
from telemetry.testing.ids import TraceContext, new_context
from telemetry.testing.jaeger import Jaeger
from telemetry.testing.memory import Memory
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
from telemetry.testing.shapes import DocumentError
from telemetry.testing.signals import log, metric
from telemetry.testing.target import Target, http_barrier

__all__ = [
    "Backend",
    "BackendError",
    "DocumentError",
    "Event",
    "Exchange",
    "Expectation",
    "GoldenError",
    "GoldenFolder",
    "Jaeger",
    "Link",
    "LogRecord",
    "Measurement",
    "Memory",
    "ReceivedCall",
    "Rule",
    "ServiceDouble",
    "Span",
    "SpanPattern",
    "Target",
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
    "http_barrier",
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
