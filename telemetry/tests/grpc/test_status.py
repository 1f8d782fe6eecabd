from __future__ import annotations

import pytest
from grpc import StatusCode

from telemetry.grpc.status import why_cancelled


# Seconds left when the client's cancellation came at its own deadline, measured with grpcio 1.85: gRPC writes a timeout
# with two or three digits and rounds it up.
@pytest.mark.parametrize(
    ("left", "allowed", "code"),
    [
        (0.0, 0.1, StatusCode.DEADLINE_EXCEEDED),
        (0.0072, 1.5, StatusCode.DEADLINE_EXCEEDED),
        (0.0864, 10.1, StatusCode.DEADLINE_EXCEEDED),
        (0.9, 101.0, StatusCode.DEADLINE_EXCEEDED),
        (0.05, 0.1, StatusCode.CANCELLED),
        (4.0, 5.0, StatusCode.CANCELLED),
        (290.0, 300.0, StatusCode.CANCELLED),
        (None, None, StatusCode.CANCELLED),
    ],
)
def test_a_call_that_was_given_up_at_its_deadline_is_told_from_one_that_was_cancelled(
    left: float | None, allowed: float | None, code: StatusCode
) -> None:
    assert why_cancelled(left, allowed) is code
