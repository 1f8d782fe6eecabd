from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.catalogue import CatalogueError, load, parse
from telemetry.errors import HANDLING
from tracetest import read_expectations

ROOT = Path(__file__).parents[2]
WANTED = {
    "user-not-found",
    "wrong-tenant",
    "bad-token",
    "user-down",
    "user-slow",
    "user-flaky",
    "order-handler-bug",
    "stream-broken",
    "client-gone",
    "n-plus-one",
    "slow-query",
    "database-down",
    "pool-exhausted",
    "unique-conflict",
    "duplicate-request",
    "rate-limit",
    "collector-down",
    "jaeger-down",
    "poisoned-headers",
    "clock-skew",
}
GOOD = """\
faults:
  - id: slow
    title: Slow
    does: It is slow.
    inject: {service: user, method: shop.user.v1.UserService/GetUser, do: delay, seconds: 1}
    request: {method: GET, path: /v1/users}
    answer: {status: 200}
    error: null
    trace: null
    root_cause: null
    metric: null
    alert: null
"""


def test_the_catalogue_has_all_that_was_promised() -> None:
    assert set(load().ids) >= WANTED


def test_it_is_read_once() -> None:
    assert load() is load()


def test_a_fault_is_found_by_its_id() -> None:
    assert load().get("user-slow").title == "The user service is slow"
    with pytest.raises(CatalogueError, match=r"^fault='user-gone': expected one of user-not-found, "):
        load().get("user-gone")


@pytest.mark.parametrize("fault_id", load().ids)
def test_what_it_says_of_a_trace_is_understood_by_the_kit(fault_id: str) -> None:
    trace = load().get(fault_id).trace

    assert trace is None or read_expectations(trace)


def test_classes_and_severities_are_those_of_telemetry() -> None:
    for fault in load():
        if fault.error is not None:
            assert HANDLING[fault.error.kind].severity == fault.error.severity, fault.id


def test_a_caller_s_mistake_wakes_nobody() -> None:
    for fault in load():
        if fault.answer is not None and 400 <= fault.answer.status < 500:
            assert fault.alert is None, fault.id


def test_every_alert_has_a_rule_and_a_runbook() -> None:
    rules = "".join(path.read_text() for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yaml")))

    for alert in {fault.alert for fault in load()} - {None}:
        assert f"alert: {alert}\n" in rules
        assert (ROOT / "docs" / "runbooks" / f"{alert}.md").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seconds: 1", "seconds: soon", "Expected `float`, got `str` - at `$.faults[0].inject.seconds`"),
        ("seconds: 1", "seconds: 0", "Expected `float` > 0.0 - at `$.faults[0].inject.seconds`"),
        ("seconds: 1", "hours: 1", "Object contains unknown field `hours` - at `$.faults[0].inject`"),
        ("do: delay", "do: dally", "Invalid value 'dally' - at `$.faults[0].inject.do`"),
        ("id: slow", "id: Slow!", "Expected `str` matching regex '^[a-z][a-z0-9-]*[a-z0-9]$' - at `$.faults[0].id`"),
        ("title: Slow", "name: Slow", "Object contains unknown field `name` - at `$.faults[0]`"),
        (
            "error: null",
            "error: {class: bad, severity: info}",
            "Invalid enum value 'bad' - at `$.faults[0].error.class`",
        ),
        ("faults:", "fault: [", "no YAML: while parsing a flow node"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_that_says_where(old: str, new: str, message: str) -> None:
    parse(GOOD)

    with pytest.raises(CatalogueError) as wrong:
        parse(GOOD.replace(old, new))

    assert str(wrong.value).startswith(f"catalogue: {message}")
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + GOOD.partition("\n")[2], "catalogue: fault='slow': two have this id"),
        (GOOD.replace("    inject:", "    #"), "catalogue: fault='slow': expected one of inject, stops, caller"),
        (
            GOOD.replace("answer: {status: 200}", "answer: null"),
            "catalogue: fault='slow': expected an answer, for its caller does not leave",
        ),
    ],
)
def test_faults_must_make_sense(text: str, message: str) -> None:
    with pytest.raises(CatalogueError) as wrong:
        parse(text)

    assert str(wrong.value) == message


@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        parse(text)
