"""A trace that breaks one rule fails, and the message names what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tracetest import (
    Rule,
    Trace,
    after,
    before,
    every,
    faster_than,
    max_spans,
    no_orphans,
    root_cause,
    same_tenant,
    span,
)

ACME = {"tenant.id": "acme"}


def told(trace: Trace, rule: Rule) -> str:
    """The message of the one rule; empty where it holds."""
    try:
        trace.expect(rule)
    except AssertionError as error:
        return str(error)
    return ""


def test_a_span_whose_parent_is_lost_is_an_orphan(made: Any, trace_of: Any) -> None:
    whole = trace_of(made("order", "root", made("order", "child")))
    torn = trace_of(made("order", "root"), made("user", "lost", parent_id="00000000000000ff"))

    assert told(whole, no_orphans()) == ""
    assert "the parent 00000000000000ff of user  lost  INTERNAL is not there" in told(torn, no_orphans())


def test_the_caller_is_no_lost_parent(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", parent_id="00000000000000ff"))

    assert told(Trace(trace.trace_id, trace.spans, caller="00000000000000ff"), no_orphans()) == ""


def test_too_many_spans_are_counted_and_the_most_frequent_named(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("user", "root", *(made("user", "SELECT users") for _ in range(3))))

    assert told(trace, max_spans(4)) == ""
    assert "there are 4 spans, expected at most 3; 3 of them are user SELECT users" in told(trace, max_spans(3))


def test_a_slow_trace_is_told_from_its_first_start_to_its_last_end(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root"), made("order", "late", duration=1998))  # it begins a microsecond later

    assert told(trace, faster_than(2)) == ""
    assert "it took 1.999 ms, expected less than 1.999 ms" in told(trace, faster_than(1.999))


def test_an_attribute_that_one_span_lacks_is_told(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", made("order", "child"), attributes=ACME))

    assert told(trace, every({"tenant.name": None})) == ""
    assert "order  child  INTERNAL: attribute tenant.id is not there, expected 'acme'" in told(trace, every(ACME))


@pytest.mark.parametrize(
    ("child", "tenant", "message"),
    [
        ({"tenant.id": "evil"}, None, "order  child  INTERNAL: attribute tenant.id is 'evil', expected 'acme'"),
        ({}, None, "order  child  INTERNAL: attribute tenant.id is not there, expected 'acme'"),
        (ACME, "other", "order  root  INTERNAL: attribute tenant.id is 'acme', expected 'other'"),
    ],
)
def test_a_span_of_another_tenant_is_told(
    made: Any, trace_of: Any, child: dict[str, str], tenant: str | None, message: str
) -> None:
    trace = trace_of(made("order", "root", made("order", "child", attributes=child), attributes=ACME))

    assert message in told(trace, same_tenant(tenant))


def test_one_tenant_throughout_passes(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", made("order", "child", attributes=ACME), attributes=ACME))

    assert told(trace, same_tenant()) == told(trace, same_tenant("acme")) == ""
    assert "no span has tenant.id" in told(trace_of(made("order", "root")), same_tenant())


class TestOrder:
    @pytest.fixture
    def trace(self, made: Any, trace_of: Any) -> Trace:
        asked = made("order", "GetUser", made("user", "SELECT users"), duration=3000)
        trace: Trace = trace_of(made("order", "root", asked, made("order", "INSERT orders"), duration=9000))
        return trace

    def test_what_ended_before_the_other_began_is_before_it(self, trace: Trace) -> None:
        select, insert = span("user", "SELECT users"), span("order", "INSERT orders")

        assert told(trace, before(select, insert)) == told(trace, after(insert, select)) == ""

    def test_what_still_ran_is_told_with_the_time(self, trace: Trace) -> None:
        rule = before(span("order", "GetUser"), span("order", "INSERT orders"))

        assert "order  INSERT orders  INTERNAL began 2.998 ms before order  GetUser  INTERNAL had ended" in told(
            trace, rule
        )

    def test_what_is_not_there_is_told(self, trace: Trace) -> None:
        assert "there is no span('audit', 'write')" in told(trace, after(span("audit", "write"), span("order", "root")))


class TestRootCause:
    def test_is_the_deepest_span_that_failed(self, made: Any, trace_of: Any) -> None:
        select = made("user", "SELECT users", status="ERROR", attributes={"error.type": "TimeoutError"})
        trace = trace_of(made("order", "root", made("user", "GetUser", select, status="ERROR"), status="ERROR"))

        assert told(trace, root_cause(span("user", "SELECT users", attributes={"error.type": "TimeoutError"}))) == ""

        text = told(trace, root_cause(span("user", "GetUser")))
        assert (
            "the root cause is user  SELECT users  INTERNAL  ERROR (TimeoutError), expected span('user', 'GetUser')"
            in text
        )
        assert "name is 'SELECT users', expected 'GetUser'" in text

    def test_may_be_a_server_that_is_not_to_blame(self, made: Any, trace_of: Any) -> None:
        code = {"rpc.response.status_code": "NOT_FOUND"}
        server = made("user", "GetUser", made("user", "SELECT users"), kind="SERVER", attributes=code)
        trace = trace_of(made("order", "GetUser", server, kind="CLIENT", status="ERROR", attributes=code))

        assert told(trace, root_cause(span("user", "GetUser", kind="SERVER"))) == ""

    def test_is_not_what_was_cancelled_for_it(self, made: Any, trace_of: Any) -> None:
        cancelled = made("order", "reads", attributes={"error.type": "cancelled"})
        failed = made("order", "writes", status="ERROR", duration=5)
        trace = trace_of(made("order", "root", cancelled, failed, status="ERROR"))

        assert told(trace, root_cause(span("order", "writes"))) == ""

    def test_is_the_first_of_several(self, made: Any, trace_of: Any) -> None:
        attempts = (made("order", f"attempt {n}", status="ERROR") for n in (1, 2))

        assert told(trace_of(made("order", "root", *attempts)), root_cause(span("order", "attempt 1"))) == ""

    def test_may_be_a_refusal_of_http(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("gateway", "POST /v1/orders", attributes={"http.response.status_code": 401}))

        assert told(trace, root_cause(span("gateway", "POST /v1/orders"))) == ""

    @pytest.mark.parametrize(
        ("attributes", "failure"),
        [
            ({"rpc.grpc.status_code": 5}, "NOT_FOUND"),
            ({"rpc.grpc.status_code": 99}, "99"),
            ({"http.status_code": 401}, "401"),
        ],
    )
    def test_may_be_told_in_the_conventions_of_before(
        self, made: Any, trace_of: Any, attributes: dict[str, int], failure: str
    ) -> None:
        trace = trace_of(made("order", "root", made("user", "served", kind="SERVER", attributes=attributes)))

        assert told(trace, root_cause(span("user", "served"))) == ""
        assert f"the root cause is user  served  SERVER ({failure})" in told(trace, root_cause(span("order", "root")))

    @pytest.mark.parametrize("attributes", [{"rpc.grpc.status_code": 0}, {"http.status_code": 200}])
    def test_is_no_call_that_went_well_by_the_conventions_of_before(
        self, made: Any, trace_of: Any, attributes: dict[str, int]
    ) -> None:
        trace = trace_of(made("order", "root", attributes=attributes))

        assert "nothing has failed" in told(trace, root_cause(span("order", "root")))

    def test_is_nowhere_where_nothing_failed(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", attributes={"rpc.response.status_code": "OK"}))

        assert "nothing has failed, expected span('order', 'root')" in told(trace, root_cause(span("order", "root")))


def test_all_that_failed_is_told_with_the_link_and_the_trace_once(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", made("order", "child")))
    trace = Trace(trace.trace_id, trace.spans, link="http://jaeger/trace/1")

    with pytest.raises(AssertionError) as caught:
        trace.expect(max_spans(1), span("order", "root"), faster_than(0.001))

    assert str(caught.value).splitlines() == [
        f"trace {trace.trace_id} is not what was expected: 2 of 3 expectations failed",
        "  http://jaeger/trace/1",
        "",
        "max_spans(count=1)",
        "  there are 2 spans, expected at most 1; 1 of them are order root",
        "",
        "faster_than(ms=0.001)",
        "  it took 0.002 ms, expected less than 0.001 ms",
        "",
        "the trace:",
        "  order  root  INTERNAL",
        "    order  child  INTERNAL",
    ]


def test_a_rule_of_ones_own_is_a_class(made: Any, trace_of: Any) -> None:
    class Quiet(Rule):
        def problems(self, trace: Trace) -> Iterator[str]:
            yield from (f"{span.name} speaks" for span in trace if span.events)

    assert told(trace_of(made("order", "root")), Quiet()) == ""
