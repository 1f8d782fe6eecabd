"""What a span says of a call: in the current semantic conventions, or in those before, as others' services still do."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tracetest import names
from tracetest.model import Attributes

# https://opentelemetry.io/docs/specs/semconv/registry/attributes/, "deprecated"
_OLD_HTTP_METHOD = "http.method"
_OLD_HTTP_STATUS = "http.status_code"
_OLD_HTTP_URL = "http.url"
_OLD_RPC_CODE = "rpc.grpc.status_code"
_OLD_RPC_SERVICE = "rpc.service"
_URL_FULL = "url.full"
_PORTS = {"http": 80, "https": 443}
# https://grpc.io/docs/guides/status-codes/, by number
_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


def called_names(attributes: Attributes) -> list[str]:
    """Give the names that a call has for its other side, the best first; none for what is no call of a service.

    Of an RPC the full name of the service, such as ``shop.user.v1.UserService``; of either ``HOST:PORT`` and ``HOST``.
    """
    is_rpc = names.RPC_METHOD in attributes
    if not is_rpc and names.HTTP_REQUEST_METHOD not in attributes and _OLD_HTTP_METHOD not in attributes:
        return []
    return [*(_rpc_services(attributes) if is_rpc else ()), *_addresses(attributes)]


def rpc_code(attributes: Attributes) -> str | None:
    """Give the status of an RPC by its name; None where there is none."""
    code = attributes.get(names.RPC_RESPONSE_STATUS_CODE, attributes.get(_OLD_RPC_CODE))
    if isinstance(code, int) and 0 <= code < len(_CODES):
        return _CODES[code]
    return None if code is None else str(code)


def http_status(attributes: Attributes) -> int | None:
    """Give the status of an HTTP answer; None where there is none."""
    status = attributes.get(names.HTTP_RESPONSE_STATUS_CODE, attributes.get(_OLD_HTTP_STATUS))
    return status if isinstance(status, int) else None


def _rpc_services(attributes: Attributes) -> Iterator[str]:
    service, separator, _method = str(attributes[names.RPC_METHOD]).rpartition("/")
    if separator:
        yield service
    elif _OLD_RPC_SERVICE in attributes:
        yield str(attributes[_OLD_RPC_SERVICE])


def _addresses(attributes: Attributes) -> Iterator[str]:
    host, port = attributes.get(names.SERVER_ADDRESS), attributes.get(names.SERVER_PORT)
    if host is None:
        host, port = _authority(str(attributes.get(_URL_FULL, attributes.get(_OLD_HTTP_URL, ""))))
    if host:
        yield from ([f"{host}:{port}", str(host)] if port else [str(host)])


def _authority(address: str) -> tuple[str | None, int | None]:
    try:
        url = urlsplit(address)
        return url.hostname, url.port or _PORTS.get(url.scheme)
    except ValueError:  # from any instrumentation
        return None, None
