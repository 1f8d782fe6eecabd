"""What a sender is told when its request is not taken."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2  # type: ignore[import-untyped]  # it has stubs and does not say so
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

RETRY_SECONDS = 1
BUSY = "too much is being sent at once: try again"


def status(code: int, message: str) -> Status:
    """Make a status; one that says UNAVAILABLE tells when to try again."""
    made = Status(code=code, message=message)
    if code == code_pb2.UNAVAILABLE:
        made.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=RETRY_SECONDS)))
    return made
