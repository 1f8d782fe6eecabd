from __future__ import annotations

from tracetest.conformance import Check, NotApplicable, Subject, Violation
from tracetest.conformance.address import Address
from tracetest.conformance.runner import lines_of, run, summary


def keeps(_subject: Subject) -> None:
    """Find nothing."""


def breaks(_subject: Subject) -> None:
    raise Violation("it is red", "it is square")


def says_nothing(_subject: Subject) -> None:
    raise NotApplicable("it has no colour")


CHECKS = tuple(
    Check(name, f"{name} matters", f"https://example.com/{name}", verify)
    for name, verify in (("kept", keeps), ("broken", breaks), ("beside", says_nothing))
)


def test_a_report_tells_each_check_and_of_a_failure_every_problem_its_reason_and_its_link() -> None:
    with Address("127.0.0.1:1") as subject:
        outcomes = list(run(CHECKS, subject))

    kept, broken, beside = (list(lines_of(outcome)) for outcome in outcomes)
    assert [line.partition(" (")[0] for line in (kept[0], broken[0], beside[0])] == [
        "ok     kept",
        "FAILED broken",
        "n/a    beside",
    ]
    assert broken[1:] == [
        "    it is red",
        "    it is square",
        "    why: broken matters",
        "    see: https://example.com/broken",
    ]
    assert beside[0].endswith("s): it has no colour")
    assert (len(kept), len(beside)) == (1, 1)
    assert summary(outcomes) == "1 passed, 1 failed, 1 not applicable"
