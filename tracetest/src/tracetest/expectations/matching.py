"""Lays patterns over the spans of a trace so that as little as possible differs: that is the nearest miss."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from tracetest.expectations.assignment import Slot, in_order_seen, laid
from tracetest.expectations.chaining import Item
from tracetest.expectations.drawing import plain
from tracetest.expectations.patterns import Descendant, Exactly, Group, No, SpanPattern, Times, wanted_count
from tracetest.expectations.values import differences, is_equal, is_named
from tracetest.model import Span, Trace

_MOST_ALIKE = 0.6  # names less alike than this are two spans, not one with a wrong name
_WRONG_NAME, _WRONG_FIELD, _MOST_FOR_FIELDS = 2, 1, 3
_ABSENT = 4  # what a span costs that is missing or too much: more than one that is wrong in all its fields
_MISNAMED, _UNPAIRED = 1_000, 2_000  # whatever else differs, a span of that name comes nearest, then one of a like name


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A pattern and the span that comes nearest to it.

    Attributes:
        expected: None for a span that is too much.
        seen: None for a span that is missing.
        differences: In what they differ, in words; what is below them aside.
        below: The same for what is below them; those too much in a closed world alone.
        cost: How much differs in all; 0 for a match.
    """

    expected: SpanPattern | None
    seen: Span | None
    differences: tuple[str, ...]
    below: tuple[Pair, ...]
    cost: int

    def walk(self) -> Iterator[Pair]:
        """Give itself and all below it."""
        yield self
        for each in self.below:
            yield from each.walk()


@dataclass(frozen=True, slots=True)
class Level:
    """The match of the items of one place: pairs, and what is wrong with their number or order."""

    pairs: tuple[Pair, ...]
    differences: tuple[str, ...] = ()

    @property
    def cost(self) -> int:
        """How much differs in all; 0 for a match."""
        return sum(pair.cost for pair in self.pairs) + _WRONG_NAME * len(self.differences)


class Matching:
    """Compares patterns with the spans of one trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._pairs: dict[tuple[int, str, bool], Pair] = {}

    def anywhere(self, item: Item) -> Level:
        """Look for an item among all spans, and for `exactly` among the roots."""
        seen = self._trace.roots if isinstance(item, Exactly) else self._trace.spans
        return self.level((item,), seen, closed=False, place="the trace")

    def matches(self, pattern: SpanPattern) -> list[Span]:
        """Give the spans that are what the pattern says."""
        return [seen for seen in self._trace if not self.pair(pattern, seen, closed=False).cost]

    def pair(self, pattern: SpanPattern, seen: Span, *, closed: bool) -> Pair:
        """Compare one span and all below it."""
        key = (id(pattern), seen.span_id, closed)
        if key not in self._pairs:
            self._pairs[key] = self._paired(pattern, seen, closed=closed)
        return self._pairs[key]

    def level(self, items: Sequence[Item], seen: Sequence[Span], *, closed: bool, place: str) -> Level:
        """Compare the items of one place with the spans that lie there, in the order of their start."""
        inner = [each for item in items if isinstance(item, Exactly) for each in item.items]
        if any(isinstance(item, Exactly) for item in items):
            items, closed = [*(item for item in items if not isinstance(item, Exactly)), *inner], True
        here = [item for item in items if not isinstance(item, Descendant)]
        slots = [slot for n, item in enumerate(here) for slot in _slots(item, n, most=len(seen))]
        pairs = self._lay(slots, seen, closed=closed)
        found = chain(
            self._numbers(here, seen, closed=closed, place=place),
            *(_not_overlapping(item, pairs) for item in here if isinstance(item, Group) and item.overlapping),
        )
        return Level(pairs, tuple(found))

    def _paired(self, pattern: SpanPattern, seen: Span, *, closed: bool) -> Pair:
        own = tuple(differences(pattern, seen, closed=closed))
        closes = closed or any(isinstance(item, Exactly) for item in pattern.children)
        children = self._trace.children(seen) if closes else self._called(seen)
        levels = [self.level(pattern.children, children, closed=closed, place=f"{seen.service} {seen.name}")]
        below = self._trace.descendants(seen)
        deep = [item.item for item in pattern.children if isinstance(item, Descendant)]
        levels += [
            self.level((item,), below, closed=False, place=f"all below {seen.service} {seen.name}") for item in deep
        ]
        more = tuple(text for level in levels for text in level.differences)
        cost = _fields_cost(pattern, seen, own) + sum(level.cost for level in levels)
        return Pair(pattern, seen, (*own, *more), tuple(pair for level in levels for pair in level.pairs), cost)

    def _called(self, seen: Span) -> list[Span]:
        """Give the children, and the SERVER spans behind those that are CLIENT spans."""
        children = self._trace.children(seen)
        behind = [
            server
            for child in children
            if child.kind == "CLIENT"
            for server in self._trace.children(child)
            if server.kind == "SERVER"
        ]
        return sorted([*children, *behind], key=lambda span: span.start) if behind else children

    def _lay(self, slots: Sequence[Slot], seen: Sequence[Span], *, closed: bool) -> tuple[Pair, ...]:
        def cost(slot: Slot, at: int) -> int | None:
            if not _are_alike(slot.pattern, seen[at]):
                return None
            differs = min(self.pair(slot.pattern, seen[at], closed=closed).cost, _MISNAMED - 1)
            return differs if _has_name(slot.pattern, seen[at]) else _MISNAMED + differs

        def missing(slot: Slot) -> int:
            return 0 if slot.optional else _UNPAIRED + _size(slot.pattern)

        def too_much(at: int) -> int:
            return _UNPAIRED + self._too_much(seen[at]).cost if closed else 0

        ordered = in_order_seen(slots, len(seen), cost)
        pairs: list[Pair] = []
        for slot, at in laid(ordered, len(seen), cost, missing, too_much):
            if slot is not None and at is not None:
                pairs.append(self.pair(slot.pattern, seen[at], closed=closed))
            elif slot is not None and not slot.optional:
                pairs.append(_missing(slot.pattern))
            elif slot is None and at is not None and closed:
                pairs.append(self._too_much(seen[at]))
        return tuple(pairs)

    def _numbers(self, items: Sequence[Item], seen: Sequence[Span], *, closed: bool, place: str) -> Iterator[str]:
        """Say what is there more often than it may be."""
        for item in items:
            if isinstance(item, Group):
                yield from self._numbers(item.items, seen, closed=closed, place=place)
            elif isinstance(item, No):
                banned = item.pattern
                pattern, most = (banned.pattern, banned.at_least - 1) if isinstance(banned, Times) else (banned, 0)
                assert isinstance(pattern, SpanPattern)  # noqa: S101  `no` takes nothing else
                found = self._fitting(pattern, seen, closed=closed)
                if len(found) > max(most, 0):
                    yield f"{_described(pattern)} is there {_times(len(found))} in {place}, expected none"
            elif isinstance(item, Times) and item.at_most is not None:
                found = self._fitting(item.pattern, seen, closed=closed)
                if len(found) > item.at_most:
                    wanted = wanted_count(item)
                    yield f"{_described(item.pattern)} is there {_times(len(found))} in {place}, expected {wanted}"

    def _fitting(self, pattern: SpanPattern, seen: Sequence[Span], *, closed: bool) -> list[Span]:
        return [each for each in seen if not self.pair(pattern, each, closed=closed).cost]

    def _too_much(self, seen: Span) -> Pair:
        below = tuple(self._too_much(child) for child in self._trace.children(seen))
        return Pair(None, seen, (), below, _ABSENT + sum(pair.cost for pair in below))


def _slots(item: Item, n: int, *, most: int) -> Iterator[Slot]:
    if isinstance(item, SpanPattern):
        yield Slot(item)
    elif isinstance(item, Times):
        for _ in range(item.at_least):
            yield Slot(item.pattern)
        for _ in range((most if item.at_most is None else min(item.at_most, most)) - item.at_least):
            yield Slot(item.pattern, optional=True)
    elif isinstance(item, Group):
        for each in item.items:
            for slot in _slots(each, n, most=most):
                yield Slot(slot.pattern, optional=slot.optional, group=n)


def _missing(pattern: SpanPattern) -> Pair:
    below = tuple(_missing(each) for each in _required(pattern))
    return Pair(pattern, None, (), below, _ABSENT + sum(pair.cost for pair in below))


def _size(pattern: SpanPattern) -> int:
    return _ABSENT + sum(map(_size, _required(pattern)))


def _required(pattern: SpanPattern) -> Iterator[SpanPattern]:
    """Give what must be below it, once each."""
    for item in pattern.children:
        yield from _patterns(item)


def _patterns(item: Item) -> Iterator[SpanPattern]:
    if isinstance(item, SpanPattern):
        yield item
    elif isinstance(item, Times) and item.at_least:
        yield item.pattern
    elif isinstance(item, Descendant):
        yield from _patterns(item.item)
    elif isinstance(item, Group | Exactly):
        for each in item.items:
            yield from _patterns(each)


def _fields_cost(pattern: SpanPattern, seen: Span, own: Sequence[str]) -> int:
    misnamed = not _has_name(pattern, seen)
    return min(len(own) * _WRONG_FIELD + misnamed * _WRONG_NAME, _MOST_FOR_FIELDS)


def _has_name(pattern: SpanPattern, seen: Span) -> bool:
    return is_equal(pattern.service, seen.service) and is_named(pattern.name, seen)


def _are_alike(pattern: SpanPattern, seen: Span) -> bool:
    if is_named(pattern.name, seen):
        return True
    if not is_equal(pattern.service, seen.service):
        return False
    name = pattern.name.pattern if isinstance(pattern.name, re.Pattern) else str(pattern.name)
    return SequenceMatcher(None, name, seen.name).ratio() >= _MOST_ALIKE


def _not_overlapping(group: Group, pairs: Sequence[Pair]) -> Iterator[str]:
    wanted = set(chain.from_iterable(map(_patterns, group.items)))
    seen = [pair.seen for pair in pairs if pair.expected in wanted and pair.seen is not None]
    if len(seen) > 1:
        last, first = max(seen, key=lambda span: span.start), min(seen, key=lambda span: span.end)
        if last.start >= first.end:
            names = f"{last.service} {last.name} began when {first.service} {first.name} had ended"
            yield f"{names}, expected to run in parallel"


def _described(pattern: SpanPattern) -> str:
    return f"{plain(pattern.service)} {plain(pattern.name)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
