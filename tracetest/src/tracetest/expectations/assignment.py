"""Finds places for what is expected among what was seen, so that it costs as little as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tracetest.expectations.patterns import SpanPattern

Cost = Callable[["Slot", int], "int | None"]
Placed = tuple["Slot | None", "int | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A place for one span.

    Attributes:
        pattern: What must come here.
        optional: Nothing need come here.
        group: A number that slots share which may come in any order; they stand side by side.
    """

    pattern: SpanPattern
    optional: bool = False
    group: int | None = None


def laid(
    slots: Sequence[Slot], seen: int, cost: Cost, missing: Callable[[Slot], int], too_much: Callable[[int], int]
) -> list[Placed]:
    """Lay slots over as many spans as were seen, both in their order, at the least cost.

    Args:
        slots: What is expected.
        seen: How many spans there are.
        cost: Of a span in a slot; None: it does not belong there at all.
        missing: What it costs when nothing comes into a slot.
        too_much: What it costs when a span comes into no slot.

    Returns:
        Slots with the numbers of their spans; None beside a slot that is empty, or a span that is too much.
    """
    rows, columns = len(slots), seen
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            ways = []
            if i < rows:
                ways.append(missing(slots[i]) + best[i + 1][j])
            if j < columns:
                ways.append(too_much(j) + best[i][j + 1])
            if i < rows and j < columns and (paired := cost(slots[i], j)) is not None:
                ways.append(paired + best[i + 1][j + 1])
            best[i][j] = min(ways, default=0)
    return list(_traced(slots, columns, best, cost, missing))


def _traced(
    slots: Sequence[Slot], columns: int, best: Sequence[Sequence[int]], cost: Cost, missing: Callable[[Slot], int]
) -> list[Placed]:
    i = j = 0
    placed: list[Placed] = []
    while i < len(slots) or j < columns:
        paired = cost(slots[i], j) if i < len(slots) and j < columns else None
        if paired is not None and best[i][j] == paired + best[i + 1][j + 1]:
            placed.append((slots[i], j))
            i, j = i + 1, j + 1
        elif i < len(slots) and best[i][j] == missing(slots[i]) + best[i + 1][j]:
            placed.append((slots[i], None))
            i += 1
        else:
            placed.append((None, j))
            j += 1
    return placed


def in_order_seen(slots: Sequence[Slot], seen: int, cost: Cost) -> list[Slot]:
    """Give the slots with those of each group in the order in which their spans were seen; those without one last."""
    ordered: list[Slot] = []
    at = 0
    while at < len(slots):
        end = at + 1
        while end < len(slots) and slots[at].group is not None and slots[end].group == slots[at].group:
            end += 1
        group = slots[at:end]
        ordered += _sorted_as_seen(group, seen, cost) if len(group) > 1 else group
        at = end
    return ordered


def _sorted_as_seen(group: Sequence[Slot], seen: int, cost: Cost) -> list[Slot]:
    found = [
        (n, at, each) for n, slot in enumerate(group) for at in range(seen) if (each := cost(slot, at)) is not None
    ]
    fitting = {n: [at for other, at, each in found if other == n and each == 0] for n in range(len(group))}
    place: dict[int, int] = {}
    for n in sorted(fitting, key=lambda n: group[n].optional):
        _augment(n, fitting, place, set())
    for n, at, _cost in sorted(found, key=lambda each: each[2]):  # what is left goes with its nearest miss
        if n not in place.values():
            place.setdefault(at, n)
    at_of = {n: at for at, n in place.items()}
    return [group[n] for n in sorted(range(len(group)), key=lambda n: at_of.get(n, seen))]


def _augment(n: int, fitting: Mapping[int, list[int]], place: dict[int, int], tried: set[int]) -> bool:
    """Find a place for a slot; one that has taken it moves to another that fits as well."""
    for at in fitting[n]:
        if at not in tried:
            tried.add(at)
            if at not in place or _augment(place[at], fitting, place, tried):
                place[at] = n
                return True
    return False
