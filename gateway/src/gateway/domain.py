"""What the edge speaks of, and what can go wrong. The standard library alone.

GatewayError
├── InvalidInput
├── Unauthenticated
├── Forbidden
├── NotFound
├── Conflict
└── ServiceError
    ├── ServiceUnavailable
    │   └── KeysUnavailable
    ├── ServiceTimeout
    ├── ServiceOverloaded
    └── ServiceFailed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the minor unit of its currency: 1999 EUR is 19.99 euros.

    Attributes:
        amount_minor: Whole minor units, within 64 bits.
        currency: ISO 4217, three upper-case letters.
    """

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class User:
    """A user of a tenant."""

    user_id: str
    email: str
    name: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order; the price is that of one piece."""

    sku: str
    quantity: int
    unit_price: Money


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    PLACED = "placed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was at a version; versions start at 1 and grow by one with each change."""

    order_id: str
    user_id: str
    items: Sequence[OrderItem]
    total: Money
    status: OrderStatus
    version: int
    create_time: datetime
    update_time: datetime

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status is OrderStatus.CANCELLED


@dataclass(frozen=True, slots=True)
class Placement:
    """The answer to an order: the order, and whether this very request has placed it."""

    order: Order
    created: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `next_cursor` asks for the next one and is None on the last."""

    items: Sequence[T]
    next_cursor: str | None


class GatewayError(Exception):
    """The request cannot be served. The text is for the caller: it says nothing of what is inside."""


class InvalidInput(GatewayError):  # noqa: N818  these are named as the domain says them
    """The request asks for something that cannot be."""


class Unauthenticated(GatewayError):  # noqa: N818
    """Nobody knows who asks.

    Attributes:
        token_given: There was a token, and it is not good.
    """

    def __init__(self, detail: str, *, token_given: bool = True) -> None:
        super().__init__(detail)
        self.token_given = token_given


class Forbidden(GatewayError):  # noqa: N818
    """The caller is known and may not do this."""


class NotFound(GatewayError):  # noqa: N818
    """The tenant has no such thing."""


class Conflict(GatewayError):  # noqa: N818
    """The request does not fit what is already there."""


class ServiceError(GatewayError):
    """A service behind the edge did not do its part.

    Args:
        service: As the caller may know it, such as "order".
    """

    reason = "failed"

    def __init__(self, service: str) -> None:
        super().__init__(f"the {service} service {self.reason}")


class ServiceUnavailable(ServiceError):  # noqa: N818
    """It cannot be reached, or is about to stop."""

    reason = "or something that it needs is not available"


class KeysUnavailable(ServiceUnavailable):
    """The keys that tokens are verified with cannot be had."""

    def __init__(self) -> None:
        GatewayError.__init__(self, "the keys that tokens are verified with are not available")


class ServiceTimeout(ServiceError):  # noqa: N818
    """It did not answer in time; what was asked of it may be done or not."""

    reason = "did not answer in time"


class ServiceOverloaded(ServiceError):  # noqa: N818
    """It refused, for now."""

    reason = "has too much to do"


class ServiceFailed(ServiceError):  # noqa: N818
    """It failed, or answered with something that makes no sense."""
