"""What the order service keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
