"""The tree is matched from parent to child, and a closed world has no more than is expected."""

from __future__ import annotations

from typing import Any

import pytest
from expectation_traces import INSERT, ORDER, failing, order_trace

from tracetest import Event, Link, descendant, exactly, span


class TestTheTree:
    def test_is_shown_beside_the_expected_one(self, made: Any, trace_of: Any) -> None:
        misplaced = made("order", "SELECT orders", made("order", "deeper"), kind="CLIENT")
        trace = order_trace(made, trace_of, misplaced, get_user=made("order", "GetUsers", kind="CLIENT"))

        assert failing(trace, exactly(ORDER)).splitlines()[2:] == [
            "exactly(span('order', 'CreateOrder'))",
            "    expected                              | seen",
            "    order  CreateOrder  SERVER            | order  CreateOrder  SERVER",
            "  !   order  GetUser  CLIENT              |   order  GetUsers  CLIENT",
            "  -     user  GetUser  SERVER             |",
            "      order  INSERT orders  CLIENT  UNSET |   order  INSERT orders  CLIENT",
            "  +                                       |   order  SELECT orders  CLIENT",
            "  +                                       |     order  deeper  INTERNAL",
            "",
            "  nearest to span('order', 'GetUser') is order  GetUsers  CLIENT, under order CreateOrder:",
            "    name is 'GetUsers', expected 'GetUser'",
            "  user  GetUser  SERVER is expected, but not there",
            "  order  SELECT orders  CLIENT is there, but not expected, under order CreateOrder",
            "  order  deeper  INTERNAL is there, but not expected, under order SELECT orders",
        ]

    def test_children_are_in_the_order_of_their_start(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "second"), made("order", "first")))

        text = failing(trace, span("order", "root", span("order", "first"), span("order", "second")))

        assert "is expected, but not there" in text

    def test_a_child_is_no_grandchild(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "middle", made("order", "leaf"))))

        trace.expect(span("order", "root") >> span("order", "leaf"))
        trace.expect(span("order", "root", descendant(span("order", "leaf"))))

        assert "order  leaf is expected, but not there" in failing(trace, span("order", "root") > span("order", "leaf"))

    def test_a_descendant_lies_below(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "one"), made("order", "other")))

        assert "order  other is expected, but not there" in failing(
            trace, span("order", "one") >> span("order", "other")
        )

    def test_the_client_span_of_a_call_may_be_left_out(self, made: Any, trace_of: Any) -> None:
        trace = order_trace(made, trace_of)

        trace.expect(span("order", "CreateOrder") > span("user", "GetUser"))
        trace.expect(span("order", "CreateOrder") > span("order", "GetUser") > span("user", "GetUser"))

    def test_in_a_closed_world_it_may_not(self, made: Any, trace_of: Any) -> None:
        text = failing(order_trace(made, trace_of), span("order", "CreateOrder", exactly(span("user", "GetUser"))))

        assert "is there, but not expected" in text


class TestAClosedWorld:
    @pytest.mark.parametrize(
        ("insert", "message"),
        [
            ({"links": (Link("aa", "bb"),)}, "links are aa/bb, expected none"),
            (
                {"events": (Event("exception", {"exception.type": "KeyError"}),)},
                "events are exception KeyError, expected none",
            ),
        ],
    )
    def test_has_no_more_than_is_said(self, made: Any, trace_of: Any, insert: dict[str, Any], message: str) -> None:
        trace = order_trace(made, trace_of, **insert)

        trace.expect(ORDER)

        assert message in failing(trace, exactly(ORDER))

    def test_has_no_error_that_is_not_said(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", status="ERROR"))

        trace.expect(span("order", "root"), exactly(span("order", "root", status="ERROR")))

        assert "status is ERROR, expected none" in failing(trace, exactly(span("order", "root")))

    @pytest.mark.parametrize("depth", range(3))
    def test_one_span_too_much_fails_wherever_it_is(self, made: Any, trace_of: Any, depth: int) -> None:
        extra = [made("order", "extra") if n == depth else None for n in range(3)]
        user = made("user", "GetUser", *filter(None, extra[2:]), kind="SERVER")
        get_user = made("order", "GetUser", user, *filter(None, extra[1:2]), kind="CLIENT")
        trace = order_trace(made, trace_of, *filter(None, extra[:1]), get_user=get_user)

        trace.expect(ORDER)

        assert "order  extra  INTERNAL is there, but not expected" in failing(trace, exactly(ORDER))

    def test_one_root_too_much_fails(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "one"), made("order", "two"))

        trace.expect(exactly(span("order", "one"), span("order", "two")))

        assert "order  two  INTERNAL is there, but not expected" in failing(trace, exactly(span("order", "one")))

    def test_may_be_a_part_of_an_open_one(self, made: Any, trace_of: Any) -> None:
        trace = order_trace(made, trace_of)

        trace.expect(span("order", "GetUser", exactly(span("user", "GetUser"))))
        trace.expect(span("order", "INSERT orders", exactly()))

        assert "is there, but not expected" in failing(trace, span("order", "GetUser", exactly()))

    def test_a_missing_span_is_not_blamed_on_the_one_after_it(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "CreateOrder", made("order", "INSERT orders", **INSERT), kind="SERVER"))

        lines = failing(trace, exactly(ORDER)).splitlines()

        assert [line[2] for line in lines[3:8]] == [" ", " ", "-", "-", " "]
