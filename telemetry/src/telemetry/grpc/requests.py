"""Requests that cannot be deserialized. gRPC itself sends names of exceptions and types to the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Deserializer = Callable[[bytes], Any]


class UnreadableRequest(Exception):  # noqa: N818  named as what it is
    """The bytes of a request are not a message of the method's type."""

    def __init__(self) -> None:
        super().__init__("the request cannot be read: it is no message of the method's type")


def lenient(deserialize: Deserializer | None) -> Deserializer | None:
    """Create a deserializer that returns an UnreadableRequest instead of raising what the client would see."""
    if deserialize is None:
        return None

    def read(request: bytes) -> Any:
        try:
            return deserialize(request)
        except Exception:  # noqa: BLE001  whatever a deserializer raises
            return UnreadableRequest()

    return read
