"""Customers who order without a break, for tests of what happens to orders when a part of the stack goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from stack.e2e.stacks import Shop
from stack.probes.readiness import until_ready
from tracetest import Exchange

_WITHIN = 40.0  # seconds for what a test waits for
_NEXT_TRY = 0.05  # seconds until somebody asks again
_PAGE = 100


@dataclass(slots=True)
class Customers:
    """What a user's customers have been told so far.

    Args:
        shop: Where they order.
        user_id: For whom.
        acknowledged: By idempotency key, the exchange in which the order was acknowledged, in that order.
        refused: The answers that acknowledged nothing.
        unanswered: How many requests got no answer.
    """

    shop: Shop
    user_id: str
    acknowledged: dict[str, Exchange] = field(default_factory=dict)
    refused: list[httpx.Response] = field(default_factory=list)
    unanswered: int = 0
    _leaving: bool = False
    _told: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def order_ids(self) -> set[str]:
        """The orders that were acknowledged."""
        return {str(exchange.response.json()["order_id"]) for exchange in self.acknowledged.values()}

    async def placed(self, more: int) -> None:
        """Wait until so many more orders have been acknowledged."""
        wanted = len(self.acknowledged) + more
        await self._until(lambda: len(self.acknowledged) >= wanted, f"{more} more orders")

    async def met_refusals(self, more: int) -> None:
        """Wait until so many more requests have been refused."""
        wanted = len(self.refused) + more
        await self._until(lambda: len(self.refused) >= wanted, f"{more} more refusals")

    async def listed(self) -> list[str]:
        """Give the ids of the user's orders as the API lists them."""
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (
                await self.shop.api.get("/v1/orders", params={"user_id": self.user_id, "limit": str(_PAGE), **cursor})
            ).answer()
            ids += [order["order_id"] for order in page["items"]]
            if page["next_cursor"] is None:
                return ids
            cursor = {"cursor": page["next_cursor"]}

    async def order_until_closing(self) -> None:
        """Place one order after the other, each under a key of its own and asked for until it is acknowledged."""
        while not self._leaving:
            key = uuid4().hex
            while key not in self.acknowledged:
                await self._ask(key)

    async def _ask(self, key: str) -> None:
        try:
            exchange = await self.shop.order(self.user_id, key=key)
        except httpx.TransportError:
            self.unanswered += 1
            await asyncio.sleep(_NEXT_TRY)
            return
        async with self._told:
            if exchange.response.is_success:
                self.acknowledged[key] = exchange
            else:
                self.refused.append(exchange.response)
            self._told.notify_all()

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(_WITHIN), self._told:
                await self._told.wait_for(condition)
        except TimeoutError:
            refusals = [f"{answer.status_code} {answer.text}" for answer in self.refused[-3:]]
            said = "\n  ".join(
                [f"{len(self.acknowledged)} orders acknowledged, {len(self.refused)} refused", *refusals]
            )
            raise AssertionError(f"no {what} within {_WITHIN:g} s: {said}") from None

    def leave(self) -> None:
        """Let them finish what they are about, and go."""
        self._leaving = True


@asynccontextmanager
async def ordering(shop: Shop, customers: int = 3) -> AsyncIterator[Customers]:
    """Let customers order while the block runs; at its end each gets the order that it is about, and all is ready."""
    crowd = Customers(shop, await shop.user())
    async with asyncio.timeout(None) as ending, asyncio.TaskGroup() as group:
        for _ in range(customers):
            group.create_task(crowd.order_until_closing())
        try:
            yield crowd
        finally:
            crowd.leave()
            ending.reschedule(asyncio.get_running_loop().time() + _WITHIN)
    await until_ready(shop.api.http)
