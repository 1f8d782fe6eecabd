"""What an error says about a remote response: gRPC's status and details, an HTTP response, a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # its stubs have no py.typed
from grpc import RpcError, StatusCode
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors.safe_access import attribute_of

_DETAILS = "grpc-status-details-bin"
_MOST = 20
_HTTP_CLIENTS = ("httpx", "requests", "aiohttp", "urllib")


def grpc_code(error: RpcError) -> StatusCode | None:
    """Return the code of a failed call; None when it has none."""
    code = _call(error, "code")
    return code if isinstance(code, StatusCode) else None


def grpc_details(error: RpcError) -> dict[str, AttributeValue]:
    """Return a failed call's code, and the ``google.rpc.Status`` of its trailing metadata, as attributes."""
    code = grpc_code(error)
    details: dict[str, AttributeValue] = {} if code is None else {semconv.RPC_RESPONSE_STATUS_CODE: code.name}
    for each in _rich_status(error).details[:_MOST]:
        details |= _rich_detail(each)
    return details


def grpc_message(error: RpcError) -> str:
    """Return the status message of a failed call."""
    message = _call(error, "details")
    return message if isinstance(message, str) else ""


def http_status(error: BaseException) -> int | None:
    """Return the status of the response behind an HTTP client's error; None without a response."""
    if not _is_http_client(error):
        return None
    for holder, name in ((attribute_of(error, "response"), "status_code"), (error, "status"), (error, "code")):
        status = attribute_of(holder, name)
        if isinstance(status, int) and 100 <= status <= 999:  # noqa: PLR2004  what a status can be
            return status
    return None


def http_details(error: BaseException) -> dict[str, AttributeValue]:
    """Return method, server and status of an HTTP client's error; never the path or the query."""
    if not _is_http_client(error):
        return {}
    details: dict[str, AttributeValue] = {}
    if (status := http_status(error)) is not None:
        details[semconv.HTTP_RESPONSE_STATUS_CODE] = status
    # httpx raises when there is no request.
    request = attribute_of(error, "request") or attribute_of(error, "request_info")
    if isinstance(method := getattr(request, "method", None), str):
        details[semconv.HTTP_REQUEST_METHOD] = method
    if isinstance(host := getattr(getattr(request, "url", None), "host", None), str) and host:
        details[semconv.SERVER_ADDRESS] = host
    return details


def database_code(error: BaseException) -> str | None:
    """Return the database's code of an SQLAlchemy error: the SQLSTATE, or SQLite's name; None without one."""
    original = attribute_of(error, "orig")
    if original is None:
        return None
    codes = (attribute_of(original, name) for name in ("sqlstate", "pgcode", "sqlite_errorname"))
    return next((code for code in codes if isinstance(code, str) and code), None)


def _is_http_client(error: BaseException) -> bool:
    return any(kind.__module__.partition(".")[0] in _HTTP_CLIENTS for kind in type(error).__mro__)


def _call(error: RpcError, name: str) -> object:
    """RpcError itself has no methods; those that a call raises do."""
    method = attribute_of(error, name)
    return method() if callable(method) else None


def _rich_status(error: RpcError) -> Any:
    metadata = _call(error, "trailing_metadata")
    for key, value in metadata if hasattr(metadata, "__iter__") else ():
        if key == _DETAILS and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                break
    return status_pb2.Status()


def _rich_detail(packed: Any) -> dict[str, AttributeValue]:
    for kind, read in _READERS.items():
        if packed.Is(kind.DESCRIPTOR):
            try:
                return read(kind.FromString(packed.value))
            except DecodeError:
                return {}
    return {}


def _error_info(info: Any) -> dict[str, AttributeValue]:
    return {semconv.ERROR_REASON: info.reason, semconv.ERROR_DOMAIN: info.domain}


def _bad_request(bad: Any) -> dict[str, AttributeValue]:
    return _violations([(each.field, each.description) for each in bad.field_violations[:_MOST]])


def _precondition(failure: Any) -> dict[str, AttributeValue]:
    return _violations([(each.subject, each.description) for each in failure.violations[:_MOST]])


def _violations(found: list[tuple[str, str]]) -> dict[str, AttributeValue]:
    return {semconv.ERROR_VIOLATIONS: tuple(f"{what}: {description}" for what, description in found)}


def _retry_info(info: Any) -> dict[str, AttributeValue]:
    return {semconv.ERROR_RETRY_DELAY: info.retry_delay.seconds + info.retry_delay.nanos / 1e9}


_READERS: dict[Any, Callable[[Any], dict[str, AttributeValue]]] = {
    error_details_pb2.ErrorInfo: _error_info,
    error_details_pb2.BadRequest: _bad_request,
    error_details_pb2.PreconditionFailure: _precondition,
    error_details_pb2.RetryInfo: _retry_info,
}
