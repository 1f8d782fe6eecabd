"""The traces before and those of now, and what tells a change from chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from console.service_map import percentile
from console.why.chance import larger, more_often
from console.why.change import Change, Share, What
from console.why.seen import Seen

FEWEST = 10
"""In fewer traces than this nobody knows what is usual."""

MEDIAN, ALMOST_ALL = 0.5, 0.95

_SLICES, _FEWEST_SLICES = 24, 4

Test = Callable[[Seen], bool]
Figure = Callable[[Seen], int]


class Groups:
    """Two groups of traces.

    Args:
        before: those before.
        after: those of now, at least one.
    """

    def __init__(self, before: Sequence[Seen], after: Sequence[Seen]) -> None:
        self.before = before
        self.after = after
        starts = [seen.start for seen in after]
        self._slice = (max(starts) - min(starts)) // _SLICES + 1

    def change(self, what: What, possible: Test, hit: Test, figure: Figure = lambda _: 0) -> Change:
        """Compare in how many traces something is so; its chance is that of Fisher's test.

        Args:
            what: it is.
            possible: tells the traces in which it could be.
            hit: tells those of them in which it is.
            figure: gives a number to tell of each.
        """
        before = [seen for seen in self.before if possible(seen)]
        after = [seen for seen in self.after if possible(seen)]
        affected = [seen for seen in after if hit(seen)]
        was, now = Share(sum(map(hit, before)), len(before)), Share(len(affected), len(after))
        return Change(
            what,
            before=was,
            after=now,
            affected=frozenset(seen.trace_id for seen in affected),
            possible=frozenset(seen.trace_id for seen in after),
            usual=median(map(figure, before)),
            now=median(map(figure, affected)),
            chance=more_often(now.hits, now.of, was.hits, was.of),
        )

    def lasting(self, what: What, possible: Test, hit: Test, figure: Figure) -> Change:
        """Compare as `change` does, but what is of a few moments alone is chance.

        Traces of the same moment have much in common: what stops a machine for a second is in all of them. So more
        slices of time must have it, too, of which now has 24 (Mann and Whitney's test), and four at least.
        """
        change = self.change(what, possible, hit, figure)
        before, after = (self._by_slice(filter(possible, side), hit) for side in (self.before, self.after))
        lasts = sum(map(bool, after)) >= _FEWEST_SLICES
        return replace(change, chance=max(change.chance, larger(after, before)) if lasts else 1.0)

    def _by_slice(self, traces: Iterable[Seen], hit: Test) -> list[float]:
        """Give the share of hits in each slice of time that has traces."""
        slices: defaultdict[int, list[bool]] = defaultdict(list)
        for seen in traces:
            slices[seen.start // self._slice].append(hit(seen))
        return [sum(hits) / len(hits) for hits in slices.values()]


def median(values: Iterable[int]) -> int:
    """Give the median; 0 of none."""
    ordered = sorted(values)
    return percentile(ordered, MEDIAN) if ordered else 0
