"""The fields of a log record for every output: its redacted message, its extras, and its trace context."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

from telemetry.context.tenant import current_tenant
from telemetry.errors.texts import bounded_trace, stack_trace
from telemetry.redaction import REDACTED, is_secret_field, redact

LogValue = str | bool | int | float | None

# An `extra` key: message and extras contain no secrets, so the search for them is skipped.
CLEAN = "telemetry_clean"

_LARGEST = 1 << 63
_DESCRIBED = "telemetry_described"
_OWN = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", CLEAN, _DESCRIBED})


@dataclass(frozen=True, slots=True)
class Described:
    """The content of a record.

    Attributes:
        message: Its redacted message.
        extra: The values of ``extra=…``.
        error: Its exception.
        stack_trace: The exception's stack trace; empty without one.
        stack_info: The stack of the logging call, with ``stack_info=True``; empty without it.
    """

    message: str
    extra: dict[str, LogValue] = field(default_factory=dict)
    error: BaseException | None = None
    stack_trace: str = ""
    stack_info: str = ""


def describe(record: logging.LogRecord) -> Described:
    """Return the redacted content of a record, computed once for all handlers."""
    described: Described | None = getattr(record, _DESCRIBED, None)
    if described is None:
        described = _describe(record)
        setattr(record, _DESCRIBED, described)
    return described


def context_fields() -> dict[str, str]:
    """Return ``trace_id``, ``span_id`` and ``tenant`` of the current context, where present."""
    span = get_current_span().get_span_context()
    fields = (
        {"trace_id": format_trace_id(span.trace_id), "span_id": format_span_id(span.span_id)} if span.is_valid else {}
    )
    if tenant := current_tenant():
        fields["tenant"] = tenant
    return fields


def clean_fields(given: Mapping[str, object]) -> dict[str, LogValue]:
    """Return the fields as JSON values, with REDACTED for a text under a secret name."""
    return {name: _clean_field(name, value) for name, value in given.items()}


def clean_value(value: object) -> LogValue:
    """Return a redacted JSON value."""
    return value if _is_plain(value) else redact(_text(value))


def _clean_field(name: str, value: object) -> LogValue:
    if _is_plain(value):  # numbers and booleans are no secrets
        return value
    return REDACTED if is_secret_field(name) else clean_value(value)


def _describe(record: logging.LogRecord) -> Described:
    given = {name: value for name, value in vars(record).items() if name not in _OWN}
    message = record.getMessage()
    if getattr(record, CLEAN, False):
        extra = {name: _plain(value) for name, value in given.items()}
    else:
        message, extra = redact(message), clean_fields(given)
    stack = bounded_trace(record.stack_info) if record.stack_info else ""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return Described(message, extra, stack_info=stack)
    return Described(message, extra, error, stack_trace(error).rstrip("\n"), stack)


def _plain(value: object) -> LogValue:
    return value if isinstance(value, str) or _is_plain(value) else _text(value)


def _is_plain(value: object) -> TypeGuard[bool | int | float | None]:
    """Return whether JSON and OTLP can represent the value: no NaN, no infinity, no integer of more than 64 bits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and -_LARGEST <= value < _LARGEST)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001  a broken __str__ must not cost the line
        return f"({type(value).__qualname__}: its text cannot be made)"
