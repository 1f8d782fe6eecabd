"""What a trace as a whole must be like, whatever its tree is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracetest import names
from tracetest.expectations.chaining import Item
from tracetest.expectations.drawing import title
from tracetest.expectations.matching import Matching
from tracetest.expectations.patterns import pattern_of
from tracetest.expectations.root_cause import failure_of, root_cause_of
from tracetest.expectations.values import attribute_differences, differences
from tracetest.model import Span, Trace

_MILLISECOND = 1000  # microseconds


class Rule(ABC):
    """Something that holds for a trace or does not."""

    @abstractmethod
    def problems(self, trace: Any) -> Iterator[str]:
        """Say why it does not hold, a line each; nothing when it does.

        Args:
            trace: A `tracetest.Trace`; Any, so that a rule of your own may name that type.
        """


@dataclass(frozen=True, slots=True)
class no_orphans(Rule):  # noqa: N801  it reads as what is expected
    """Every span's parent is there, but that of the request itself: nothing was lost, and no context."""

    def problems(self, trace: Trace) -> Iterator[str]:
        """Name each span whose parent is missing."""
        for root in trace.roots:
            if root.parent_id not in (None, trace.caller):
                yield f"the parent {root.parent_id} of {title(root)} is not there"


@dataclass(frozen=True, slots=True)
class max_spans(Rule):  # noqa: N801
    """There are so many spans at most."""

    count: int

    def problems(self, trace: Trace) -> Iterator[str]:
        """Say how many there are, and what there is most of."""
        if len(trace) > self.count:
            (name, most), *_ = Counter(f"{span.service} {span.name}" for span in trace).most_common()
            yield f"there are {len(trace)} spans, expected at most {self.count}; {most} of them are {name}"


@dataclass(frozen=True, slots=True)
class faster_than(Rule):  # noqa: N801
    """From the first start to the last end it took less than so many milliseconds."""

    ms: float

    def problems(self, trace: Trace) -> Iterator[str]:
        """Say how long it took."""
        took = (
            (max(span.end for span in trace) - min(span.start for span in trace)) / _MILLISECOND if trace.spans else 0
        )
        if took >= self.ms:
            yield f"it took {took:g} ms, expected less than {self.ms:g} ms"


@dataclass(frozen=True, slots=True)
class root_cause(Rule):  # noqa: N801
    """The failure began in this span, see `tracetest.expectations.root_cause`."""

    item: Item

    def problems(self, trace: Trace) -> Iterator[str]:
        """Name the span in which it began instead."""
        pattern = pattern_of(self.item)
        cause = root_cause_of(trace)
        if cause is None:
            yield f"nothing has failed, expected {pattern!r} to be the root cause"
        elif ways := list(differences(pattern, cause, closed=False)):
            yield f"the root cause is {title(cause)} ({failure_of(cause)}), expected {pattern!r}: {'; '.join(ways)}"


@dataclass(frozen=True, slots=True)
class every(Rule):  # noqa: N801
    """Every span has these attributes."""

    attributes: Mapping[str, object]

    def problems(self, trace: Trace) -> Iterator[str]:
        """Name the spans that differ."""
        for span in trace:
            for way in attribute_differences(self.attributes, span.attributes):
                yield f"{title(span)}: {way}"


@dataclass(frozen=True, slots=True)
class same_tenant(Rule):  # noqa: N801
    """Every span is for one tenant: this one, or whichever the first span names.

    Attributes:
        tenant: None: any.
        attribute: The attribute that names it.
    """

    tenant: str | None = None
    attribute: str = names.TENANT_ID

    def problems(self, trace: Trace) -> Iterator[str]:
        """Name the spans of another tenant or of none."""
        named = [span.attributes[self.attribute] for span in trace if self.attribute in span.attributes]
        if not named:
            yield f"no span has {self.attribute}"
            return
        yield from every({self.attribute: self.tenant or named[0]}).problems(trace)


@dataclass(frozen=True, slots=True)
class before(Rule):  # noqa: N801
    """All spans like one have ended when the first span like the other begins."""

    first: Item
    then: Item

    def problems(self, trace: Trace) -> Iterator[str]:
        """Name what is missing, or what came too late."""
        matching = Matching(trace)
        firsts, thens = (matching.matches(pattern_of(item)) for item in (self.first, self.then))
        for item, found in ((self.first, firsts), (self.then, thens)):
            if not found:
                yield f"there is no {item!r}"
        if firsts and thens:
            yield from _overlap(max(firsts, key=lambda span: span.end), min(thens, key=lambda span: span.start))


def after(then: Item, first: Item) -> before:
    """Say that one thing begins when all of the other has ended: `before`, the other way round."""
    return before(first, then)


def _overlap(first: Span, then: Span) -> Iterator[str]:
    if then.start < first.end:
        early = (first.end - then.start) / _MILLISECOND
        yield f"{title(then)} began {early:g} ms before {title(first)} had ended"
