"""What a user is, and the rules that every user keeps.

The errors, whose messages are fit for the caller:

    Refusal
    ├── InvalidArgument
    ├── UserNotFound
    └── EmailTaken
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)

MAX_EMAIL = 254
MAX_NAME = 200

# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address, with a dot in the domain.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Control characters, lone surrogates, and the separators of lines and paragraphs.
_NOT_IN_A_NAME = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SHOWN = 40


class Refusal(Exception):  # noqa: N818  what follows is named as the domain says it
    """The service will not do what it is asked; the message is fit for the caller."""


class InvalidArgument(Refusal):
    """A value breaks a rule.

    Args:
        field: Which value.
        expected: The rule.
        given: What was given instead; None for what should not be repeated.
    """

    def __init__(self, field: str, expected: str, given: object = None) -> None:
        shown = "" if given is None else f"={_shorten(repr(given))}"
        super().__init__(f"{field}{shown}: expected {expected}")


class UserNotFound(Refusal):
    """The tenant has no such user."""

    def __init__(self, user_id: UserId) -> None:
        super().__init__(f"there is no user {user_id}")


class EmailTaken(Refusal):
    """Another user of the tenant has the address."""

    def __init__(self) -> None:
        super().__init__("another user has this e-mail address")


@dataclass(frozen=True, slots=True)
class UserDraft:
    """What a caller says of a user to be: an address in lower case and a name without spaces around it."""

    email: str
    name: str

    @classmethod
    def parse(cls, email: str, name: str) -> UserDraft:
        """Check what a caller said; raise InvalidArgument."""
        return cls(parse_email(email), parse_name(name))


@dataclass(frozen=True, slots=True)
class User:
    """A user of the tenant; the time is in UTC."""

    user_id: UserId
    email: str
    name: str
    created_at: datetime

    @classmethod
    def create(cls, draft: UserDraft, user_id: UserId, at: datetime) -> User:
        """Make a user of what was asked for."""
        return cls(user_id, draft.email, draft.name, at)


def parse_user_id(text: str) -> UserId:
    """Read a user's id; raise InvalidArgument."""
    return UserId(parse_uuid("user_id", text))


def parse_uuid(field: str, text: str) -> UUID:
    """Read a UUID in its canonical form, and no other form; raise InvalidArgument."""
    if not _UUID.fullmatch(text):
        raise InvalidArgument(field, "a UUID in its canonical lower-case form", text)
    return UUID(text)


def parse_email(text: str) -> str:
    """Give the address in lower case, so that one mailbox is one user; raise InvalidArgument, without the address."""
    email = text.strip().lower()
    if len(email) > MAX_EMAIL or not _EMAIL.fullmatch(email):
        raise InvalidArgument("email", f"an address such as ada@example.com, at most {MAX_EMAIL} characters long")
    return email


def parse_name(text: str) -> str:
    """Give the name in Unicode's composed form without white space around it; raise InvalidArgument."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= MAX_NAME or any(unicodedata.category(each) in _NOT_IN_A_NAME for each in name):
        raise InvalidArgument("name", f"1 to {MAX_NAME} characters, none of them a control character")
    return name


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
