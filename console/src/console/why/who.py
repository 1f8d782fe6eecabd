"""Whom a change meets: the values that are over-represented among the traces that have it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.why.chance import ALPHA, corrected, more_often
from console.why.change import Change, Share
from console.why.dimensions import DIMENSIONS, Value
from console.why.seen import Seen

_FACTOR = 1.5  # how much more often than elsewhere
_MOST_GROUPS, _MOST_VALUES = 2, 3
_PLACE = {dimension: place for place, dimension in enumerate(DIMENSIONS)}


@dataclass(frozen=True, slots=True)
class Met:
    """Values that the same traces have, and how many of those are affected.

    Attributes:
        values: the most telling first.
        inside: of the traces with them.
        elsewhere: of the traces without them, in which it could have been as well.
        chance: the probability of that, had it met all alike; corrected.
    """

    values: tuple[Value, ...]
    inside: Share
    elsewhere: Share
    chance: float

    @property
    def strength(self) -> float:
        """How well the values tell the affected traces from the others: the coefficient phi, 1 at best."""
        a, b = self.inside.hits, self.elsewhere.hits
        c, d = self.inside.of - a, self.elsewhere.of - b
        return (a * d - b * c) / math.sqrt(max(1, (a + b) * (c + d) * (a + c) * (b + d)))


def met_by(changes: Sequence[Change], after: Mapping[str, Seen]) -> list[list[Met]]:
    """Give for each change whom it meets, at most two groups each; none where it meets all alike."""
    groups = [_groups(change, after) for change in changes]
    chances = iter(corrected([met.chance for group in groups for met in group]))
    told = [[(met, next(chances)) for met in group] for group in groups]
    return [
        sorted(
            (
                Met(met.values, met.inside, met.elsewhere, chance)
                for met, chance in group
                if chance <= ALPHA and met.inside.ratio >= _FACTOR * met.elsewhere.ratio
            ),
            key=lambda met: -met.strength,
        )[:_MOST_GROUPS]
        for group in told
    ]


def _groups(change: Change, after: Mapping[str, Seen]) -> list[Met]:
    having: defaultdict[Value, set[str]] = defaultdict(set)
    for trace_id in change.possible:
        for value in after[trace_id].values:
            having[value].add(trace_id)
    alike: defaultdict[frozenset[str], list[Value]] = defaultdict(list)
    for value, traces in having.items():
        if traces & change.affected and len(traces) < len(change.possible):
            alike[frozenset(traces)].append(value)
    return [_met(change, traces, values) for traces, values in alike.items()]


def _met(change: Change, traces: frozenset[str], values: list[Value]) -> Met:
    ordered = sorted(
        values, key=lambda value: (_PLACE[value.dimension], value.service != change.what.operation.service)
    )
    inside = Share(len(traces & change.affected), len(traces))
    elsewhere = Share(len(change.affected) - inside.hits, len(change.possible) - inside.of)
    chance = more_often(inside.hits, inside.of, elsewhere.hits, elsewhere.of)
    return Met(tuple(ordered[:_MOST_VALUES]), inside, elsewhere, chance)
