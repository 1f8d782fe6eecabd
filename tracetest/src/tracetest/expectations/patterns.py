"""The words in which a trace is expected: what a span must be, and how spans lie to each other.

::

    span("gateway", "POST /v1/orders") > span("order", "CreateOrder") >> span("user", "SELECT users").times(1)

A pattern is *open*: it says what must be there, and more may be. `exactly` closes it: what is not said is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracetest.expectations.chaining import Item, Relation, folded
from tracetest.model import Event, Kind, Link, Status

Text = object
"""What a text must be: the same text, a compiled regular expression for all of it, or a matcher with its own ``==``."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SpanPattern(Item):
    """What one span must be; made by `span`.

    Attributes:
        service: Its service.
        name: Its name; that of an RPC may be shortened from the left, ``CreateOrder``.
        children: What it must have caused.
        kind: Which side of a call it is; None: any.
        status: How it ended; None: any, and in a closed world any but ERROR.
        attributes: What it must have among its attributes; None as a value: it must not have that one.
        events: What it must have recorded, in this order; in a closed world it has recorded nothing else.
        links: The same for its links, in any order.
        within: Milliseconds that it must end in; None: any time.
    """

    service: Text
    name: Text
    children: tuple[Item, ...] = ()
    kind: Kind | None = None
    status: Status | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    within: float | None = None

    def times(self, count: int | None = None, *, at_least: int = 0, at_most: int | None = None) -> Times:
        """Say how often it is there: so many times, or within bounds that are both included."""
        if count is not None:
            at_least = at_most = count
        if at_least < 0 or (at_most is not None and at_most < at_least):
            raise ValueError(f"times(at_least={at_least}, at_most={at_most}): expected 0 <= at_least <= at_most")
        return Times(self, at_least, at_most)

    def faster_than(self, ms: float) -> SpanPattern:
        """Say that it took less than so many milliseconds."""
        return replace(self, within=ms)

    def holding(self, relation: Relation, below: Item) -> SpanPattern:
        """Give a copy with something more below it."""
        return replace(self, children=(*self.children, below if relation == ">" else Descendant(below)))

    def __repr__(self) -> str:
        return f"span({self.service!r}, {self.name!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Times(Item):
    """A span that is there so often: at least, and at most (None: any number)."""

    pattern: SpanPattern
    at_least: int
    at_most: int | None

    def holding(self, relation: Relation, below: Item) -> Times:
        """Say what each of them has below it."""
        return replace(self, pattern=self.pattern.holding(relation, below))

    def __repr__(self) -> str:
        return f"{self.pattern!r}.times({wanted_count(self)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class No(Item):
    """A span that is not there."""

    pattern: Item

    def __repr__(self) -> str:
        return f"no({self.pattern!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Group(Item):
    """Siblings that may start in any order, and if `overlapping` all run at one time."""

    items: tuple[Item, ...]
    overlapping: bool

    def __repr__(self) -> str:
        return f"{'parallel' if self.overlapping else 'unordered'}({', '.join(map(repr, self.items))})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Exactly(Item):
    """All that is there, in this place and below it."""

    items: tuple[Item, ...]

    def __repr__(self) -> str:
        return f"exactly({', '.join(map(repr, self.items))})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Descendant(Item):
    """Something at any depth below a span."""

    item: Item

    def __repr__(self) -> str:
        return f"descendant({self.item!r})"


def span(  # noqa: PLR0913  named by keyword
    service: Text,
    name: Text,
    *children: Item,
    kind: Kind | None = None,
    status: Status | None = None,
    attributes: Mapping[str, object] | None = None,
    events: Sequence[Event | str] = (),
    links: Sequence[Link] = (),
) -> SpanPattern:
    """Say what a span must be, and what it must have caused.

    The children are those of its direct children that matter, in the order of their start; in an open world the CLIENT
    span of a call may be left out, so that the other service's SERVER span counts as a child of who called. See
    `SpanPattern` for what each argument means when it is left out.
    """
    return SpanPattern(
        service,
        name,
        tuple(map(folded, children)),
        kind,
        status,
        attributes or {},
        tuple(Event(each, {}) if isinstance(each, str) else each for each in events),
        tuple(links),
    )


def no(item: Item) -> No:
    """Say that there is no such span: among the children where it stands, or given to `expect` in the whole trace."""
    return No(_span_like(item, "no"))


def parallel(*items: Item) -> Group:
    """Say that siblings run at the same time: there is a moment that lies within all of them."""
    return Group(tuple(_span_like(each, "parallel") for each in items), overlapping=True)


def unordered(*items: Item) -> Group:
    """Say that siblings may start in any order."""
    return Group(tuple(_span_like(each, "unordered") for each in items), overlapping=False)


def exactly(*items: Item) -> Exactly:
    """Say all that is there: given to `expect` the roots of the trace, inside a span its children.

    What is not said, at any depth, is not there: no further span, event or link, and no status ERROR. Kinds and
    attributes that are not named may be anything.
    """
    return Exactly(tuple(map(folded, items)))


def descendant(item: Item) -> Descendant:
    """Say what is at any depth below the span that it is written in; ``a >> b`` says the same."""
    return Descendant(_span_like(item, "descendant"))


def exception(kind: Text, **attributes: object) -> Event:
    """Say that an exception was recorded; the attributes without their prefix: ``message=…``."""
    named = {f"exception.{name}": value for name, value in attributes.items()}
    return Event("exception", {"exception.type": kind, **named})


def pattern_of(item: Item) -> SpanPattern:
    """Give the one span that an item is about; raises TypeError where there is not one."""
    found = folded(item)
    if isinstance(found, SpanPattern):
        return found
    raise TypeError(f"{item!r}: expected one span(…)")


def wanted_count(times: Times) -> str:
    """Say how often, as a message does: ``3``, ``1 or more``, ``at most 2``, ``1 to 3``."""
    low, high = times.at_least, times.at_most
    if low == high:
        return str(low)
    if high is None:
        return f"{low} or more"
    return f"{low} to {high}" if low else f"at most {high}"


def _span_like(item: Item, where: str) -> Item:
    found = folded(item)
    if not isinstance(found, SpanPattern | Times):
        raise TypeError(f"{where}({item!r}): expected span(…), or spans joined by > or >>")
    return found
