"""Shows what was expected beside what was seen, a line a span, and in words in what they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracetest.expectations.drawing import INDENT, pattern_title, title
from tracetest.expectations.matching import Level, Pair
from tracetest.model import Span, Trace

_SAME, _MISSING, _EXTRA, _DIFFERS = " -+!"
_UNSAID = "·"
_WIDEST = 70  # characters of the left column, at most


@dataclass(frozen=True, slots=True)
class _Row:
    mark: str
    expected: str
    seen: str


def explained(trace: Trace, level: Level) -> Iterator[str]:
    """Give both trees side by side, then each difference in words."""
    rows = list(_Table(trace, level).rows())
    width = min(max([len(row.expected) for row in rows] + [len("expected")]), _WIDEST)
    yield f"{_SAME} {'expected':{width}} | seen"
    for row in rows:
        yield f"{row.mark} {row.expected:{width}} | {row.seen}".rstrip()
    yield ""
    yield from level.differences
    for pair in level.pairs:
        for each in pair.walk():
            yield from _in_words(trace, each)


def _in_words(trace: Trace, pair: Pair) -> Iterator[str]:
    if pair.expected is None and pair.seen is not None:
        yield f"{title(pair.seen)} is there, but not expected{_under(trace, pair.seen)}"
    elif pair.expected is not None and pair.seen is None:
        yield f"{pattern_title(pair.expected)} is expected, but not there"
    elif pair.expected is not None and pair.seen is not None and pair.differences:
        yield f"nearest to {pair.expected!r} is {title(pair.seen)}{_under(trace, pair.seen)}:"
        yield from (f"{INDENT}{text}" for text in pair.differences)


def _under(trace: Trace, span: Span) -> str:
    parent = trace.parent(span)
    return f", under {parent.service} {parent.name}" if parent else ""


class _Table:
    """The whole trace on the right; on the left what was expected of it, and what is missing where it should be."""

    def __init__(self, trace: Trace, level: Level) -> None:
        self._trace = trace
        self._level = level
        self._pairs = {pair.seen.span_id: pair for top in level.pairs for pair in top.walk() if pair.seen}

    def rows(self) -> Iterator[_Row]:
        yield from self._of_children(self._trace.roots, self._level.pairs, 0)

    def _of_children(self, children: Sequence[Span], pairs: Sequence[Pair], depth: int) -> Iterator[_Row]:
        waiting = list(pairs)
        for child in children:
            at = next((n for n, pair in enumerate(waiting) if self._is_at(pair, child)), None)
            if at is not None:
                yield from self._of_missing(waiting[:at], depth)
                del waiting[: at + 1]
            yield from self._of_span(child, depth)
        yield from self._of_missing(waiting, depth)

    def _is_at(self, pair: Pair, child: Span) -> bool:
        """Tell whether a pair is about a child, or about the server's side of it."""
        return pair.seen is not None and child.span_id in (pair.seen.span_id, pair.seen.parent_id)

    def _of_span(self, span: Span, depth: int) -> Iterator[_Row]:
        pair = self._pairs.get(span.span_id)
        seen = INDENT * depth + title(span)
        if pair is None:
            yield _Row(_SAME, INDENT * depth + _UNSAID, seen)
        elif pair.expected is None:
            yield _Row(_EXTRA, "", seen)
        else:
            mark = _DIFFERS if pair.differences else _SAME
            yield _Row(mark, INDENT * depth + pattern_title(pair.expected), seen)
        yield from self._of_children(self._trace.children(span), pair.below if pair else (), depth + 1)

    def _of_missing(self, pairs: Sequence[Pair], depth: int) -> Iterator[_Row]:
        for pair in pairs:
            if pair.seen is None and pair.expected is not None:
                yield _Row(_MISSING, INDENT * depth + pattern_title(pair.expected), "")
                yield from self._of_missing(pair.below, depth + 1)
