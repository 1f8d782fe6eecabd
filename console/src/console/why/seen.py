"""What one trace tells, as far as traces are compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from console.analysis.critical_path import critical_path
from console.analysis.forest import Node, forest, walk
from console.analysis.origins import origins
from console.analysis.outcome import CANCELLED, failure
from console.model import Kind, Span, Trace
from console.why.dimensions import Value, values_of


class Operation(NamedTuple):
    """A kind of work that a service does, by the name and kind of its spans."""

    service: str
    name: str
    kind: str


NOBODY = Operation("", "", "")
"""Who calls the root of a trace."""

Calls = Mapping[Operation, Mapping[Operation, int]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a trace tells.

    Attributes:
        trace_id: 32 hex digits.
        start: of its root, nanoseconds since the epoch.
        own: by operation, the nanoseconds for which the end of the trace waited for it and nothing below it; 0 for
            one that it did not wait for.
        failures: the operations in which a failure began, each with how it failed. Work that was cancelled is among
            them only where nothing else failed.
        calls: by caller, how often it made each call: the most that one span of it made. A caller that failed is not
            here, since it did not come to make its calls.
        answered: the operations of servers whose client has a span, too.
        elsewhere: those of them whose span lies wholly before or after that of its client, which only a wrong clock
            can do.
        values: what it can be told from others by.
    """

    trace_id: str
    start: int
    own: Mapping[Operation, int]
    failures: frozenset[tuple[Operation, str]]
    calls: Calls
    answered: frozenset[Operation]
    elsewhere: frozenset[Operation]
    values: frozenset[Value]


def see(trace: Trace) -> Seen:
    """Read a trace."""
    roots = forest(trace)
    nodes = list(walk(roots))
    answered, elsewhere = _clocks(nodes)
    return Seen(
        trace_id=trace.trace_id,
        start=trace.root.start,
        own=_own(trace, roots),
        failures=_failures(roots, nodes),
        calls=_calls(roots, nodes),
        answered=answered,
        elsewhere=elsewhere,
        values=values_of(trace),
    )


def operation_of(span: Span) -> Operation:
    """Give the operation of a span."""
    return Operation(span.service, span.name, str(span.kind))


def _own(trace: Trace, roots: list[Node]) -> dict[Operation, int]:
    operations = {span.span_id: operation_of(span) for span in trace.spans}
    own = dict.fromkeys(operations.values(), 0)
    for segment in critical_path(trace, roots):
        own[operations[segment.span_id]] += segment.end - segment.start
    return own


def _failures(roots: list[Node], nodes: list[Node]) -> frozenset[tuple[Operation, str]]:
    began = origins(roots, failure)
    found = {(operation_of(node.span), failure(node.span)) for node in nodes if node.span.span_id in began}
    return frozenset({each for each in found if each[1] not in CANCELLED} or found)


def _calls(roots: list[Node], nodes: list[Node]) -> Calls:
    most: defaultdict[Operation, Counter[Operation]] = defaultdict(Counter)
    for caller, made in _made(roots, nodes):
        most[caller] |= made  # the larger of both, each
    return most


def _made(roots: list[Node], nodes: list[Node]) -> Iterator[tuple[Operation, Counter[Operation]]]:
    yield NOBODY, Counter(operation_of(node.span) for node in roots)
    for node in nodes:
        if not failure(node.span):
            yield operation_of(node.span), Counter(operation_of(child.span) for child in node.children)


def _clocks(nodes: list[Node]) -> tuple[frozenset[Operation], frozenset[Operation]]:
    answered, elsewhere = set(), set()
    for client in nodes:
        for server in client.children:
            if client.span.kind is Kind.CLIENT and server.span.kind is Kind.SERVER:
                answered.add(operation_of(server.span))
                if server.span.end < client.span.start or server.span.start > client.span.end:
                    elsewhere.add(operation_of(server.span))
    return frozenset(answered), frozenset(elsewhere)
