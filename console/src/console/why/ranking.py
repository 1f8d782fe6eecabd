"""Which changes are told, and in what order: causes, each with what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from console.why.chance import ALPHA, corrected, more_often
from console.why.change import Change, Kind, What

_FEWEST_HITS = 3
_FACTOR = 1.5  # how much more often it must be than before
_SAME_TRACES = 0.5
_PRECEDENCE = {kind: place for place, kind in enumerate(Kind)}


@dataclass(slots=True)
class Cause:
    """A change with those that are of the same traces and follow from it; `change.chance` is corrected."""

    change: Change
    follows: list[Change] = field(default_factory=list)


def causes(changes: Iterable[Change]) -> list[Cause]:
    """Give the changes that chance does not explain, those first that more traces have."""
    found: list[Cause] = []
    for change in sorted(
        _strongest(_told(list(changes))), key=lambda each: (_PRECEDENCE[each.what.kind], -_weight(each))
    ):
        cause = next((each for each in found if _is_of(change, each.change)), None)
        if cause is None:
            found.append(Cause(change))
        else:
            cause.follows.append(change)
    return sorted(found, key=lambda cause: (cause.change.what.kind is Kind.ALL_SLOWER, -_severity(cause.change)))


def _told(changes: Sequence[Change]) -> list[Change]:
    """Keep those that are neither chance nor trifles.

    What is so in so few traces that even all of them now would be chance is not among those that are corrected for
    each other: that can be told without knowing which traces are of now (R. E. Tarone, 1990).
    """
    possible = [change for change in changes if _at_best(change) <= ALPHA]
    chances = corrected([change.chance for change in possible])
    return [
        replace(change, chance=chance)
        for change, chance in zip(possible, chances, strict=True)
        if chance <= ALPHA and change.after.hits >= _FEWEST_HITS and change.after.ratio >= _FACTOR * change.before.ratio
    ]


def _at_best(change: Change) -> float:
    hits = change.before.hits + change.after.hits
    return more_often(min(hits, change.after.of), change.after.of, max(0, hits - change.after.of), change.before.of)


def _strongest(changes: Sequence[Change]) -> list[Change]:
    """Keep, of those that say the same in two ways, the one that chance explains least."""
    strongest: dict[What, Change] = {}
    for change in changes:
        if change.what not in strongest or change.chance < strongest[change.what].chance:
            strongest[change.what] = change
    return list(strongest.values())


def _weight(change: Change) -> float:
    """Say how much a change is among those of its kind: traces, times how much longer each takes now."""
    return change.excess * max(1, change.now - change.usual)


def _severity(change: Change) -> float:
    """Say how bad a change is: in how many traces more it is, of which two that are late are as bad as one that fails.

    What waits for something that fails is late in traces of its own.
    """
    return change.excess / (2 if change.what.kind is Kind.SLOWER else 1)


def _is_of(change: Change, cause: Change) -> bool:
    return len(change.affected & cause.affected) >= _SAME_TRACES * len(change.affected)
