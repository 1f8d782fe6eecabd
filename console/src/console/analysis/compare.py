"""Two traces side by side: what is new, gone, slower."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from console.analysis.forest import Node
from console.model import Span

_FACTOR = 1.2  # how much longer is slower
_SHARE = 0.02  # and how much of the longer trace it must be, so that noise is not news


class Change(StrEnum):
    """What became of a span from the one trace to the other."""

    SAME = "SAME"
    NEW = "NEW"
    GONE = "GONE"
    SLOWER = "SLOWER"
    FASTER = "FASTER"
    BROKE = "BROKE"
    FIXED = "FIXED"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A span of the one trace, of the other, or the same of both."""

    depth: int
    before: Span | None
    after: Span | None
    change: Change


_Pair: TypeAlias = tuple[Node | None, Node | None]


def compare(before: list[Node], after: list[Node]) -> list[ComparedRow]:
    """Lay two traces over each other, depth first.

    Siblings of one service, name and kind are the same span, the first with the first. What is in one trace alone
    stands where it stood there.
    """
    longer = max(_duration(before), _duration(after))
    laid: list[ComparedRow] = []
    pending = [(0, *pair) for pair in reversed(list(_pairs(before, after)))]
    while pending:
        depth, one, other = pending.pop()
        span = one.span if one else None
        counterpart = other.span if other else None
        laid.append(ComparedRow(depth, span, counterpart, _change(span, counterpart, longer)))
        below = _pairs(one.children if one else [], other.children if other else [])
        pending += [(depth + 1, *pair) for pair in reversed(list(below))]
    return laid


def _pairs(before: list[Node], after: list[Node]) -> Iterator[_Pair]:
    waiting: defaultdict[tuple[str, str, str], deque[int]] = defaultdict(deque)
    for index, node in enumerate(before):
        waiting[_key(node.span)].append(index)
    partners = [waiting[key].popleft() if waiting.get(key := _key(node.span)) else None for node in after]
    alone = deque(sorted(set(range(len(before))) - set(partners)))
    for node, partner in zip(after, partners, strict=True):
        while partner is not None and alone and alone[0] < partner:
            yield before[alone.popleft()], None
        yield None if partner is None else before[partner], node
    for index in alone:
        yield before[index], None


def _key(span: Span) -> tuple[str, str, str]:
    return span.service, span.name, span.kind


def _change(before: Span | None, after: Span | None, longer: int) -> Change:
    if before is None:
        return Change.NEW
    if after is None:
        return Change.GONE
    if before.failed != after.failed:
        return Change.BROKE if after.failed else Change.FIXED
    if abs(after.duration - before.duration) < _SHARE * longer:
        return Change.SAME
    if after.duration > before.duration * _FACTOR:
        return Change.SLOWER
    return Change.FASTER if before.duration > after.duration * _FACTOR else Change.SAME


def _duration(roots: list[Node]) -> int:
    if not roots:
        return 0
    return max(node.span.end for node in roots) - min(node.span.start for node in roots)
