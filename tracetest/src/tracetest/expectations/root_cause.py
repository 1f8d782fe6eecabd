"""Where the failure of a trace began."""

from __future__ import annotations

from tracetest import names
from tracetest.conventions import http_status, rpc_code
from tracetest.model import Span, Trace

_HTTP_ERROR = 400
_CANCELLED = frozenset({"cancelled", "CANCELLED"})


def root_cause_of(trace: Trace) -> Span | None:
    """Give the span in which the failure began; None when no span has failed.

    It is a span that failed although nothing below it did. Where there are several, work that was cancelled comes last,
    since it is the consequence of something else, and of the others the one that ended first.
    """
    failed = [span for span in trace if failure_of(span) is not None]
    above = set()
    for span in failed:
        parent = trace.parent(span)
        while parent is not None and parent.span_id not in above:
            above.add(parent.span_id)
            parent = trace.parent(parent)
    deepest = [span for span in failed if span.span_id not in above]
    return min(deepest, key=lambda span: (failure_of(span) in _CANCELLED, span.end), default=None)


def failure_of(span: Span) -> str | None:
    """Say how a span failed; None when it did not.

    A server that answers NOT_FOUND or 404 has the status UNSET, since the fault is its caller's, and still the failure
    began there: so the code of the answer counts, too.
    """
    kind = span.attributes.get(names.ERROR_TYPE)
    if kind is not None:
        return str(kind)
    code = rpc_code(span.attributes)
    if code not in (None, "OK"):
        return code
    status = http_status(span.attributes)
    if status is not None and status >= _HTTP_ERROR:
        return str(status)
    return "ERROR" if span.status == "ERROR" else None
