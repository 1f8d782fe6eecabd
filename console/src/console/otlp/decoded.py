"""What became of a request when it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

MAX_ITEM_BYTES = 1 << 20

Item = TypeVar("Item")


class MalformedRequestError(ValueError):
    """The body is no request of its signal; the message says why."""


class RefusedItemError(ValueError):
    """One span, log record or metric cannot be taken; the message says why."""


@dataclass(slots=True)
class Decoded(Generic[Item]):
    """What a request holds: the items that can be taken, and how many were refused with the first reason.

    An item is a span, a log record or a metric.
    """

    items: list[Item] = field(default_factory=list)
    refused: int = 0
    reason: str = ""

    def refuse(self, reason: str) -> None:
        """Count one item that cannot be taken."""
        self.refused += 1
        self.reason = self.reason or reason


def weigh(what: str, data: bytes, error: type[ValueError]) -> None:
    """Raise the error when one part of a request is larger than any honest one."""
    if len(data) > MAX_ITEM_BYTES:
        raise error(f"{what} of {len(data)} bytes: at most {MAX_ITEM_BYTES} are taken")
