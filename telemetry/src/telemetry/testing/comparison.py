"""Lays an expected trace over one that was seen, so that what differs is shown where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache

from telemetry.testing.drawing import INDENT, title
from telemetry.testing.model import Kind, Link, Span, Status, Trace

_MOST_ALIKE = 0.6  # names less alike than this are two spans, not one with a wrong name
_SAME, _MISSING, _EXTRA, _DIFFERS = " -+!"


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedSpan:
    """What one span must be, and all that it must have caused; made by `span`.

    Attributes:
        service: Its service.
        name: Its name.
        children: In the order of their start, unless `in_any_order`; there may be no others.
        kind: Which side of a call it is.
        status: How it must have ended.
        attributes: What it must have among its attributes. A value may be a matcher with an ``==`` of its own.
        links: All of its links.
        exceptions: The types of all exceptions that it has recorded, in their order.
        in_any_order: The children run at the same time: any of them may start first.
    """

    service: str
    name: str
    children: tuple[ExpectedSpan, ...] = ()
    kind: Kind = "INTERNAL"
    status: Status = "UNSET"
    attributes: Mapping[str, object] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    exceptions: tuple[str, ...] = ()
    in_any_order: bool = False


Pairs = tuple[tuple[ExpectedSpan | None, Span | None], ...]


class Comparison:
    """Compares expected spans with those of a trace.

    Children are paired so that as little as possible differs: that is the nearest miss, and what is shown.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._pairs_cost: dict[tuple[int, str], int] = {}

    def of(self, roots: Sequence[ExpectedSpan]) -> tuple[int, list[str]]:
        """Give the number of differences, and both trees as one, a line a span."""
        pairs = self._pair(tuple(roots), tuple(self._trace.roots), any_order=False)
        return self._cost_of(pairs), [line for pair in pairs for line in self._lines(*pair, 0)]

    def _pair(self, expected: tuple[ExpectedSpan, ...], seen: tuple[Span, ...], *, any_order: bool) -> Pairs:
        if any_order:
            expected = self._in_order_of(expected, seen)

        @cache
        def best(left: int, right: int) -> tuple[int, Pairs]:
            """Give the cheapest pairing of what is left of both."""
            ways: list[tuple[int, Pairs]] = []
            if left < len(expected) and right < len(seen) and _are_alike(expected[left], seen[right]):
                cost, rest = best(left + 1, right + 1)
                ways.append((self._cost(expected[left], seen[right]) + cost, ((expected[left], seen[right]), *rest)))
            if left < len(expected):
                cost, rest = best(left + 1, right)
                ways.append((_size(expected[left]) + cost, ((expected[left], None), *rest)))
            if right < len(seen):
                cost, rest = best(left, right + 1)
                ways.append((self._size(seen[right]) + cost, ((None, seen[right]), *rest)))
            return min(ways, key=lambda way: way[0]) if ways else (0, ())

        return best(0, 0)[1]

    def _in_order_of(self, expected: tuple[ExpectedSpan, ...], seen: tuple[Span, ...]) -> tuple[ExpectedSpan, ...]:
        """Give what is expected in the order in which it was seen; what was not seen comes last."""
        costs = sorted(
            (self._cost(one, other), n, at)
            for n, one in enumerate(expected)
            for at, other in enumerate(seen)
            if _are_alike(one, other)
        )
        place: dict[int, int] = {}
        same = {n: [at for cost, other, at in costs if other == n and cost == 0] for n in range(len(expected))}
        for n in same:
            _augment(n, same, place, set())
        for _cost, n, at in costs:  # what is left goes with its nearest miss
            if n not in place.values():
                place.setdefault(at, n)
        at_of = {n: at for at, n in place.items()}
        order = sorted(range(len(expected)), key=lambda n: at_of.get(n, len(seen)))
        return tuple(expected[n] for n in order)

    def _cost(self, expected: ExpectedSpan, seen: Span) -> int:
        key = (id(expected), seen.span_id)
        if key not in self._pairs_cost:
            inner = self._pair_children(expected, seen)
            self._pairs_cost[key] = len(list(_differences(expected, seen))) + self._cost_of(inner)
        return self._pairs_cost[key]

    def _cost_of(self, pairs: Pairs) -> int:
        return sum(self._cost_of_one(expected, seen) for expected, seen in pairs)

    def _cost_of_one(self, expected: ExpectedSpan | None, seen: Span | None) -> int:
        if expected is not None and seen is not None:
            return self._cost(expected, seen)
        if expected is not None:
            return _size(expected)
        return 0 if seen is None else self._size(seen)

    def _pair_children(self, expected: ExpectedSpan, seen: Span) -> Pairs:
        children = tuple(self._trace.children(seen))
        return self._pair(expected.children, children, any_order=expected.in_any_order)

    def _size(self, seen: Span) -> int:
        return 1 + sum(map(self._size, self._trace.children(seen)))

    def _lines(self, expected: ExpectedSpan | None, seen: Span | None, depth: int) -> Iterator[str]:
        if expected is None and seen is not None:
            yield from self._extra_lines(seen, depth)
        elif expected is not None and seen is None:
            yield from _missing_lines(expected, depth)
        elif expected is not None and seen is not None:
            differences = list(_differences(expected, seen))
            yield _line(_DIFFERS if differences else _SAME, depth, title(seen))
            yield from (_line(_DIFFERS, depth + 2, text) for text in differences)
            for pair in self._pair_children(expected, seen):
                yield from self._lines(*pair, depth + 1)

    def _extra_lines(self, seen: Span, depth: int) -> Iterator[str]:
        yield _line(_EXTRA, depth, f"{title(seen)}    is there, but not expected")
        for child in self._trace.children(seen):
            yield from self._extra_lines(child, depth + 1)


def _missing_lines(expected: ExpectedSpan, depth: int) -> Iterator[str]:
    yield _line(_MISSING, depth, f"{title(expected)}    is expected, but not there")
    for child in expected.children:
        yield from _missing_lines(child, depth + 1)


def _line(mark: str, depth: int, text: str) -> str:
    return f"{mark} {INDENT * depth}{text}"


def _augment(n: int, fitting: Mapping[int, list[int]], place: dict[int, int], tried: set[int]) -> bool:
    """Find a place for an expected span; one that has taken it moves to another that fits as well."""
    for at in fitting[n]:
        if at not in tried:
            tried.add(at)
            if at not in place or _augment(place[at], fitting, place, tried):
                place[at] = n
                return True
    return False


def _size(expected: ExpectedSpan) -> int:
    return 1 + sum(map(_size, expected.children))


def _are_alike(expected: ExpectedSpan, seen: Span) -> bool:
    if expected.service != seen.service:
        return False
    return expected.name == seen.name or SequenceMatcher(None, expected.name, seen.name).ratio() >= _MOST_ALIKE


def _differences(expected: ExpectedSpan, seen: Span) -> Iterator[str]:
    if seen.name != expected.name:
        yield f"name is {seen.name!r}, expected {expected.name!r}"
    if seen.kind != expected.kind:
        yield f"kind is {seen.kind}, expected {expected.kind}"
    if seen.status != expected.status:
        said = f" ({seen.status_message})" if seen.status_message else ""
        yield f"status is {seen.status}{said}, expected {expected.status}"
    yield from _attribute_differences(expected.attributes, seen)
    if seen.links != expected.links:
        yield f"links are {_links(seen.links)}, expected {_links(expected.links)}"
    exceptions = tuple(str(each.attributes.get("exception.type")) for each in seen.events if each.name == "exception")
    if exceptions != expected.exceptions:
        yield f"exceptions are {_list(exceptions)}, expected {_list(expected.exceptions)}"


def _attribute_differences(expected: Mapping[str, object], seen: Span) -> Iterator[str]:
    for key, value in expected.items():
        if key not in seen.attributes:
            yield f"attribute {key} is not there, expected {value!r}"
        elif value != seen.attributes[key]:
            yield f"attribute {key} is {seen.attributes[key]!r}, expected {value!r}"


def _links(links: Sequence[Link]) -> str:
    return _list([f"{link.trace_id}/{link.span_id}" for link in links])


def _list(texts: Sequence[str]) -> str:
    return ", ".join(texts) or "none"
