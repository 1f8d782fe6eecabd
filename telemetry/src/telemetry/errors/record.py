"""One error, recorded once, however many layers it passes through."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from opentelemetry.trace import Span, Status, StatusCode, format_trace_id
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.config.sections import Sink
from telemetry.errors.classes import HANDLING, ErrorClass
from telemetry.errors.classify import classify
from telemetry.errors.details import details_of
from telemetry.errors.safe_access import attribute_of, text_of
from telemetry.errors.texts import message_of, stack_trace, type_name

_logger = logging.getLogger("telemetry.errors")
_MARK = "_telemetry_recorded_in"
_RESERVED = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})  # logging refuses these as extra


def record_error(  # noqa: PLR0913  all but two are by keyword and seldom given
    span: Span,
    err: BaseException,
    message: str = "",
    attributes: Mapping[str, AttributeValue] | None = None,
    *,
    sink: Sink | None = None,
    kind: ErrorClass | None = None,
) -> None:
    """Record that the span failed: status, the attributes of `extract_error_details`, and one exception.

    Each span that an error passes through gets the status and the attributes; the exception is recorded once in a
    trace, by the first span, as ``exception.type``, ``.message`` and ``.stacktrace``. Messages and stack traces
    are redacted.

    Args:
        span: An open span.
        err: The error.
        message: The status' description; the error's own message by default.
        attributes: More attributes, set on the span as well.
        sink: Where the exception goes: an "event" of the span (as spans have it today), a "log" record of the logger
            ``telemetry.errors`` with the same attributes, at the level of the error's severity (as the
            conventions plan it), or "both". By default the service's `TelemetryConfig.error_sink`.
        kind: The error's class, if the caller knows it better.
    """
    chosen = sink or sink_of(span)
    if not span.is_recording() and chosen == "event":
        return
    known = kind or classify(err)
    details = details_of(err, known)
    text = str(details.pop(semconv.ERROR_MESSAGE))
    details |= attributes or {}
    first = _is_first(span, err)
    span.set_attributes(details)
    if message or first or not _has_failed(span):
        span.set_status(Status(StatusCode.ERROR, message or text))
    if first:
        _write(span, err, message or text, details, chosen, known)


def record_exception(
    span: Span,
    error: BaseException,
    attributes: Mapping[str, AttributeValue] | None = None,
    timestamp: int | None = None,
) -> None:
    """Record the exception alone, as the API's `Span.record_exception` does, but redacted and once per trace.

    Args:
        span: An open span.
        error: What was raised.
        attributes: More attributes, of the record.
        timestamp: Nanoseconds since 1970; now by default.
    """
    if _is_first(span, error):
        given = dict(attributes or {})
        _write(span, error, message_of(error), given, sink_of(span), classify(error), (given, timestamp))


def sink_of(span: Span) -> Sink:
    """Return where the exceptions of the span's service go."""
    sink: Sink = getattr(span, "error_sink", "event")
    return sink


def _write(  # noqa: PLR0913, PLR0917  what a record is made of
    span: Span,
    error: BaseException,
    message: str,
    attributes: Mapping[str, AttributeValue],
    sink: Sink,
    kind: ErrorClass,
    event: tuple[Mapping[str, AttributeValue], int | None] = ({}, None),
) -> None:
    exception: dict[str, AttributeValue] = {
        semconv.EXCEPTION_TYPE: type_name(error),
        semconv.EXCEPTION_MESSAGE: message_of(error),
        semconv.EXCEPTION_STACKTRACE: stack_trace(error),
    }
    if sink != "log":
        own, timestamp = event
        span.add_event("exception", {**exception, **own}, timestamp)
    if sink != "event":
        # Not exc_info: logging's formatters would write it unredacted.
        all_of_it = {**attributes, **exception}
        extra = {f"error.{name}" if name in _RESERVED else name: value for name, value in all_of_it.items()}
        _logger.log(HANDLING[kind].severity.level, "%s", message, extra=extra)


def _is_first(span: Span, error: BaseException) -> bool:
    """Return whether the error is new in this trace, and mark it as recorded."""
    trace_id = format_trace_id(span.get_span_context().trace_id)
    recorded = attribute_of(error, _MARK) == trace_id or (not hasattr(span, "error_sink") and _has_event(span, error))
    try:
        setattr(error, _MARK, trace_id)
    except Exception:  # noqa: BLE001  a type with slots alone cannot be marked; then each span has its record
        return not recorded
    return not recorded


def _has_failed(span: Span) -> bool:
    status = getattr(span, "status", None)  # the API's span does not show it, the SDK's does
    return status is not None and status.status_code is StatusCode.ERROR


def _has_event(span: Span, error: BaseException) -> bool:
    """Return whether the API's own `record_exception` recorded it, on a span of another package."""
    wanted = {semconv.EXCEPTION_TYPE: type_name(error), semconv.EXCEPTION_MESSAGE: text_of(error)}
    events = getattr(span, "events", ())  # the API's span does not show its events, the SDK's does
    return any(wanted.items() <= dict(event.attributes or {}).items() for event in events)
