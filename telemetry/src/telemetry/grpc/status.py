"""gRPC's status codes: which are a server's errors, and which one a cancelled call has."""

from __future__ import annotations

from grpc import StatusCode

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

# A client that gives up at its deadline is heard of before the server's own deadline, because gRPC writes a time-out
# with two or three digits, rounded up: by at most this share of it. The server's own calls, which have the same
# deadline, are cancelled then.
_DEADLINE_ROUNDING = 0.01
_DEADLINE_SLACK = 0.02

CODE_OF_NUMBER: dict[int, StatusCode] = {code.value[0]: code for code in StatusCode}


def why_cancelled(left: float | None, allowed: float | None) -> StatusCode:
    """Tell a call that was given up at its deadline from one that was cancelled: seconds left now, and at the start."""
    if left is None or allowed is None or left > _DEADLINE_SLACK + _DEADLINE_ROUNDING * allowed:
        return StatusCode.CANCELLED
    return StatusCode.DEADLINE_EXCEEDED
