"""The cases: each failure of the catalogue, met by one tenant or in one cell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from console.store import TraceStore
from console.why import Answer, Windows, compare, held
from console.why.seen import Operation
from faults.catalogue import Catalogue, Fault
from faults.flags import Audience
from stack.judged_why.cells import Cells
from stack.judged_why.traffic import TENANTS, Traffic

REQUESTS_BEFORE, REQUESTS = 480, 240

Part = Literal["tenant", "instance"]
PARTS: tuple[Part, ...] = ("tenant", "instance")


@dataclass(frozen=True, slots=True)
class Case:
    """A failure, and the part of the traffic that meets it: one tenant of four, or one cell of two."""

    fault: Fault
    part: Part

    def is_cause(self, operation: Operation | None) -> bool:
        """Whether an operation is the span in which the failure begins, as the catalogue has it."""
        cause = self.fault.root_cause
        return cause is not None and operation == (cause.service, cause.name, cause.kind.lower())


@dataclass(frozen=True, slots=True)
class Judged:
    """What was answered in a case, and whether that is what the catalogue says.

    Attributes:
        case: it is.
        answer: what was said.
        met: the tenants, or the instance, that met the failure.
    """

    case: Case
    answer: Answer
    met: frozenset[str]

    @property
    def first(self) -> Operation | None:
        """What was named first."""
        return self.answer.findings[0].change.what.operation if self.answer.findings else None

    @property
    def is_named_first(self) -> bool:
        """Whether that is where the failure begins."""
        return self.case.is_cause(self.first)

    @property
    def names_part(self) -> bool:
        """Whether it is said, too, who meets it."""
        told = (value for finding in self.answer.findings[:1] for met in finding.met[:1] for value in met.values)
        return any(value.dimension == self.case.part and value.text in self.met for value in told)


def why_not(fault: Fault, part: Part) -> str:
    """Say why a failure is no case; empty for one that is."""
    if fault.trace is None:
        return "no trace arrives"
    if fault.root_cause is None:
        return "the catalogue names no cause"
    if part == "instance" and fault.inject is None and fault.stops is None:
        return "the caller causes it, whichever instance serves it"
    if part == "tenant" and fault.inject is None and fault.stops is not None:
        return "a service that is down is down for every tenant"
    return ""


def cases(catalogue: Catalogue) -> Iterator[Case]:
    """Give all cases; those that leave a cell broken come last."""
    for breaks in (False, True):
        for fault in catalogue:
            for part in PARTS:
                if not why_not(fault, part) and breaks == _breaks(fault):
                    yield Case(fault, part)


def _breaks(fault: Fault) -> bool:
    return fault.inject is None and fault.stops is not None


async def judge(case: Case, cells: Cells, traffic: Traffic) -> Judged:
    """Let a part of the traffic meet a failure, and ask what changed."""
    fault, cell = case.fault, cells.stacks[1]
    service = fault.inject.service if fault.inject is not None else "order"
    met = cell.instance(service) if case.part == "instance" else TENANTS[0]
    audience = Audience(instance=met) if case.part == "instance" else Audience(tenant=met)
    windows = _Windows(cells, traffic)
    await windows.before()
    if fault.inject is not None:
        cells.flags.switch({fault.id: audience})
    elif fault.stops == "user":
        cell.kill_user()
    try:
        answer, tenants = await windows.after(fault if fault.caller is not None else None)
    finally:
        cells.flags.clear()
    return Judged(case, answer, tenants or frozenset({met}))


async def unchanged(cells: Cells, traffic: Traffic) -> Answer:
    """Let nothing happen, and ask what changed."""
    windows = _Windows(cells, traffic)
    await windows.before()
    answer, _tenants = await windows.after()
    return answer


class _Windows:
    """The traffic before and after, in a store of its own."""

    def __init__(self, cells: Cells, traffic: Traffic) -> None:
        self._cells = cells
        self._traffic = traffic
        self._begin = self._change = 0
        cells.spans.store = TraceStore()

    async def before(self) -> None:
        self._begin = time.time_ns()
        await self._traffic.send(REQUESTS_BEFORE)
        await self._cells.settled()

    async def after(self, wrong: Fault | None = None) -> tuple[Answer, frozenset[str]]:
        self._change = time.time_ns()
        tenants = await self._traffic.send(REQUESTS, wrong)
        await self._cells.settled()
        compared = held(self._cells.spans.store, Windows(self._begin, self._change, time.time_ns()))
        return compare(compared.before, compared.after), tenants
