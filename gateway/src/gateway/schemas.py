"""The JSON of the interface: what is taken, strictly, and what is given."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from gateway import domain

INT64_MAX = 2**63 - 1
VISIBLE_ASCII = r"^[\x21-\x7e]+$"
_UUID_EXAMPLE = "3f1c1a52-6f3b-4c7e-9b61-0d7a3a1d1f10"
_TIME_EXAMPLE = "2026-01-31T12:00:00Z"


class _Matches:
    """Checks a text, and says in words what is expected of it."""

    def __init__(self, pattern: str, expected: str) -> None:
        self._pattern = re.compile(pattern)
        self._expected = expected

    def __call__(self, text: str) -> str:
        """Give the text back."""
        if self._pattern.fullmatch(text) is None:
            raise PydanticCustomError("text", "Input should be {expected}", {"expected": self._expected})
        return text


Id = Annotated[
    str,
    AfterValidator(
        _Matches(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", f"a UUID in lower case, such as {_UUID_EXAMPLE}")
    ),
    WithJsonSchema({"type": "string", "format": "uuid", "examples": [_UUID_EXAMPLE]}),
]
Email = Annotated[
    str,
    Field(max_length=254, examples=["ada@example.com"]),
    AfterValidator(_Matches(r"[^\s\x00-\x1f\x7f@]+@[^\s\x00-\x1f\x7f@]+", "an address such as ada@example.com")),
]
Name = Annotated[
    str,
    Field(max_length=200, examples=["Ada Lovelace"]),
    AfterValidator(_Matches(r"[^\x00-\x1f\x7f]+", "a text without control characters")),
]
Sku = Annotated[
    str,
    Field(max_length=64, examples=["TEAPOT-1"]),
    AfterValidator(_Matches(r"[\x21-\x7e]+", "visible ASCII characters")),
]
Currency = Annotated[
    str,
    Field(examples=["EUR"]),
    AfterValidator(_Matches(r"[A-Z]{3}", "three upper-case letters")),
]
Amount = Annotated[int, Field(ge=0, le=INT64_MAX, examples=[1999], description="In the currency's minor unit.")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Output(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class NewUser(_Input):
    """A user to be."""

    email: Email
    name: Name


class Price(_Input):
    """What one piece costs: 1999 EUR is 19.99 euros."""

    amount_minor: Amount
    currency: Currency


class NewOrderItem(_Input):
    """One line of an order to be."""

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=1000, examples=[2])]
    unit_price: Price

    def to_domain(self) -> domain.OrderItem:
        """Give it as a domain value."""
        price = domain.Money(self.unit_price.amount_minor, self.unit_price.currency)
        return domain.OrderItem(self.sku, self.quantity, price)


class NewOrder(_Input):
    """An order to be: 1 to 100 items, all in one currency."""

    user_id: Id
    items: Annotated[list[NewOrderItem], Field(min_length=1, max_length=100)]


class User(_Output):
    """A user of the tenant."""

    user_id: Id
    email: str = Field(examples=["ada@example.com"])
    name: str = Field(examples=["Ada Lovelace"])
    create_time: datetime = Field(examples=[_TIME_EXAMPLE])


class UserPage(_Output):
    """Users, oldest first."""

    items: list[User]
    next_cursor: str | None = Field(description="Asks for the next page; null on the last.")


class Money(_Output):
    """An amount in the minor unit of its currency."""

    amount_minor: int = Field(examples=[3998])
    currency: str = Field(examples=["EUR"])


class OrderItem(_Output):
    """One line of an order."""

    sku: str = Field(examples=["TEAPOT-1"])
    quantity: int = Field(examples=[2])
    unit_price: Money


class Order(_Output):
    """An order at one of its versions; versions start at 1 and grow by one with each change."""

    order_id: Id
    user_id: Id
    items: list[OrderItem]
    total: Money
    status: domain.OrderStatus
    version: int = Field(examples=[1])
    create_time: datetime = Field(examples=[_TIME_EXAMPLE])
    update_time: datetime = Field(examples=[_TIME_EXAMPLE])


class OrderPage(_Output):
    """Orders, newest first."""

    items: list[Order]
    next_cursor: str | None = Field(description="Asks for the next page; null on the last.")


class Health(_Output):
    """What a health check says when all is well."""

    status: str = Field(examples=["ok"])


class FieldError(BaseModel):
    """What is wrong at one place of the request."""

    location: str = Field(examples=["body"], description="body, path, query or header.")
    pointer: str = Field(examples=["/items/0/quantity"], description="RFC 6901, from the location on.")
    detail: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """A failure (RFC 9457)."""

    type: str = Field(examples=["urn:throughline:problem:not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no such order"])
    instance: str = Field(examples=[f"/v1/orders/{_UUID_EXAMPLE}"])
    trace_id: str | None = Field(default=None, examples=["0af7651916cd43dd8448eb211c80319c"])
    errors: list[FieldError] | None = None
