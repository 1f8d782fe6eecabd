"""The parameters that several routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query

from gateway import schemas

UserId = Annotated[schemas.Id, Path()]
OrderId = Annotated[schemas.Id, Path()]
OfUser = Annotated[schemas.Id | None, Query(description="Only this user's.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Most items of the page.")]
Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=512,
        pattern=schemas.VISIBLE_ASCII,
        description="The next_cursor of the page before; none for the first page.",
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=schemas.VISIBLE_ASCII,
        description="Makes it safe to ask again: the same key and body give the same order.",
    ),
]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9]{1,18}$",
        description="The id of the last event that was seen: the stream goes on after it.",
    ),
]
