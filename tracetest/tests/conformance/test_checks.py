from __future__ import annotations

import re

import pytest

from tracetest.conformance import CHECKS, Check, NotApplicable, Program, Violation

# What each check says of a service that does everything wrong: a rule for which there is no line has never failed.
CREATE, GET = (f"conformance.test.v1.ThingService/{name}" for name in ("CreateThing", "GetThing"))
WRONG = {
    "trace-continued": rf"^{CREATE}: the parent of its SERVER span is \w{{16}}, expected \w{{16}}, the caller's span",
    "trace-passed-on": rf"^{CREATE} called FRIEND_SERVICE with traceparent=none: expected trace id \w{{32}} and the id",
    "tenant-passed-on": rf"^{CREATE} called FRIEND_SERVICE with x-tenant-id=none: expected conformance-\w+, the",
    "tenant-required": rf"^{CREATE} OK for no tenant: expected one of INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTH",
    "tenant-isolation": rf"^{GET} gave tenant conformance-\w+ what tenant conformance-\w+ has: '",
    "success-spans": rf"^the span of {CREATE} OK: its status is OK, expected UNSET: OK is no failure",
    "refusal-spans": rf"^the span of {CREATE} INVALID_ARGUMENT .*: .* it has 2 exception events",
    "failure-spans": rf"^the span of {CREATE} UNKNOWN .*: its status is UNSET, expected ERROR: UNKNOWN is",
    "deadline-kept": rf"^{CREATE} DEADLINE_EXCEEDED .*: the service went on: its span has not ended 2 s after",
    "deadline-passed-on": rf"^{CREATE} called FRIEND_SERVICE with no deadline: expected at most the 2 s of its caller",
    "cancellation-kept": rf"^{CREATE} CANCELLED .*: the service went on: its span has not ended 2 s after the caller",
    "cancellation-passed-on": rf"^{CREATE}: its call of FRIEND_SERVICE went on 2 s after the caller had left",
    "nothing-leaks": rf"(?s)^{CREATE} UNKNOWN tells its caller of .*the caller's authorization was written down: ",
    "health": r"^health of 'conformance.v1.NobodysService' is SERVING after 3 s, expected NOT_FOUND",
    "readiness": r"^health of 'conformance.test.v1.ThingService' is SERVING after 3 s, expected NOT_SERVING",
    "sigterm": r"^the process ended with exit code -15 after SIGTERM: expected 0\na call that was under way",
    "collector-gone": rf"{CREATE} OK took \d\.\d s: expected it not to wait for the collector",
    "metadata-fuzzed": rf"^{CREATE} UNKNOWN .* with .*: expected metadata that cannot be read to count as not sent",
    "cardinality-bounded": r"^there are \d{3} names of spans, such as 'create .*': expected one a method",
}

NEEDS_NOTHING = {
    "trace-passed-on": "the service calls no other service that the suite mocks, and has no database",
    "failure-spans": "the service calls no other service that the suite mocks; the service has no database",
    "deadline-kept": "nothing is known that the service waits for: no other service, and no SQLite file",
    "deadline-passed-on": "the service calls no other service that the suite mocks",
    "cancellation-kept": "nothing is known that the service waits for: no other service, and no SQLite file",
    "cancellation-passed-on": "the service calls no other service that the suite mocks",
    "readiness": "the service has no database",
}


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_service_that_does_everything_wrong_fails_each_check_for_its_own_reason(wrong: Program, check: Check) -> None:
    with pytest.raises(Violation, match=WRONG[check.name]):
        check(wrong)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_service_that_needs_nothing_passes_all_that_say_something_of_it(plain: Program, check: Check) -> None:
    reason = NEEDS_NOTHING.get(check.name)
    if reason is None:
        check(plain)
    else:
        with pytest.raises(NotApplicable, match=f"^{re.escape(reason)}$"):
            check(plain)


def test_what_is_expected_of_the_checks_is_of_checks_that_there_are() -> None:
    names = {check.name for check in CHECKS}

    assert set(WRONG) == names
    assert set(NEEDS_NOTHING) <= names
