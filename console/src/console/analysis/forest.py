"""A trace as trees of spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from console.model import Span, Trace
from console.tree import Row, rows


@dataclass(slots=True)
class Node:
    """A span and what it caused, in the order of their start."""

    span: Span
    children: list[Node] = field(default_factory=list)


def forest(trace: Trace, laid: Sequence[Row] | None = None) -> list[Node]:
    """Give the trees of a trace; every span is in exactly one of them, wherever its parent may be.

    Args:
        trace: what to lay out.
        laid: its rows, where they are known already.
    """
    roots: list[Node] = []
    above: list[Node] = []
    for row in laid if laid is not None else rows(trace):
        del above[row.depth :]
        node = Node(row.span)
        (above[-1].children if above else roots).append(node)
        above.append(node)
    return roots


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Go through all nodes, depth first."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))
