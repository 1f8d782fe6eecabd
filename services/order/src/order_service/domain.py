"""What an order is, and the rules that every order keeps.

The errors, whose messages are fit for the caller:

    Refusal
    ├── InvalidArgument
    ├── OrderNotFound
    ├── UserNotFound
    ├── IdempotencyConflict
    ├── UserServiceUnavailable
    └── UserServiceTimeout
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import NewType
from uuid import UUID

OrderId = NewType("OrderId", UUID)
UserId = NewType("UserId", UUID)

MAX_AMOUNT = 2**63 - 1
MAX_QUANTITY = 1000
MAX_ITEMS = 100

_CURRENCY = re.compile(r"[A-Z]{3}")
_SKU = re.compile(r"[\x21-\x7e]{1,64}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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


class OrderNotFound(Refusal):
    """The tenant has no such order."""

    def __init__(self, order_id: OrderId) -> None:
        super().__init__(f"there is no order {order_id}")


class UserNotFound(Refusal):
    """The tenant has no such user."""

    def __init__(self, user_id: UserId) -> None:
        super().__init__(f"there is no user {user_id}")


class IdempotencyConflict(Refusal):
    """The key has placed an order with other content."""

    def __init__(self) -> None:
        super().__init__("the idempotency key has been used for an order with other content")


class UserServiceUnavailable(Refusal):
    """The user service did not answer."""

    def __init__(self) -> None:
        super().__init__("the user service is not available")


class UserServiceTimeout(Refusal):
    """The user service did not answer in time."""

    def __init__(self) -> None:
        super().__init__("the user service did not answer in time")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, not below zero, in the minor unit of its currency: 1999 EUR is 19.99 euros."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise InvalidArgument("currency", "three upper-case letters (ISO 4217)", self.currency)
        if not 0 <= self.amount_minor <= MAX_AMOUNT:
            raise InvalidArgument("amount_minor", f"0 to {MAX_AMOUNT}", self.amount_minor)


@dataclass(frozen=True, slots=True)
class OrderItem:
    """So many of a thing, at a price each."""

    sku: str
    quantity: int
    unit_price: Money

    def __post_init__(self) -> None:
        if not _SKU.fullmatch(self.sku):
            raise InvalidArgument("sku", "1 to 64 visible ASCII characters", self.sku)
        if not 1 <= self.quantity <= MAX_QUANTITY:
            raise InvalidArgument("quantity", f"1 to {MAX_QUANTITY}", self.quantity)


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What a caller asks for: items for a user, under a key that makes it safe to ask again."""

    user_id: UserId
    items: tuple[OrderItem, ...]
    idempotency_key: str

    def __post_init__(self) -> None:
        if not _IDEMPOTENCY_KEY.fullmatch(self.idempotency_key):
            raise InvalidArgument("idempotency_key", "1 to 255 visible ASCII characters", self.idempotency_key)
        total(self.items)

    def fingerprint(self) -> str:
        """Give a SHA-256, in hexadecimal, that two drafts share when they ask for the same."""
        content = [str(self.user_id), [astuple(each) for each in self.items]]
        return sha256(json.dumps(content).encode()).hexdigest()


class OrderStatus(Enum):
    """Where an order stands."""

    PLACED = "PLACED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the tenant; times are in UTC, and the version grows by one with each change."""

    order_id: OrderId
    user_id: UserId
    items: tuple[OrderItem, ...]
    status: OrderStatus
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def place(cls, draft: OrderDraft, order_id: OrderId, at: datetime) -> Order:
        """Make an order of what was asked for."""
        return cls(order_id, draft.user_id, draft.items, OrderStatus.PLACED, 1, at, at)

    @property
    def total(self) -> Money:
        """What all items cost together."""
        return total(self.items)

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status is OrderStatus.CANCELLED

    def history(self, after_version: int) -> Iterator[Order]:
        """Give the order as it was at each version after the given one: 1 is placed, 2 is cancelled."""
        if after_version < 1 < self.version:
            yield replace(self, status=OrderStatus.PLACED, version=1, updated_at=self.created_at)
        if after_version < self.version:
            yield self


@dataclass(frozen=True, slots=True)
class Placement:
    """An order, and whether this call placed it; an earlier call with the same key did otherwise."""

    order: Order
    created: bool


def total(items: Sequence[OrderItem]) -> Money:
    """Add up 1 to 100 items of one currency; raise InvalidArgument for any other number, currencies or too much."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidArgument("items", f"1 to {MAX_ITEMS} of them", len(items))
    currencies = sorted({each.unit_price.currency for each in items})
    if len(currencies) > 1:
        raise InvalidArgument("items", "prices in one currency", currencies)
    amount = sum(each.quantity * each.unit_price.amount_minor for each in items)
    if amount > MAX_AMOUNT:
        raise InvalidArgument("total", f"at most {MAX_AMOUNT}", amount)
    return Money(amount, currencies[0])


def parse_order_id(text: str) -> OrderId:
    """Read an order's id; raise InvalidArgument."""
    return OrderId(parse_uuid("order_id", text))


def parse_user_id(text: str) -> UserId:
    """Read a user's id; raise InvalidArgument."""
    return UserId(parse_uuid("user_id", text))


def parse_uuid(field: str, text: str) -> UUID:
    """Read a UUID in its canonical form, and no other form; raise InvalidArgument."""
    if not _UUID.fullmatch(text):
        raise InvalidArgument(field, "a UUID in its canonical lower-case form", text)
    return UUID(text)


def parse_after_version(version: int) -> int:
    """Check the version that a watcher has seen; raise InvalidArgument."""
    if version < 0:
        raise InvalidArgument("after_version", "0, or the last version that was seen", version)
    return version


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
