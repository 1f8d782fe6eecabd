"""Runs scenarios one after the other, and remembers what came of them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from console.scenarios.load import Load, LoadBounds, LoadError
from console.scenarios.shop import Answered, Shop
from faults.catalogue import Catalogue, Fault, load
from faults.flags import Audience, FlagFile
from faults.scenario import ScenarioError

TENANT, LOAD_TENANT = "acme", "load"

_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Result:
    """A request that was sent: what it was, when (nanoseconds since the epoch), its answer, and the expected status."""

    title: str
    time: int
    answered: Answered
    expected: int | None

    @property
    def is_expected(self) -> bool:
        """Whether the answer is what the scenario is for."""
        return self.answered.status == self.expected


class Runner:
    """What the page of scenarios does; a context manager that leaves no load running.

    Args:
        shop: the gateway.
        flags: switches the faults of the services; None where they have none.
        bounds: of a load.
    """

    def __init__(self, shop: Shop, flags: FlagFile | None = None, bounds: LoadBounds | None = None) -> None:
        self._shop = shop
        self._flags = flags
        self.bounds = bounds or LoadBounds()
        self.results: deque[Result] = deque(maxlen=_REMEMBERED)
        self.load: Load | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the load."""
        await self.stop_load()

    @property
    def catalogue(self) -> list[Fault]:
        """The failures that can be met here: none where the services have no faults."""
        return [fault for fault in _all() if fault.inject or fault.caller] if self._flags else []

    async def place_order(self) -> None:
        """Place one order."""
        await self._remember("Place an order", 201, self._shop.order(TENANT))

    async def meet(self, fault_id: str) -> None:
        """Send the request of a failure while the services have it.

        Raises:
            faults.catalogue.CatalogueError: there is no such failure.
        """
        fault = _all().get(fault_id)
        expected = fault.answer.status if fault.answer else None
        async with self._one_at_a_time:
            await self._remember(fault.title, expected, self._meet(fault))

    def start_load(self, rate: int, seconds: int) -> None:
        """Begin a load of orders.

        Raises:
            LoadError: it is too much, or one is running.
        """
        self.bounds.check(rate, seconds)
        if self.load is not None and self.load.runs:
            raise LoadError("a load is running: stop it first")
        self.load = Load(self._loaded, rate, seconds)
        self.load.start()

    async def stop_load(self) -> None:
        """End the load, if one runs."""
        if self.load is not None:
            await self.load.stop()

    async def _meet(self, fault: Fault) -> Answered:
        prepared = await self._shop.scenario(TENANT).prepare(fault)
        async with self._having(fault):
            return await self._shop.send(prepared)

    @asynccontextmanager
    async def _having(self, fault: Fault) -> AsyncIterator[None]:
        """Switch the fault on for the tenant of the scenarios, and off again."""
        if self._flags is None or fault.inject is None:
            yield
            return
        await asyncio.to_thread(self._flags.switch, {fault.id: Audience(tenant=TENANT)})
        try:
            yield
        finally:
            await asyncio.to_thread(self._flags.clear)

    async def _loaded(self) -> Answered:
        return await _answered(self._shop.order(LOAD_TENANT))

    async def _remember(self, title: str, expected: int | None, sending: Coroutine[None, None, Answered]) -> None:
        began = time.time_ns()
        self.results.appendleft(Result(title, began, await _answered(sending), expected))


async def _answered(sending: Coroutine[None, None, Answered]) -> Answered:
    """Wait for an answer; what could not even be prepared was not answered."""
    try:
        return await sending
    except (httpx.HTTPError, ScenarioError) as error:
        return Answered(None, str(error) or type(error).__name__, "", 0.0)


def _all() -> Catalogue:
    return load()
