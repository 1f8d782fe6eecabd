"""The class of an error."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from grpc import RpcError, StatusCode

from telemetry.context.tenant import InvalidTenant, MissingTenant
from telemetry.errors.chain import leaves
from telemetry.errors.classes import HANDLING, ErrorClass, Severity
from telemetry.errors.remote import grpc_code, http_status
from telemetry.errors.safe_access import attribute_of
from telemetry.errors.table import ErrorTable, find_code
from telemetry.settings.env import ConfigError


class DatabaseUnavailable(Exception):  # noqa: N818  named as the domain says it
    """The database is not reachable, or not in time; the operation can be retried."""

    def __init__(self) -> None:
        super().__init__("the database is not available")


# The classes of a service's own responses, by code.
CLASS_OF_CODE: Mapping[StatusCode, ErrorClass] = {
    StatusCode.CANCELLED: ErrorClass.CANCELLED,
    StatusCode.UNKNOWN: ErrorClass.INTERNAL,
    StatusCode.INVALID_ARGUMENT: ErrorClass.VALIDATION,
    StatusCode.DEADLINE_EXCEEDED: ErrorClass.TIMEOUT,
    StatusCode.NOT_FOUND: ErrorClass.NOT_FOUND,
    StatusCode.ALREADY_EXISTS: ErrorClass.CONFLICT,
    StatusCode.PERMISSION_DENIED: ErrorClass.PERMISSION,
    StatusCode.RESOURCE_EXHAUSTED: ErrorClass.RATE_LIMITED,
    StatusCode.FAILED_PRECONDITION: ErrorClass.CONFLICT,
    StatusCode.ABORTED: ErrorClass.CONFLICT,
    StatusCode.OUT_OF_RANGE: ErrorClass.VALIDATION,
    StatusCode.UNIMPLEMENTED: ErrorClass.UNIMPLEMENTED,
    StatusCode.INTERNAL: ErrorClass.INTERNAL,
    StatusCode.UNAVAILABLE: ErrorClass.UNAVAILABLE,
    StatusCode.DATA_LOSS: ErrorClass.INTERNAL,
    StatusCode.UNAUTHENTICATED: ErrorClass.UNAUTHENTICATED,
}

# Responses of another service that mean it failed, or that our request was wrong: not our caller's mistake.
_OF_STATUS = {
    408: ErrorClass.TIMEOUT,
    429: ErrorClass.RATE_LIMITED,
    503: ErrorClass.UNAVAILABLE,
    504: ErrorClass.TIMEOUT,
}

_OF_TYPE: ErrorTable[ErrorClass] = {
    asyncio.CancelledError: ErrorClass.CANCELLED,
    TimeoutError: ErrorClass.TIMEOUT,
    ConnectionError: ErrorClass.UNAVAILABLE,
    PermissionError: ErrorClass.PERMISSION,
    FileNotFoundError: ErrorClass.NOT_FOUND,
    NotImplementedError: ErrorClass.UNIMPLEMENTED,
    ConfigError: ErrorClass.CONFIGURATION,
    MissingTenant: ErrorClass.UNAUTHENTICATED,
    InvalidTenant: ErrorClass.UNAUTHENTICATED,
    DatabaseUnavailable: ErrorClass.UNAVAILABLE,
}

# Errors of libraries that are not imported here, by type name.
_OF_NAME: Mapping[str, ErrorClass] = {
    "httpx.TimeoutException": ErrorClass.TIMEOUT,
    "httpx.NetworkError": ErrorClass.UNAVAILABLE,
    "httpx.HTTPError": ErrorClass.DEPENDENCY,
    "httpx.StreamError": ErrorClass.DEPENDENCY,
    "requests.exceptions.Timeout": ErrorClass.TIMEOUT,
    "requests.exceptions.ConnectionError": ErrorClass.UNAVAILABLE,
    "requests.exceptions.RequestException": ErrorClass.DEPENDENCY,
    "aiohttp.client_exceptions.ServerTimeoutError": ErrorClass.TIMEOUT,
    "aiohttp.client_exceptions.ClientConnectionError": ErrorClass.UNAVAILABLE,
    "aiohttp.client_exceptions.ClientError": ErrorClass.DEPENDENCY,
    "sqlalchemy.exc.IntegrityError": ErrorClass.CONFLICT,
    "sqlalchemy.exc.NoResultFound": ErrorClass.NOT_FOUND,
    "sqlalchemy.exc.TimeoutError": ErrorClass.UNAVAILABLE,
    "sqlalchemy.exc.OperationalError": ErrorClass.UNAVAILABLE,
    "sqlalchemy.exc.InterfaceError": ErrorClass.UNAVAILABLE,
    "sqlalchemy.exc.DBAPIError": ErrorClass.DEPENDENCY,
    "pydantic_core._pydantic_core.ValidationError": ErrorClass.VALIDATION,
    "fastapi.exceptions.RequestValidationError": ErrorClass.VALIDATION,
}

_BY_VALUE = {kind.value: kind for kind in ErrorClass}
_WORST = list(Severity)


def classify(error: BaseException) -> ErrorClass:
    """Return the class of an error; INTERNAL when nothing else matches.

    An error's own `error_class` (a text, such as "not_found") decides first, so that a domain can classify its errors
    without this package. Then a call's code, a response's status, the nearest of its types; of a group, the worst.
    """
    own = attribute_of(error, "error_class")
    if isinstance(own, str) and own in _BY_VALUE:
        return _BY_VALUE[own]
    if isinstance(error, RpcError):
        return _of_call(grpc_code(error))
    status = http_status(error)
    if status is not None:
        return _OF_STATUS.get(status, ErrorClass.DEPENDENCY)
    if isinstance(error, BaseExceptionGroup):
        return max((classify(leaf) for leaf in leaves(error)), key=_badness, default=ErrorClass.INTERNAL)
    return find_code(error, _OF_TYPE) or _by_name(error) or ErrorClass.INTERNAL


def _of_call(code: StatusCode | None) -> ErrorClass:
    kind = CLASS_OF_CODE.get(code, ErrorClass.INTERNAL) if code is not None else ErrorClass.INTERNAL
    return ErrorClass.DEPENDENCY if kind in (ErrorClass.INTERNAL, ErrorClass.UNIMPLEMENTED) else kind


def _by_name(error: BaseException) -> ErrorClass | None:
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((_OF_NAME[name] for name in names if name in _OF_NAME), None)


def _badness(kind: ErrorClass) -> tuple[int, int]:
    handling = HANDLING[kind]
    return _WORST.index(handling.severity), handling.http_status
