"""Golden traces: the signature of a trace in a small file, and what has changed in words.

A signature has the services, names, kinds, statuses, exceptions and numbers of the spans. It has no ids, no times, and
not the order of siblings that ran at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tracetest import names
from tracetest.expectations.drawing import INDENT
from tracetest.model import Span, Trace

TRACKED = (names.TENANT_ID,)
_HEADER = "# on every span but those marked: "
_BETWEEN = "  "


@dataclass(frozen=True, slots=True)
class Node:
    """A span of a signature, or several that are the same with all that is below them.

    Attributes:
        service: Its service.
        name: Its name.
        kind: Its kind.
        marks: What else is worth a word: ERROR, ``exception KeyError``, ``2 links``, ``without tenant.id``.
        count: How many there are in a row.
        children: What is below each of them.
    """

    service: str
    name: str
    kind: str
    marks: tuple[str, ...] = ()
    count: int = 1
    children: tuple[Node, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Write it, a line a span."""
        count = (f"×{self.count}",) if self.count > 1 else ()  # noqa: RUF001  it is a multiplication sign
        yield INDENT * depth + _BETWEEN.join((self.service, self.name, self.kind, *self.marks, *count))
        for child in self.children:
            yield from child.lines(depth + 1)


@dataclass(frozen=True, slots=True)
class Signature:
    """What is the same in each run of a request.

    Attributes:
        roots: The spans without a parent in the trace.
        tracked: Attributes that are on every span which is not marked.
    """

    roots: tuple[Node, ...]
    tracked: tuple[str, ...] = ()

    @classmethod
    def of(cls, trace: Trace, tracked: Sequence[str] = TRACKED) -> Signature:
        """Give the signature of a trace; attributes that no span has are not tracked."""
        there = tuple(key for key in tracked if any(key in span.attributes for span in trace))
        return cls(_nodes(trace, trace.roots, there), there)

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Read what `text` wrote; raises ValueError for what it never writes."""
        lines = [line for line in text.splitlines() if line.strip()]
        tracked = [line.removeprefix(_HEADER) for line in lines if line.startswith(_HEADER)]
        rows = [line for line in lines if not line.startswith("#")]
        roots, rest = _parsed(rows, 0)
        if rest:
            raise ValueError(f"{rest[0]!r}: expected service, name and kind, two spaces deeper than what caused it")
        return cls(roots, tuple(tracked[0].split(", ")) if tracked else ())

    @property
    def text(self) -> str:
        """Write it as a file."""
        header = [_HEADER + ", ".join(self.tracked)] if self.tracked else []
        return "\n".join([*header, *(line for root in self.roots for line in root.lines())]) + "\n"


def _nodes(trace: Trace, spans: Sequence[Span], tracked: Sequence[str]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for run in _at_one_time(spans):
        same = [_node(trace, span, tracked) for span in run]
        nodes += sorted(same, key=lambda node: list(node.lines())) if len(same) > 1 else same
    return tuple(
        Node(node.service, node.name, node.kind, node.marks, len(list(group)), node.children)
        for node, group in groupby(nodes)
    )


def _at_one_time(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Give siblings in the order of their start, those together that overlap."""
    run: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if run and span.start >= max(other.end for other in run):
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def _node(trace: Trace, span: Span, tracked: Sequence[str]) -> Node:
    name = " ".join(span.name.split())
    marks: list[str] = [] if span.status == "UNSET" else [span.status]
    marks += [
        f"exception {each.attributes.get(names.EXCEPTION_TYPE, '')}" for each in span.events if each.name == "exception"
    ]
    marks += [f"{len(span.links)} links"] if span.links else []
    marks += [f"without {key}" for key in tracked if key not in span.attributes]
    return Node(span.service, name, span.kind, tuple(marks), 1, _nodes(trace, trace.children(span), tracked))


def _parsed(rows: Sequence[str], depth: int) -> tuple[tuple[Node, ...], Sequence[str]]:
    nodes: list[Node] = []
    while rows and _depth(rows[0]) == depth:
        row, rows = rows[0], rows[1:]
        children, rows = _parsed(rows, depth + 1)
        nodes.append(_parsed_node(row, children))
    return tuple(nodes), rows


def _parsed_node(row: str, children: tuple[Node, ...]) -> Node:
    words = row.strip().split(_BETWEEN)
    count = int(words.pop()[1:]) if words[-1].startswith("×") else 1  # noqa: RUF001
    service, name, kind, *marks = words
    return Node(service, name, kind, tuple(marks), count, children)


def _depth(row: str) -> int:
    return (len(row) - len(row.lstrip())) // len(INDENT)
