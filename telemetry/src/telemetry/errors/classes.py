"""The classes of errors, and the one table that says how each is handled."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

from grpc import StatusCode


class ErrorClass(StrEnum):
    """The kind of a failure: it tells the caller what to do next, and it labels metrics."""

    VALIDATION = "validation"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    PERMISSION = "permission"
    UNAUTHENTICATED = "unauthenticated"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"
    DEPENDENCY = "dependency"
    UNIMPLEMENTED = "unimplemented"
    CONFIGURATION = "configuration"
    INTERNAL = "internal"


class Severity(StrEnum):
    """How urgent a failure is for the operators of the service."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"

    @property
    def level(self) -> int:
        """The level of `logging`."""
        return logging.getLevelNamesMapping()[self.name]


@dataclass(frozen=True, slots=True)
class Handling:
    """How a class of errors is reported.

    Attributes:
        severity: For the operators; it decides the log level.
        http_status: Of the response to an HTTP request.
        code: Of a gRPC call.
    """

    severity: Severity
    http_status: int
    code: StatusCode

    @property
    def is_server_error(self) -> bool:
        """Whether the server's span is an error: the caller's mistakes and cancellations are not."""
        return self.http_status >= _SERVER_ERROR


_SERVER_ERROR = 500

# 499 is in no standard: access logs use it for a client that disconnected, which never reads it.
HANDLING: dict[ErrorClass, Handling] = {
    ErrorClass.VALIDATION: Handling(Severity.INFO, 422, StatusCode.INVALID_ARGUMENT),
    ErrorClass.NOT_FOUND: Handling(Severity.INFO, 404, StatusCode.NOT_FOUND),
    ErrorClass.CONFLICT: Handling(Severity.INFO, 409, StatusCode.ABORTED),
    ErrorClass.PERMISSION: Handling(Severity.WARNING, 403, StatusCode.PERMISSION_DENIED),
    ErrorClass.UNAUTHENTICATED: Handling(Severity.WARNING, 401, StatusCode.UNAUTHENTICATED),
    ErrorClass.RATE_LIMITED: Handling(Severity.WARNING, 429, StatusCode.RESOURCE_EXHAUSTED),
    ErrorClass.TIMEOUT: Handling(Severity.ERROR, 504, StatusCode.DEADLINE_EXCEEDED),
    ErrorClass.CANCELLED: Handling(Severity.DEBUG, 499, StatusCode.CANCELLED),
    ErrorClass.UNAVAILABLE: Handling(Severity.ERROR, 503, StatusCode.UNAVAILABLE),
    ErrorClass.DEPENDENCY: Handling(Severity.ERROR, 502, StatusCode.INTERNAL),
    ErrorClass.UNIMPLEMENTED: Handling(Severity.ERROR, 501, StatusCode.UNIMPLEMENTED),
    ErrorClass.CONFIGURATION: Handling(Severity.FATAL, 500, StatusCode.INTERNAL),
    ErrorClass.INTERNAL: Handling(Severity.ERROR, 500, StatusCode.INTERNAL),
}
