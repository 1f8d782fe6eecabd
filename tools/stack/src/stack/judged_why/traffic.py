"""What customers ask for: the requests of the catalogue, of several tenants, in both cells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from random import Random

import httpx

from faults.catalogue import Fault, load
from faults.scenario import Scenario
from stack.in_process import InProcessStack
from stack.judged_why.cells import Cells

TENANTS = ("acme", "globex", "initech", "umbrella")

_AT_ONCE = 4
_REQUEST_WITHIN = 30.0


def kinds() -> tuple[Fault, ...]:
    """Give a failure for each request that is in the catalogue: what a well-behaved caller sends is the traffic."""
    return tuple({_asks_for(fault): fault for fault in reversed(tuple(load()))}.values())


@dataclass(slots=True)
class Customer:
    """A tenant's in one cell, with what was made for the requests."""

    tenant: str
    http: httpx.AsyncClient
    scenario: Scenario
    made: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    async def send(self, fault: Fault, *, wrong: bool) -> str:
        """Send the request of a failure, with what its caller does wrong or as he should; give the token's tenant."""
        if fault.given not in self.made:
            self.made[fault.given] = await self.scenario.make(fault)
        prepared = self.scenario.request(fault, self.made[fault.given], wrong=wrong)
        with suppress(httpx.TransportError):  # it is the traces that tell of it
            await self.http.request(prepared.method, prepared.path, headers=dict(prepared.headers), json=prepared.json)
        return prepared.tenant


class Traffic:
    """Requests of all kinds, tenants and cells, as many of each.

    Args:
        customers: who sends them.
        seed: of the order in which they come.
    """

    def __init__(self, customers: list[Customer], seed: int) -> None:
        self._customers = customers
        self._random = Random(seed)  # noqa: S311  nothing is to be kept secret

    async def prepare(self) -> None:
        """Let each send each kind once, so that all that requests need has been made."""
        for customer in self._customers:
            for kind in kinds():
                await customer.send(kind, wrong=False)

    async def send(self, number: int, wrong: Fault | None = None) -> frozenset[str]:
        """Send so many requests.

        Args:
            number: how many.
            wrong: what the callers of the first tenant do wrong; None: nothing.

        Returns:
            The tenants whose tokens came with what was wrong.
        """
        waiting = iter(self._plan(number))
        met = set()

        async def work() -> None:
            for customer, kind in waiting:
                if wrong is not None and customer.tenant == TENANTS[0] and _asks_for(wrong) == _asks_for(kind):
                    met.add(await customer.send(wrong, wrong=True))
                else:
                    await customer.send(kind, wrong=False)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
        return frozenset(met)

    def _plan(self, number: int) -> list[tuple[Customer, Fault]]:
        every = cycle([(customer, kind) for customer in self._customers for kind in kinds()])
        plan = [next(every) for _ in range(number)]
        self._random.shuffle(plan)
        return plan


@asynccontextmanager
async def traffic(cells: Cells, seed: int) -> AsyncIterator[Traffic]:
    """Give traffic whose connections are closed at the end of the block."""
    async with AsyncExitStack() as stack:
        customers = [await _customer(stack, cell, tenant) for cell in cells.stacks for tenant in TENANTS]
        yield Traffic(customers, seed)


async def _customer(stack: AsyncExitStack, cell: InProcessStack, tenant: str) -> Customer:
    http = httpx.AsyncClient(base_url=cell.gateway_url, timeout=_REQUEST_WITHIN, trust_env=False)
    await stack.enter_async_context(http)
    return Customer(tenant, http, Scenario(http, cell.token, tenant))


def _asks_for(fault: Fault) -> tuple[str, str]:
    return fault.request.method, fault.request.path
