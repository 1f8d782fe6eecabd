"""Errors as spans see them: one classification, one record, and nothing for the caller that is not his."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum

import grpc
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.env import ConfigError
from telemetry.grpc.status import ErrorTable, find_code
from telemetry.tenant import InvalidTenant, MissingTenant


class DatabaseUnavailable(Exception):  # noqa: N818  named as the domain says it
    """The database could not be reached, or not in time; what was asked may be asked again."""

    def __init__(self) -> None:
        super().__init__("the database is not available")


class ErrorClass(StrEnum):
    """What kind of failure it is: what the caller can do about it follows from this."""

    VALIDATION = "validation"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    PERMISSION = "permission"
    UNAUTHENTICATED = "unauthenticated"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"
    UNIMPLEMENTED = "unimplemented"
    CONFIGURATION = "configuration"
    INTERNAL = "internal"


class Severity(StrEnum):
    """How much a failure should worry the people who run the service."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"


_CLASS_OF_CODE: dict[grpc.StatusCode, ErrorClass] = {
    grpc.StatusCode.CANCELLED: ErrorClass.CANCELLED,
    grpc.StatusCode.UNKNOWN: ErrorClass.INTERNAL,
    grpc.StatusCode.INVALID_ARGUMENT: ErrorClass.VALIDATION,
    grpc.StatusCode.DEADLINE_EXCEEDED: ErrorClass.TIMEOUT,
    grpc.StatusCode.NOT_FOUND: ErrorClass.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: ErrorClass.CONFLICT,
    grpc.StatusCode.PERMISSION_DENIED: ErrorClass.PERMISSION,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ErrorClass.RATE_LIMITED,
    grpc.StatusCode.FAILED_PRECONDITION: ErrorClass.CONFLICT,
    grpc.StatusCode.ABORTED: ErrorClass.CONFLICT,
    grpc.StatusCode.OUT_OF_RANGE: ErrorClass.VALIDATION,
    grpc.StatusCode.UNIMPLEMENTED: ErrorClass.UNIMPLEMENTED,
    grpc.StatusCode.INTERNAL: ErrorClass.INTERNAL,
    grpc.StatusCode.UNAVAILABLE: ErrorClass.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS: ErrorClass.INTERNAL,
    grpc.StatusCode.UNAUTHENTICATED: ErrorClass.UNAUTHENTICATED,
}

_CLASS_OF_TYPE: ErrorTable[ErrorClass] = {
    asyncio.CancelledError: ErrorClass.CANCELLED,
    TimeoutError: ErrorClass.TIMEOUT,
    ConnectionError: ErrorClass.UNAVAILABLE,
    PermissionError: ErrorClass.PERMISSION,
    FileNotFoundError: ErrorClass.NOT_FOUND,
    ConfigError: ErrorClass.CONFIGURATION,
    MissingTenant: ErrorClass.UNAUTHENTICATED,
    InvalidTenant: ErrorClass.UNAUTHENTICATED,
    DatabaseUnavailable: ErrorClass.UNAVAILABLE,
}

_SEVERITY: dict[ErrorClass, Severity] = {
    ErrorClass.VALIDATION: Severity.INFO,
    ErrorClass.NOT_FOUND: Severity.INFO,
    ErrorClass.CONFLICT: Severity.INFO,
    ErrorClass.PERMISSION: Severity.WARNING,
    ErrorClass.UNAUTHENTICATED: Severity.WARNING,
    ErrorClass.RATE_LIMITED: Severity.WARNING,
    ErrorClass.TIMEOUT: Severity.ERROR,
    ErrorClass.CANCELLED: Severity.DEBUG,
    ErrorClass.UNAVAILABLE: Severity.ERROR,
    ErrorClass.UNIMPLEMENTED: Severity.ERROR,
    ErrorClass.CONFIGURATION: Severity.FATAL,
    ErrorClass.INTERNAL: Severity.ERROR,
}


def classify(error: BaseException) -> ErrorClass:
    """Give the class of an error: a gRPC error by its code, others by their type; INTERNAL when nothing fits."""
    if isinstance(error, grpc.aio.AioRpcError):
        return _CLASS_OF_CODE.get(error.code(), ErrorClass.INTERNAL)
    return find_code(error, _CLASS_OF_TYPE) or ErrorClass.INTERNAL


def extract_error_details(error: BaseException) -> dict[str, str]:
    """Give what a span or a log line should say of an error: type, message, class, severity, and a gRPC code.

    The keys are attribute names; `error.type` is the code's name for a gRPC error, else the type's qualified name.
    """
    kind = classify(error)
    details = {
        semconv.ERROR_TYPE: _qualified_name(error),
        semconv.ERROR_MESSAGE: str(error),
        semconv.ERROR_CLASS: kind.value,
        semconv.ERROR_SEVERITY: _SEVERITY[kind].value,
    }
    if isinstance(error, grpc.aio.AioRpcError):
        details[semconv.ERROR_TYPE] = details[semconv.RPC_RESPONSE_STATUS_CODE] = error.code().name
        details[semconv.ERROR_MESSAGE] = error.details() or ""
    return details


def record_error(
    span: Span,
    error: BaseException,
    message: str = "",
    attributes: Mapping[str, AttributeValue] | None = None,
) -> None:
    """Record on the span that it failed: status, one exception with its stack trace, class and severity.

    An error that the span has already is not recorded twice.

    Args:
        span: An open span.
        error: What went wrong.
        message: The status' description; the error's own message by default.
        attributes: More attributes, set on the span as well.
    """
    if not span.is_recording():
        return
    details = extract_error_details(error)
    description = details.pop(semconv.ERROR_MESSAGE)
    span.set_attributes(details)
    if attributes:
        span.set_attributes(attributes)
    if not _has_recorded(span, error):
        span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR, message or description))


def _has_recorded(span: Span, error: BaseException) -> bool:
    wanted = {semconv.EXCEPTION_TYPE: _qualified_name(error), semconv.EXCEPTION_MESSAGE: str(error)}
    events = getattr(span, "events", ())  # the API's span does not show its events, the SDK's does
    return any(wanted.items() <= dict(event.attributes or {}).items() for event in events)


def _qualified_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
