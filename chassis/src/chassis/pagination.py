"""Keyset pagination: a page starts after the last row of the previous page, whatever is inserted meanwhile."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

Row = TypeVar("Row")

DEFAULT_SIZE = 20
MAX_SIZE = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds since the epoch, then the UUID: 24 bytes, which base64 writes without padding.
_KEY = struct.Struct(">q16s")
_NOT_A_TOKEN = "page_token: expected the next_page_token of the page before, or nothing for the first page"  # noqa: S105  a message


class InvalidPage(Exception):  # noqa: N818  named as `telemetry.MissingTenant` is
    """The page request is invalid; the message is for the caller."""


@dataclass(frozen=True, slots=True)
class Position:
    """The key of a row in a list that is sorted by time, then by id."""

    at: datetime
    row_id: UUID

    def to_token(self) -> str:
        """Return the position as an opaque token."""
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(_KEY.pack(micros, self.row_id.bytes)).decode()

    @classmethod
    def from_token(cls, token: str) -> Position:
        """Parse a token of `to_token`; raise InvalidPage for any other text."""
        try:
            micros, row_id = _KEY.unpack(urlsafe_b64decode(token.encode("ascii")))
            position = cls(_EPOCH + timedelta(microseconds=micros), UUID(bytes=row_id))
        except (ValueError, OverflowError, struct.error):
            raise InvalidPage(_NOT_A_TOKEN) from None
        if position.to_token() != token:
            raise InvalidPage(_NOT_A_TOKEN)
        return position


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page: the number of rows, and the position before it; None starts at the beginning."""

    size: int = DEFAULT_SIZE
    after: Position | None = None

    @classmethod
    def parse(cls, page_size: int, page_token: str) -> PageRequest:
        """Validate a caller's request; raise InvalidPage."""
        if not 0 <= page_size <= MAX_SIZE:
            raise InvalidPage(f"page_size={page_size}: expected 1 to {MAX_SIZE}, or 0 for {DEFAULT_SIZE}")
        return cls(page_size or DEFAULT_SIZE, Position.from_token(page_token) if page_token else None)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, and the token of the next page; the last page's token is empty."""

    rows: tuple[Row, ...]
    next_token: str = ""

    @classmethod
    def cut(cls, rows: Sequence[Row], size: int, position: Callable[[Row], Position]) -> Page[Row]:
        """Create a page of `size` rows from up to one row more."""
        if len(rows) <= size:
            return cls(tuple(rows))
        return cls(tuple(rows[:size]), position(rows[size - 1]).to_token())
