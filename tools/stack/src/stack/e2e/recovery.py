"""When an outage is over for those who were there."""

from __future__ import annotations

from uuid import uuid4

from stack.e2e.stacks import ITEM, Shop
from stack.probes.readiness import until_answered, until_ready


async def until_served(shop: Shop) -> None:
    """Wait until no service remembers an outage any more: of its database, or of a service that it calls.

    Raises:
        NotInTimeError: One of them still does; says what it answers.
    """
    nobodys_order = {"user_id": str(uuid4()), "items": [ITEM]}  # the order service asks the user service for nobody
    await until_ready(shop.api.http)
    await until_answered(shop.api.http, {200}, "GET", "/v1/users")
    await until_answered(shop.api.http, {200}, "GET", "/v1/orders")
    await until_answered(shop.api.http, {404}, "POST", "/v1/orders", json=nobodys_order)
