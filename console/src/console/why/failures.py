"""Where failures begin, and whose clock is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from console.why.change import Change, Kind, What
from console.why.groups import FEWEST, Groups
from console.why.seen import Operation, Seen


def failures(groups: Groups) -> Iterator[Change]:
    """Compare how often each failure begins in each operation, of the traces that have the operation."""
    for operation, how in sorted(set(chain.from_iterable(seen.failures for seen in groups.after))):
        is_new = sum(operation in seen.own for seen in groups.before) < FEWEST

        def possible(seen: Seen, operation: Operation = operation, *, always: bool = is_new) -> bool:
            return always or operation in seen.own

        def hit(seen: Seen, failure: tuple[Operation, str] = (operation, how)) -> bool:
            return failure in seen.failures

        yield groups.change(What(Kind.FAILS, operation, how), possible, hit)


def clocks(groups: Groups) -> Iterator[Change]:
    """Compare how often a server's span lies before or after all of its client's."""
    for operation in sorted(set(chain.from_iterable(seen.elsewhere for seen in groups.after))):

        def possible(seen: Seen, operation: Operation = operation) -> bool:
            return operation in seen.answered

        def hit(seen: Seen, operation: Operation = operation) -> bool:
            return operation in seen.elsewhere

        yield groups.change(What(Kind.CLOCK, operation), possible, hit)
