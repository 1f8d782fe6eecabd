"""Runs checks one after the other and reports what they found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic

from tracetest.conformance.check import Check
from tracetest.conformance.errors import NotApplicable, Violation
from tracetest.conformance.subject import Subject
from tracetest.documents.runner import Outcome

_INDENT = " " * 4


def run(checks: Sequence[Check], subject: Subject) -> Iterator[Outcome]:
    """Run each check; give how it ended, with the check's reason and link when it failed."""
    for check in checks:
        began = monotonic()
        failure = skipped = ""
        try:
            check(subject)
        except Violation as violation:
            failure = f"{violation}\nwhy: {check.reason}\nsee: {check.link}"
        except NotApplicable as reason:
            skipped = str(reason)
        yield Outcome(check.name, monotonic() - began, failure, skipped=skipped)


def lines_of(outcome: Outcome) -> Iterator[str]:
    """Return the lines of one check's result."""
    verdict = "FAILED" if outcome.failure else "n/a" if outcome.skipped else "ok"
    yield f"{verdict:6} {outcome.name} ({outcome.seconds:.2f} s)" + (f": {outcome.skipped}" if outcome.skipped else "")
    yield from (f"{_INDENT}{line}" for line in outcome.failure.splitlines())


def summary(outcomes: Sequence[Outcome]) -> str:
    """Give the line that ends a report."""
    failed = sum(bool(each.failure) for each in outcomes)
    skipped = sum(bool(each.skipped) for each in outcomes)
    return f"{len(outcomes) - failed - skipped} passed, {failed} failed, {skipped} not applicable"
