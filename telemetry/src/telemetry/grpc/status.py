"""gRPC's status codes: which are a server's errors, and which one a cancelled call has."""

from __future__ import annotations

from grpc import StatusCode

# https://opentelemetry.io/docs/specs/semconv/rpc/grpc/: on a server span only these are errors; the others are
# mistakes or decisions of the caller.
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

# A client's deadline ends before the server's, because gRPC sends a timeout with two or three digits, rounded up by at
# most this fraction. The server's own calls, which have the same deadline, are cancelled then.
_DEADLINE_ROUNDING = 0.01
_DEADLINE_SLACK = 0.02

CODE_OF_NUMBER: dict[int, StatusCode] = {code.value[0]: code for code in StatusCode}


def why_cancelled(left: float | None, allowed: float | None) -> StatusCode:
    """Distinguish a call that ended at its deadline from a cancelled one, by the seconds left now and at its start."""
    if left is None or allowed is None or left > _DEADLINE_SLACK + _DEADLINE_ROUNDING * allowed:
        return StatusCode.CANCELLED
    return StatusCode.DEADLINE_EXCEEDED
