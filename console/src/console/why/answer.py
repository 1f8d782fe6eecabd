"""What changed between the traces of a window and those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from console.model import Trace
from console.why.calls import calls
from console.why.change import Change
from console.why.durations import durations
from console.why.failures import clocks, failures
from console.why.groups import Groups
from console.why.ranking import causes
from console.why.seen import Seen, see
from console.why.who import Met, met_by

FEWEST_TRACES = 20
LEAST = 10_000_000  # nanoseconds

_MOST_FINDINGS = 5
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is different now.

    Attributes:
        change: what; its ``chance`` is corrected for all that was looked at.
        met: whom it meets, if not everybody.
        follows: what else is different in the same traces.
        examples: ids of traces that have it.
        example_before: the id of one before that has the operation and has it not; empty when there is none.
    """

    change: Change
    met: tuple[Met, ...]
    follows: tuple[Change, ...]
    examples: tuple[str, ...]
    example_before: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is different, the most important first.

    Attributes:
        before: how many traces were compared with.
        after: how many traces the window has.
        findings: at most five; none where nothing is different, or where nobody can tell.
    """

    before: int
    after: int
    findings: tuple[Finding, ...]

    @property
    def is_too_little(self) -> bool:
        """Whether there are too few traces to tell."""
        return min(self.before, self.after) < FEWEST_TRACES


def compare(before: Sequence[Trace], after: Sequence[Trace], *, least: int = LEAST) -> Answer:
    """Say what is different in the traces of a window.

    Args:
        before: the traces before.
        after: the traces of the window.
        least: nanoseconds; an operation that became slower by less is not told.

    Raises:
        StatisticsMissingError: SciPy is not installed.
    """
    if min(len(before), len(after)) < FEWEST_TRACES:
        return Answer(len(before), len(after), ())
    seen_before, seen_after = [see(trace) for trace in before], [see(trace) for trace in after]
    groups = Groups(seen_before, seen_after)
    all_changes = chain(failures(groups), clocks(groups), calls(groups), durations(groups, least))
    found = causes(all_changes)[:_MOST_FINDINGS]
    met = met_by([cause.change for cause in found], {seen.trace_id: seen for seen in seen_after})
    return Answer(
        len(before),
        len(after),
        tuple(
            Finding(
                cause.change,
                tuple(groups),
                tuple(cause.follows),
                _examples(cause.change, seen_after),
                _example_before(cause.change, seen_before),
            )
            for cause, groups in zip(found, met, strict=True)
        ),
    )


def _examples(change: Change, after: Sequence[Seen]) -> tuple[str, ...]:
    latest = sorted(after, key=lambda seen: -seen.start)
    return tuple(seen.trace_id for seen in latest if seen.trace_id in change.affected)[:_EXAMPLES]


def _example_before(change: Change, before: Sequence[Seen]) -> str:
    """Give a trace that has what the change is about, as it was; of those that had it not, the latest."""
    latest = sorted(before, key=lambda seen: -seen.start)
    what = change.what
    failure = what.operation, what.failure
    having = (seen for seen in latest if what.operation in seen.own and failure not in seen.failures)
    return next((seen.trace_id for seen in having), "")
