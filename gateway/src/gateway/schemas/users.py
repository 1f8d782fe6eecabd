"""The JSON of users."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.schemas.base import TIME_EXAMPLE, Id, Input, Matches, Name, Output

Email = Annotated[
    str,
    Field(max_length=254, examples=["ada@example.com"]),
    AfterValidator(Matches(r"[^\s\x00-\x1f\x7f@]+@[^\s\x00-\x1f\x7f@]+", "an address such as ada@example.com")),
]


class NewUser(Input):
    """A user to be."""

    email: Email
    name: Name


class User(Output):
    """A user of the tenant."""

    user_id: Id
    email: str = Field(examples=["ada@example.com"])
    name: str = Field(examples=["Ada Lovelace"])
    create_time: datetime = Field(examples=[TIME_EXAMPLE])


class UserPage(Output):
    """Users, oldest first."""

    items: list[User]
    next_cursor: str | None = Field(description="Asks for the next page; null on the last.")
