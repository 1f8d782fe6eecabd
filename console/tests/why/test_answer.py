"""What is said of windows whose difference is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from console.model import Trace, trace_of
from console.why import Answer, compare
from console.why.change import Kind
from console.why.dimensions import Value

from .conftest import CREATE, INSERT, SELECT, Order

MakeOrder = Callable[..., Trace]
TENANTS = ("acme", "globex", "initech", "umbrella")
BEFORE, AFTER = 120, 60


def windows(
    order: MakeOrder, seed: int, changed: Callable[[str], Order | None] = lambda _tenant: None
) -> tuple[list[Trace], list[Trace]]:
    """Make orders of all tenants that vary as such things do, and after some time those of a few are another way."""
    random = Random(seed)  # noqa: S311

    def one(number: int) -> Trace:
        tenant = random.choice(TENANTS)
        like = changed(tenant) if number >= BEFORE else None
        return order(number, like or Order(insert=random.lognormvariate(0.7, 0.8), tenant=tenant))

    made = [one(number) for number in range(BEFORE + AFTER)]
    return made[:BEFORE], made[BEFORE:]


def first(answer: Answer) -> tuple[Kind, tuple[str, ...]]:
    what = answer.findings[0].change.what
    return what.kind, tuple(what.operation)


CHANGES = {
    "a failure": (Order(failure="42P01", tenant="acme"), (Kind.FAILS, INSERT)),
    "a slow statement": (Order(insert=400, tenant="acme"), (Kind.SLOWER, INSERT)),
    "a statement a row": (Order(selects=11, tenant="acme"), (Kind.REPEATED, SELECT)),
    "a call that is gone": (Order(selects=0, tenant="acme"), (Kind.GONE, SELECT)),
    "a wrong clock": (Order(skew=-60_000, tenant="acme"), (Kind.CLOCK, CREATE)),
    "a slow edge": (Order(own=300, tenant="acme"), (Kind.SLOWER, ("gateway", "POST /v1/orders", "server"))),
}


@pytest.mark.parametrize(("like", "named"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("everybody", [False, True], ids=["one tenant", "everybody"])
def test_what_changed_is_named_first_and_whom_it_meets(
    order: MakeOrder, like: Order, named: tuple[Kind, tuple[str, str, str]], *, everybody: bool
) -> None:
    answer = compare(*windows(order, 1, lambda tenant: like if everybody or tenant == "acme" else None))
    assert first(answer) == named
    met = answer.findings[0].met
    assert [each.values for each in met] == ([] if everybody else [(Value("tenant", "", "acme"),)])
    assert answer.findings[0].examples


def test_a_new_call_is_named(order: MakeOrder) -> None:
    answer = compare(*windows_of(order, Order(selects=0), Order(selects=1)))
    assert first(answer) == (Kind.NEW, SELECT)


def windows_of(order: MakeOrder, before: Order, after: Order) -> tuple[list[Trace], list[Trace]]:
    made = [order(number, before if number < BEFORE else after) for number in range(BEFORE + AFTER)]
    return made[:BEFORE], made[BEFORE:]


def test_of_traffic_that_stays_as_it_was_nothing_is_said_but_once_in_a_while(order: MakeOrder) -> None:
    alarms = [seed for seed in range(20) if compare(*windows(order, seed)).findings]
    assert len(alarms) <= 1


def test_a_moment_in_which_everything_stood_still_is_no_change(order: MakeOrder) -> None:
    before, after = windows(order, 1)
    stalled = [order(BEFORE + number, Order(insert=300)) for number in range(30, 36)]
    assert compare(before, [*after[:30], *stalled, *after[36:]]).findings == ()


def test_a_machine_that_is_slower_is_told_as_that_and_no_operation_is_blamed(order: MakeOrder) -> None:
    def times(trace: Trace, factor: int) -> Trace:
        first = trace.start
        return trace_of([
            replace(span, start=first + factor * (span.start - first), end=first + factor * (span.end - first))
            for span in trace.spans
        ])  # fmt: skip

    before, after = windows_of(order, Order(), Order())
    (finding,) = compare(before, [times(trace, 3) for trace in after]).findings
    assert finding.change.what.kind is Kind.ALL_SLOWER
    assert finding.change.now == 3 * finding.change.usual


@pytest.mark.parametrize(("before", "after"), [(19, 75), (150, 19), (0, 0)])
def test_of_few_traces_nothing_is_said_but_that(order: MakeOrder, before: int, after: int) -> None:
    made = windows_of(order, Order(), Order(failure="ERROR"))
    answer = compare(made[0][:before], made[1][:after])
    assert answer.is_too_little
    assert answer.findings == ()


def test_what_follows_from_a_cause_stands_below_it(order: MakeOrder) -> None:
    answer = compare(*windows_of(order, Order(), Order(selects=60)))
    assert first(answer) == (Kind.REPEATED, SELECT)
    (finding,) = answer.findings
    assert [(each.what.kind, tuple(each.what.operation)) for each in finding.follows] == [(Kind.SLOWER, SELECT)]


def test_an_operation_that_is_slower_by_less_than_is_worth_telling_is_not_told(order: MakeOrder) -> None:
    made = windows_of(order, Order(insert=2), Order(insert=8))
    assert compare(*made).findings == ()
    assert first(compare(*made, least=1_000_000)) == (Kind.SLOWER, INSERT)


def test_failures_that_end_are_no_change_and_calls_that_come_back_are_not_new(order: MakeOrder) -> None:
    made = windows_of(order, Order(failure="42P01"), Order())
    assert compare(*made).findings == ()


def test_a_trace_of_before_stands_beside_those_of_now(order: MakeOrder) -> None:
    before, after = windows_of(order, Order(), Order(failure="42P01"))
    (finding,) = compare(before, after).findings
    assert finding.examples == tuple(trace.trace_id for trace in after[:-4:-1])
    assert finding.example_before == before[-1].trace_id
