"""Something that may have changed: in how many traces it was so before, and in how many it is so now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.why.seen import NOBODY, Operation


class Kind(StrEnum):
    """What has changed; causes stand before what follows from them."""

    FAILS = "fails"
    CLOCK = "clock"
    NEW = "new"
    REPEATED = "repeated"
    GONE = "gone"
    SLOWER = "slower"
    ALL_SLOWER = "all-slower"


@dataclass(frozen=True, slots=True)
class Share:
    """In how many of so many traces something was so."""

    hits: int
    of: int

    @property
    def ratio(self) -> float:
        """The share; 0 of none."""
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class What:
    """What has changed.

    Attributes:
        kind: in which way.
        operation: where; `NOBODY` for all operations alike.
        failure: how it fails, such as UNAVAILABLE; empty for what does not.
        caller: who makes a call; `NOBODY` for what is no call, or comes from outside.
    """

    kind: Kind
    operation: Operation
    failure: str = ""
    caller: Operation = NOBODY


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was so in some traces before, and is so in others now.

    Attributes:
        what: it is.
        before: the share of the traces before.
        after: the share of the traces now.
        affected: the ids of the traces in which it is so now.
        possible: the ids of those in which it could be: they have the operation, or its caller.
        usual: the median before, of all; nanoseconds, or calls.
        now: the median of the affected traces.
        chance: the probability of so many now, had nothing changed.
    """

    what: What
    before: Share
    after: Share
    affected: frozenset[str]
    possible: frozenset[str]
    usual: int
    now: int
    chance: float

    @property
    def excess(self) -> float:
        """How many traces more it is so in than the ones before would let expect."""
        return self.after.hits - self.before.ratio * self.after.of
