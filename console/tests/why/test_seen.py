from __future__ import annotations

from collections.abc import Callable

from console.model import Kind, Span, Status, Trace, trace_of
from console.why.dimensions import Value
from console.why.seen import NOBODY, Operation, see

from .conftest import CREATE, INSERT, SELECT, Order

MakeOrder = Callable[..., Trace]
MakeSpan = Callable[..., Span]
EDGE = Operation("gateway", "POST /v1/orders", "server")


def test_the_time_of_the_critical_path_is_shared_out_and_none_is_lost(order: MakeOrder) -> None:
    trace = order(0, Order(insert=7, own=3))
    own = see(trace).own
    assert own[Operation(*INSERT)] == 7_000_000
    assert own[EDGE] == 3_000_000
    assert sum(own.values()) == trace.duration


def test_a_failure_is_where_it_began(order: MakeOrder) -> None:
    assert see(order(0, Order(failure="42P01"))).failures == {(Operation(*INSERT), "42P01")}
    assert see(order(0)).failures == frozenset()


def test_what_was_cancelled_is_a_failure_only_where_nothing_else_failed(make_span: MakeSpan) -> None:
    def failing(span: int, why: str) -> Span:
        return make_span(span=span, parent=1, name=why, status=Status.ERROR, attributes={"error.type": why})

    both = see(trace_of([make_span(), failing(2, "CANCELLED"), failing(3, "UNAVAILABLE")]))
    assert {how for _operation, how in both.failures} == {"UNAVAILABLE"}
    one = see(trace_of([make_span(), failing(2, "CANCELLED")]))
    assert {how for _operation, how in one.failures} == {"CANCELLED"}


def test_calls_are_counted_by_caller_and_those_of_a_caller_that_failed_are_not(order: MakeOrder) -> None:
    calls = see(order(0, Order(selects=3))).calls
    assert calls[Operation(*CREATE)] == {Operation(*SELECT): 3, Operation(*INSERT): 1}
    assert calls[NOBODY] == {EDGE: 1}
    assert Operation(*CREATE) not in see(order(0, Order(failure="ERROR"))).calls


def test_of_several_spans_of_a_caller_the_one_that_called_most_counts(make_span: MakeSpan) -> None:
    spans = [make_span(), *(make_span(span=number, parent=1, name="loop") for number in (2, 3))]
    spans += [make_span(span=10 + number, parent=2 + number % 2, name="row", kind=Kind.CLIENT) for number in range(5)]
    calls = see(trace_of(spans)).calls
    assert calls[Operation("order", "loop", "internal")] == {Operation("order", "row", "client"): 3}


def test_a_server_that_answers_outside_of_its_call_has_a_wrong_clock(order: MakeOrder) -> None:
    create = Operation(*CREATE)
    assert (see(order(0)).answered, see(order(0)).elsewhere) == (frozenset({create}), frozenset())
    for skew in (-60_000, 60_000):
        assert see(order(0, Order(skew=skew))).elsewhere == {create}


def test_it_knows_tenant_route_instances_and_flags(order: MakeOrder) -> None:
    values = see(order(0, Order(tenant="globex", instance="two", flag="new-checkout"))).values
    assert values == {
        Value("tenant", "", "globex"),
        Value("route", "", "POST /v1/orders"),
        Value("instance", "gateway", "two"),
        Value("instance", "order", "two"),
        Value("flag", "", "new-checkout=on"),
    }
