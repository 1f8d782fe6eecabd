"""How a call failed, as its span tells it."""

from __future__ import annotations

from console.model import Span
from console.query import as_text
from telemetry import semconv

CANCELLED = frozenset({"cancelled", "CANCELLED"})

_HTTP_ERROR = 400


def failure(span: Span) -> str:
    """Name how a span failed: its ``error.type``, its RPC's or HTTP's status, or ERROR; empty when it did not.

    A server that answers NOT_FOUND or 404 has the status UNSET, since the mistake is its caller's, and still the
    failure began there: so the code of the answer counts, too.
    """
    named = as_text(span.attributes.get(semconv.ERROR_TYPE))
    if named:
        return named
    code = as_text(span.attributes.get(semconv.RPC_RESPONSE_STATUS_CODE))
    if code not in {"", "OK"}:
        return code
    status = span.attributes.get(semconv.HTTP_RESPONSE_STATUS_CODE)
    if isinstance(status, int) and status >= _HTTP_ERROR:
        return str(status)
    return "ERROR" if span.failed else ""
