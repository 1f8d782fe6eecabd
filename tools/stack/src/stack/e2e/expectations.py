"""The parts that the stack's traces are made of, in the words of `tracetest`."""

from __future__ import annotations

from collections.abc import Sequence

from telemetry import semconv
from tracetest import Link, SpanPattern, span

_SERVER_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
_SERVER_ERROR = 500

USER_SERVICE = "shop.user.v1.UserService"
ORDER_SERVICE = "shop.order.v1.OrderService"


def request(name: str, *children: SpanPattern, status: int = 200, links: Sequence[Link] = ()) -> SpanPattern:
    """Say what the gateway's span of a request must be: ``POST /v1/orders``, answered with an HTTP status."""
    return span(
        "gateway",
        name,
        *children,
        kind="SERVER",
        status="ERROR" if status >= _SERVER_ERROR else "UNSET",
        attributes={
            semconv.HTTP_REQUEST_METHOD: name.partition(" ")[0],
            semconv.HTTP_ROUTE: name.partition(" ")[2],
            semconv.HTTP_RESPONSE_STATUS_CODE: status,
        },
        links=links,
    )


def call(caller: str, method: str, *children: SpanPattern, code: str = "OK") -> SpanPattern:
    """Say what both sides of a call must be: ``package.v1.Service/Method``, answered with a gRPC code.

    Any other code than OK is an error to the caller; to the server it is one only where the fault is its own.
    """
    callee = method.split(".")[1]
    server = span(
        callee,
        method,
        *children,
        kind="SERVER",
        status="ERROR" if code in _SERVER_FAULTS else "UNSET",
        attributes=_rpc(method, code),
    )
    return unanswered(caller, method, server, code=code)


def unanswered(caller: str, method: str, *server: SpanPattern, code: str) -> SpanPattern:
    """Say what the caller's side of a call must be."""
    failed = {} if code == "OK" else {semconv.ERROR_TYPE: code}
    return span(
        caller,
        method,
        *server,
        kind="CLIENT",
        status="ERROR" if failed else "UNSET",
        attributes={**_rpc(method, code), **failed},
    )


def query(service: str, name: str, database: str) -> SpanPattern:
    """Say what a statement's span must be: ``SELECT users``, on "sqlite" or "postgresql"."""
    operation, _, table = name.partition(" ")
    return span(
        service,
        name,
        kind="CLIENT",
        attributes={
            semconv.DB_SYSTEM_NAME: database,
            semconv.DB_OPERATION_NAME: operation,
            semconv.DB_COLLECTION_NAME: table,
        },
    )


def _rpc(method: str, code: str) -> dict[str, object]:
    return {
        semconv.RPC_SYSTEM_NAME: semconv.RPC_SYSTEM_GRPC,
        semconv.RPC_METHOD: method,
        semconv.RPC_RESPONSE_STATUS_CODE: code,
    }
