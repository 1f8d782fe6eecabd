"""A trace that is wrong in one way fails, and the message names that way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from dirty_equals import IsInt, IsStr
from expectation_traces import ORDER, failing, order_trace

from tracetest import Event, Link, exactly, exception, expect, span


class TestASpan:
    @pytest.mark.parametrize("world", [lambda it: it, exactly])
    def test_the_same_tree_passes(self, made: Any, trace_of: Any, world: Any) -> None:
        expect(order_trace(made, trace_of), world(ORDER))

    @pytest.mark.parametrize(
        ("insert", "message"),
        [
            ({"kind": "INTERNAL"}, "kind is INTERNAL, expected CLIENT"),
            ({"status": "ERROR"}, "status is ERROR, expected UNSET"),
            ({"status": "ERROR", "status_message": "disk full"}, "status is ERROR (disk full), expected UNSET"),
            ({"attributes": {}}, "attribute db.system.name is not there, expected 'sqlite'"),
            ({"attributes": {"db.system.name": "mysql"}}, "attribute db.system.name is 'mysql', expected 'sqlite'"),
        ],
    )
    @pytest.mark.parametrize("world", [lambda it: it, exactly])
    def test_that_differs_in_one_way_is_marked_and_the_way_named(
        self, made: Any, trace_of: Any, insert: dict[str, Any], message: str, world: Any
    ) -> None:
        text = failing(order_trace(made, trace_of, **insert), world(ORDER))

        (marked,) = [line for line in text.splitlines() if line.startswith("  !")]
        assert "INSERT orders" in marked
        assert f"    {message}" in text.splitlines()

    def test_with_another_name_is_the_nearest_miss(self, made: Any, trace_of: Any) -> None:
        trace = order_trace(made, trace_of, get_user=made("order", "GetUsers", kind="CLIENT"))

        text = failing(trace, span("order", "CreateOrder") > span("order", "GetUser"))

        assert "nearest to span('order', 'GetUser') is order  GetUsers  CLIENT, under order CreateOrder:" in text
        assert "name is 'GetUsers', expected 'GetUser'" in text

    def test_of_another_service_is_the_nearest_miss(self, made: Any, trace_of: Any) -> None:
        text = failing(trace_of(made("order", "SELECT users")), span("user", "SELECT users"))

        assert "service is 'order', expected 'user'" in text

    def test_that_nothing_is_like_is_said_to_be_missing(self, made: Any, trace_of: Any) -> None:
        text = failing(order_trace(made, trace_of), span("audit", "write"))

        assert "audit  write is expected, but not there" in text

    def test_names_may_be_regular_expressions_and_matchers(self, made: Any, trace_of: Any) -> None:
        trace = order_trace(made, trace_of)

        trace.expect(span("order", re.compile("INSERT .*")), span(IsStr(), IsStr(regex="INSERT.*")))

        assert "name is 'INSERT orders', expected /INSERT/" in failing(trace, span("order", re.compile("INSERT")))

    def test_the_name_of_an_rpc_may_be_shortened_and_no_other(self, made: Any, trace_of: Any) -> None:
        name = "shop.order.v1.OrderService/CreateOrder"
        rpc = trace_of(made("order", name, attributes={"rpc.method": name}))

        rpc.expect(span("order", "CreateOrder"), span("order", "OrderService/CreateOrder"), span("order", name))

        failing(rpc, span("order", "Order"))
        failing(trace_of(made("order", name)), span("order", "CreateOrder"))

    def test_an_attribute_may_be_a_matcher(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", attributes={"server.port": 50051, "ok": True, "parts": ("a", "b")}))

        trace.expect(span("order", "root", attributes={"server.port": IsInt(gt=1024), "parts": ["a", "b"], "ok": True}))

        assert "server.port is 50051, expected IsInt(gt=60000)" in failing(
            trace, span("order", "root", attributes={"server.port": IsInt(gt=60000)})
        )
        assert "attribute ok is True, expected 1" in failing(trace, span("order", "root", attributes={"ok": 1}))
        assert "expected ['b']" in failing(trace, span("order", "root", attributes={"parts": ["b"]}))

    def test_an_attribute_may_be_expected_not_to_be_there(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", attributes={"error.type": "KeyError"}))

        trace.expect(span("order", "root", attributes={"error.class": None}))

        text = failing(trace, span("order", "root", attributes={"error.type": None}))
        assert "attribute error.type is 'KeyError', expected not to be there" in text

    def test_a_sequence_is_equal_to_its_json_as_the_older_api_of_jaeger_gives_it(
        self, made: Any, trace_of: Any
    ) -> None:
        trace = trace_of(made("order", "root", attributes={"parts": '["a","b"]'}))

        trace.expect(span("order", "root", attributes={"parts": ["a", "b"]}))

        failing(trace, span("order", "root", attributes={"parts": ["a"]}))

    def test_events_are_there_in_their_order(self, made: Any, trace_of: Any) -> None:
        raised = Event("exception", {"exception.type": "KeyError", "exception.message": "7"})
        trace = trace_of(made("order", "root", events=(Event("retry"), raised, Event("done"))))

        trace.expect(
            span("order", "root", events=["retry", "done"]),
            span("order", "root", events=[exception("KeyError", message="7")]),
        )

        assert "event exception ValueError is not there, events are retry, exception KeyError, done" in failing(
            trace, span("order", "root", events=[exception("ValueError")])
        )
        assert "event retry is not there" in failing(trace, span("order", "root", events=["done", "retry"]))

    def test_links_are_there_in_any_order(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", links=(Link("aa", "bb"), Link("cc", "dd"))))

        trace.expect(span("order", "root", links=[Link("cc", IsStr()), Link("aa", "bb")]))

        assert "links are aa/bb, cc/dd, expected aa/cc" in failing(
            trace, span("order", "root", links=[Link("aa", "cc")])
        )

    def test_it_may_be_expected_to_be_fast(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", duration=5000))

        trace.expect(span("order", "root").faster_than(5.1))

        assert "took 5 ms, expected less than 5 ms" in failing(trace, span("order", "root").faster_than(5))
