"""The JSON of orders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway import domain
from gateway.schemas.base import TIME_EXAMPLE, Id, Input, Matches, Output

INT64_MAX = 2**63 - 1

Sku = Annotated[
    str,
    Field(max_length=64, examples=["TEAPOT-1"]),
    AfterValidator(Matches(r"[\x21-\x7e]+", "visible ASCII characters")),
]
Currency = Annotated[
    str,
    Field(examples=["EUR"]),
    AfterValidator(Matches(r"[A-Z]{3}", "three upper-case letters")),
]
Amount = Annotated[int, Field(ge=0, le=INT64_MAX, examples=[1999], description="In the currency's minor unit.")]


class Price(Input):
    """What one piece costs: 1999 EUR is 19.99 euros."""

    amount_minor: Amount
    currency: Currency


class NewOrderItem(Input):
    """One line of an order to be."""

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=1000, examples=[2])]
    unit_price: Price

    def to_domain(self) -> domain.OrderItem:
        """Give it as a domain value."""
        price = domain.Money(self.unit_price.amount_minor, self.unit_price.currency)
        return domain.OrderItem(self.sku, self.quantity, price)


class NewOrder(Input):
    """An order to be: 1 to 100 items, all in one currency."""

    user_id: Id
    items: Annotated[list[NewOrderItem], Field(min_length=1, max_length=100)]


class Money(Output):
    """An amount in the minor unit of its currency."""

    amount_minor: int = Field(examples=[3998])
    currency: str = Field(examples=["EUR"])


class OrderItem(Output):
    """One line of an order."""

    sku: str = Field(examples=["TEAPOT-1"])
    quantity: int = Field(examples=[2])
    unit_price: Money


class Order(Output):
    """An order at one of its versions; versions start at 1 and grow by one with each change."""

    order_id: Id
    user_id: Id
    items: list[OrderItem]
    total: Money
    status: domain.OrderStatus
    version: int = Field(examples=[1])
    create_time: datetime = Field(examples=[TIME_EXAMPLE])
    update_time: datetime = Field(examples=[TIME_EXAMPLE])


class OrderPage(Output):
    """Orders, newest first."""

    items: list[Order]
    next_cursor: str | None = Field(description="Asks for the next page; null on the last.")
