"""The cases: each failure of the catalogue, met by one tenant or in one cell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from console.why import Answer, Windows, compare, held
from console.why.seen import Operation
from faults.catalogue import Catalogue, Fault
from faults.flags import Audience
from stack.judged_why.cells import Cells
from stack.judged_why.traffic import TENANTS, Traffic

REQUESTS_BEFORE, REQUESTS = 480, 240

Part = Literal["tenant", "instance"]


@dataclass(frozen=True, slots=True)
class Case:
    """A failure, and the part of the traffic that meets it: one tenant of four, or one cell of two."""

    fault: Fault
    part: Part


@dataclass(frozen=True, slots=True)
class Judged:
    """What was answered in a case, and whether that is what the catalogue says."""

    case: Case
    answer: Answer
    met: str

    @property
    def first(self) -> Operation | None:
        """What was named first."""
        return self.answer.findings[0].change.what.operation if self.answer.findings else None

    @property
    def is_named_first(self) -> bool:
        """Whether that is the span in which the failure begins, as the catalogue has it."""
        cause = self.case.fault.root_cause
        return cause is not None and self.first == (cause.service, cause.name, cause.kind.lower())

    @property
    def names_part(self) -> bool:
        """Whether it is said, too, who meets it."""
        told = (value for finding in self.answer.findings[:1] for met in finding.met[:1] for value in met.values)
        return any((value.dimension, value.text) == (self.case.part, self.met) for value in told)


def why_not(fault: Fault, part: Part) -> str:
    """Say why a failure is no case; empty for one that is."""
    if fault.trace is None:
        return "no trace arrives: there is nothing to compare"
    if fault.root_cause is None:
        return "no span is at fault: the catalogue names no cause"
    if part == "instance" and fault.inject is None and fault.stops is None:
        return "it is its caller's, wherever it is served"
    if part == "tenant" and fault.inject is None and fault.stops is not None:
        return "what is down is down for every tenant"
    return ""


def cases(catalogue: Catalogue) -> Iterator[Case]:
    """Give all cases; those that leave a cell broken come last."""
    parts: tuple[Part, ...] = ("tenant", "instance")
    for breaks in (False, True):
        for fault in catalogue:
            for part in parts:
                if not why_not(fault, part) and breaks == _breaks(fault):
                    yield Case(fault, part)


def _breaks(fault: Fault) -> bool:
    return fault.inject is None and fault.stops is not None


async def judge(case: Case, cells: Cells, traffic: Traffic) -> Judged:
    """Let the traffic meet a failure, and ask what changed."""
    fault, cell = case.fault, cells.stacks[1]
    met, audience = TENANTS[0], Audience(tenant=TENANTS[0])
    if case.part == "instance":
        service = fault.inject.service if fault.inject is not None else "order"
        met = cell.instance(service)
        audience = Audience(instance=met)
    begin = time.time_ns()
    await traffic.send(REQUESTS_BEFORE)
    await cells.settled()
    change = time.time_ns()
    if fault.inject is not None:
        cells.flags.switch({fault.id: audience})
    elif fault.stops == "user":
        cell.kill_user()
    await traffic.send(REQUESTS, fault if fault.caller is not None else None)
    await cells.settled()
    cells.flags.clear()
    return Judged(case, _answer(cells, begin, change), met)


async def unchanged(cells: Cells, traffic: Traffic) -> Answer:
    """Let nothing happen, and ask what changed."""
    begin = time.time_ns()
    await traffic.send(REQUESTS_BEFORE)
    await cells.settled()
    change = time.time_ns()
    await traffic.send(REQUESTS)
    await cells.settled()
    return _answer(cells, begin, change)


def _answer(cells: Cells, begin: int, change: int) -> Answer:
    compared = held(cells.spans.store, Windows(begin, change, time.time_ns()))
    return compare(compared.before, compared.after)
