"""Which operations on the critical path take longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from console.service_map import percentile
from console.why.chance import more_often
from console.why.change import Change, Kind, What
from console.why.groups import ALMOST_ALL, FEWEST, MEDIAN, Groups, median
from console.why.seen import NOBODY, Operation, Seen

_FACTOR = 2  # what takes twice as long is slower
_PART = 0.2  # of the whole trace: what grows by less is not what makes it slow
_ALIKE_FROM = 3  # operations
_PART_OF_TRACES = {MEDIAN: 0.5, ALMOST_ALL: 0.0}  # that must be beyond the limit


def durations(groups: Groups, least: int) -> Iterator[Change]:
    """Compare how long traces wait for each operation, and for nothing below it.

    What is slow is beyond what half of the traces before took, or beyond what almost all of them took: the one finds
    what meets everybody, the other what meets few. Where most operations became slower alike, it is not any one of
    them: each is compared with what it would take then, and all are told together.

    Args:
        groups: the traces.
        least: nanoseconds; what became slower by less is not told.
    """
    alike = _alike(groups)
    for share in (MEDIAN, ALMOST_ALL):
        limits = _limits(groups, share, least, alike)
        changes = [_change(groups, operation, limit) for operation, limit in limits.items()]
        hits, of = sum(each.after.hits for each in changes), sum(each.after.of for each in changes)
        for change in changes:
            if change.after.ratio >= _PART_OF_TRACES[share]:
                yield replace(change, chance=max(change.chance, _chance_among_others(change, hits, of)))
    if alike >= _FACTOR:
        limit = _limit(sorted(map(_whole, groups.before)), MEDIAN, least)
        yield groups.lasting(What(Kind.ALL_SLOWER, NOBODY), lambda _: True, lambda seen: _whole(seen) > limit, _whole)


def _change(groups: Groups, operation: Operation, limit: float) -> Change:
    return groups.lasting(
        What(Kind.SLOWER, operation),
        possible=lambda seen: operation in seen.own,
        hit=lambda seen: seen.own[operation] > limit,
        figure=lambda seen: seen.own[operation],
    )


def _chance_among_others(change: Change, hits: int, of: int) -> float:
    """Give the chance of so many, had the operation been slow as often as the others are now: the machine may be."""
    now = change.after
    return more_often(now.hits, now.of, hits - now.hits, of - now.of)


def _limits(groups: Groups, share: float, least: int, alike: float) -> dict[Operation, float]:
    """Give the nanoseconds beyond which each operation is slow."""
    limits = {}
    for operation, usual in _known(groups).items():
        whole = median(_whole(seen) for seen in groups.before if operation in seen.own)
        limits[operation] = _limit(usual, share, max(least, int(_PART * whole))) * alike
    return limits


def _limit(usual: Sequence[int], share: float, margin: int) -> int:
    most = percentile(usual, share)
    return max(_FACTOR * most, most + margin)


def _alike(groups: Groups) -> float:
    """Give the factor by which half of the operations became slower at least; 1 where that cannot be told."""
    usual, now = _known(groups), _own(groups.after)
    ratios = sorted(median(now[operation]) / median(values) for operation, values in usual.items() if median(values))
    return max(1.0, ratios[(len(ratios) - 1) // 2]) if len(ratios) >= _ALIKE_FROM else 1.0


def _known(groups: Groups) -> dict[Operation, list[int]]:
    """Give what the operations took before, sorted, as far as they are in enough traces before and now."""
    before, now = _own(groups.before), _own(groups.after)
    return {
        operation: sorted(values)
        for operation, values in sorted(before.items())
        if min(len(values), len(now.get(operation, ()))) >= FEWEST
    }


def _own(traces: Iterable[Seen]) -> Mapping[Operation, list[int]]:
    own: dict[Operation, list[int]] = {}
    for operation, nanoseconds in chain.from_iterable(seen.own.items() for seen in traces):
        own.setdefault(operation, []).append(nanoseconds)
    return own


def _whole(seen: Seen) -> int:
    return sum(seen.own.values())
