"""Which calls are new, gone, or made more often."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from console.service_map import percentile
from console.why.change import Change, Kind, What
from console.why.groups import ALMOST_ALL, FEWEST, MEDIAN, Groups
from console.why.seen import NOBODY, Operation, Seen

_FACTOR = 2


def calls(groups: Groups) -> Iterator[Change]:
    """Compare how often each caller makes each call, of the traces in which it is there and does not fail.

    Of the calls from outside only those are told that nobody made before, or nobody makes now: which ones people make
    more often is theirs.
    """
    both = list(chain(groups.before, groups.after))
    pairs = {(caller, callee) for seen in both for caller, made in seen.calls.items() for callee in made}
    for caller, callee in sorted(pairs):
        usual = sorted(seen.calls[caller].get(callee, 0) for seen in groups.before if caller in seen.calls)
        if len(usual) < FEWEST:
            continue
        most, half = percentile(usual, ALMOST_ALL), percentile(usual, MEDIAN)
        more = _change(
            groups, Kind.REPEATED if most else Kind.NEW, (caller, callee), max(_FACTOR * most, most + 1), None
        )
        if caller != NOBODY or more.before.hits == 0:
            yield more
        fewer = _change(groups, Kind.GONE, (caller, callee), None, half // _FACTOR)
        if half and (caller != NOBODY or fewer.after.ratio == 1):
            yield fewer


def _change(
    groups: Groups, kind: Kind, call: tuple[Operation, Operation], least: int | None, most: int | None
) -> Change:
    """Compare in how many traces a call is made at least, or at most, so many times."""
    caller, callee = call

    def possible(seen: Seen) -> bool:
        return caller in seen.calls

    def number(seen: Seen) -> int:
        return seen.calls[caller].get(callee, 0)

    def hit(seen: Seen) -> bool:
        return (least is None or number(seen) >= least) and (most is None or number(seen) <= most)

    return groups.change(What(kind, callee, caller=caller), possible, hit, number)
