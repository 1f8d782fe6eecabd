"""gRPC's status codes: which are a server's fault, and which error gives which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from grpc import StatusCode

Value = TypeVar("Value")

ErrorTable = Mapping[type[BaseException], Value]

# https://opentelemetry.io/docs/specs/semconv/rpc/grpc/: on a server span only these are errors; the others are the
# caller's mistake or wish.
SERVER_ERRORS = frozenset(
    {
        StatusCode.UNKNOWN,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.INTERNAL,
        StatusCode.UNAVAILABLE,
        StatusCode.DATA_LOSS,
    }
)

CODE_OF_NUMBER: dict[int, StatusCode] = {code.value[0]: code for code in StatusCode}


def find_code(error: BaseException, table: ErrorTable[Value]) -> Value | None:
    """Give the table's value for the nearest of the error's types; None when it has none of them."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)
