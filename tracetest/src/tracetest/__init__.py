"""The trace-test kit: send a request with a trace id of its own, fetch that trace, say what it must be.

See ``docs/how-to/trace-testing.md``.
"""

from tracetest.backends.base import Backend, BackendError, TraceNotWhole
from tracetest.backends.jaeger import Jaeger
from tracetest.backends.memory import Memory
from tracetest.client import Exchange, TracedClient
from tracetest.documents.reader import read_expectations
from tracetest.documents.shapes import DocumentError
from tracetest.double import ReceivedCall, ServiceDouble
from tracetest.expectations.expect import Expectation, expect
from tracetest.expectations.patterns import SpanPattern, descendant, exactly, exception, no, parallel, span, unordered
from tracetest.expectations.rules import (
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
from tracetest.expectations.signals import log, metric
from tracetest.fetched import Trace
from tracetest.golden.folder import GoldenError, GoldenFolder
from tracetest.ids import TraceContext, new_context
from tracetest.model import Event, Link, LogRecord, Measurement, Span
from tracetest.target import Target, http_barrier

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
