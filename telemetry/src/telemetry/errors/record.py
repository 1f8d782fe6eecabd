"""One error, recorded once, however many layers see it pass."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

from opentelemetry.trace import Span, Status, StatusCode, format_trace_id
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors.classes import HANDLING, ErrorClass
from telemetry.errors.classify import classify
from telemetry.errors.details import details_of
from telemetry.errors.texts import stack_trace, type_name

Sink = Literal["event", "log", "both"]

_logger = logging.getLogger("telemetry.errors")
_MARK = "_telemetry_recorded_in"
_RESERVED = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})  # logging refuses these as extra


def record_error(  # noqa: PLR0913  all but two are by keyword and seldom given
    span: Span,
    error: BaseException,
    message: str = "",
    attributes: Mapping[str, AttributeValue] | None = None,
    *,
    sink: Sink = "event",
    kind: ErrorClass | None = None,
) -> None:
    """Record that the span failed: status, error.type, class and severity, and one exception with its stack trace.

    Each span that an error passes through gets the status and the attributes; the exception is recorded once in a
    trace, by the first that sees it. Messages and stack traces are redacted.

    Args:
        span: An open span.
        error: What went wrong.
        message: The status' description; the error's own message by default.
        attributes: More attributes, set on the span as well.
        sink: Where the exception goes: an "event" of the span (as spans have it today), a "log" record of the logger
            ``telemetry.errors`` with the same attributes, at the level of the error's severity (as the conventions are
            going to have it), or "both".
        kind: The error's class, if it is known better than by the error itself.
    """
    if not span.is_recording() and sink == "event":
        return
    known = kind or classify(error)
    details = details_of(error, known)
    text = str(details.pop(semconv.ERROR_MESSAGE))
    details |= attributes or {}
    span.set_attributes(details)
    span.set_status(Status(StatusCode.ERROR, message or text))
    if not _is_first(span, error):
        return
    exception: dict[str, AttributeValue] = {
        semconv.EXCEPTION_TYPE: type_name(error),
        semconv.EXCEPTION_MESSAGE: text,
        semconv.EXCEPTION_STACKTRACE: stack_trace(error),
    }
    if sink != "log":
        span.add_event("exception", exception)
    if sink != "event":
        # Not exc_info: that text is not redacted.
        extra = {f"error.{name}" if name in _RESERVED else name: value for name, value in (details | exception).items()}
        _logger.log(HANDLING[known].severity.level, "%s", message or text, extra=extra)


def _is_first(span: Span, error: BaseException) -> bool:
    """Tell whether the error has not been recorded in this trace, and mark it as recorded."""
    trace_id = format_trace_id(span.get_span_context().trace_id)
    recorded = getattr(error, _MARK, None) == trace_id or _has_event(span, error)
    try:
        setattr(error, _MARK, trace_id)
    except AttributeError:  # a type with slots alone cannot be marked; then each span has its record
        return not recorded
    return not recorded


def _has_event(span: Span, error: BaseException) -> bool:
    """Tell whether the handler itself recorded it, by the API's own `record_exception`."""
    wanted = {semconv.EXCEPTION_TYPE: type_name(error), semconv.EXCEPTION_MESSAGE: str(error)}
    events = getattr(span, "events", ())  # the API's span does not show its events, the SDK's does
    return any(wanted.items() <= dict(event.attributes or {}).items() for event in events)
