"""A trace that is wrong in one way fails, and the message names that way."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from dirty_equals import IsInt, IsStr
from hypothesis import given
from hypothesis import strategies as st

from tracetest import Event, Link, Span, Trace, descendant, exactly, exception, expect, no, parallel, span, unordered

SQLITE = {"db.system.name": "sqlite"}
ORDER = span(
    "order",
    "CreateOrder",
    span("order", "GetUser", span("user", "GetUser", kind="SERVER"), kind="CLIENT"),
    span("order", "INSERT orders", kind="CLIENT", status="UNSET", attributes=SQLITE),
    kind="SERVER",
)
INSERT: dict[str, Any] = {"kind": "CLIENT", "attributes": SQLITE}


def order_trace(made: Any, trace_of: Any, *more: Any, get_user: Any = None, **insert: Any) -> Trace:
    get_user = get_user or made("order", "GetUser", made("user", "GetUser", kind="SERVER"), kind="CLIENT")
    inserted = made("order", "INSERT orders", **(INSERT | insert))
    trace: Trace = trace_of(made("order", "CreateOrder", get_user, inserted, *more, kind="SERVER"))
    return trace


def failure(act: Callable[[], None]) -> str:
    with pytest.raises(AssertionError) as caught:
        act()
    return str(caught.value)


def failing(trace: Trace, *expectations: Any) -> str:
    return failure(lambda: trace.expect(*expectations))


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


class TestNumbers:
    @pytest.mark.parametrize(("count", "at_least", "at_most"), [(3, None, None), (None, 2, None), (None, 0, 3)])
    def test_within_bounds_pass(
        self, made: Any, trace_of: Any, count: int | None, at_least: int | None, at_most: int | None
    ) -> None:
        trace = trace_of(made("user", "root", *(made("user", "SELECT users") for _ in range(3))))
        select = span("user", "SELECT users").times(count, at_least=at_least or 0, at_most=at_most)

        trace.expect(select, span("user", "root") > select, span("user", "root", exactly(select)))

    @pytest.mark.parametrize("world", [lambda it: it, exactly])
    def test_too_few_fail(self, made: Any, trace_of: Any, world: Any) -> None:
        trace = trace_of(made("user", "root", made("user", "SELECT users")))

        text = failing(trace, span("user", "root", world(span("user", "SELECT users").times(2))))

        assert "user  SELECT users is expected, but not there" in text

    def test_too_many_fail_in_an_open_world_too(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("user", "root", *(made("user", "SELECT users") for _ in range(4))))
        once = span("user", "SELECT users").times(1)

        assert "user SELECT users is there 4 times in user root, expected 1" in failing(
            trace, span("user", "root") > once
        )
        assert "user SELECT users is there 4 times in the trace, expected 1" in failing(trace, once)

    @pytest.mark.parametrize("bounds", [{"count": -1}, {"at_least": 3, "at_most": 2}])
    def test_bounds_that_nothing_can_keep_are_refused(self, bounds: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="expected 0 <= at_least <= at_most"):
            span("user", "SELECT users").times(**bounds)

    def test_what_must_not_be_there_fails_where_it_is(self, made: Any, trace_of: Any) -> None:
        trace = order_trace(made, trace_of)

        trace.expect(no(span("order", "SELECT orders")), span("order", "GetUser") > no(span("order", "INSERT orders")))

        assert "order INSERT orders is there once in the trace, expected none" in failing(
            trace, no(span("order", "INSERT orders"))
        )
        assert "is there once in order CreateOrder" in failing(
            trace, span("order", "CreateOrder") > no(span("order", "INSERT orders"))
        )
        assert "is there once in all below order CreateOrder" in failing(
            trace, span("order", "CreateOrder") >> no(span("user", "GetUser"))
        )

    def test_what_must_not_be_there_may_be_there_with_other_attributes(self, made: Any, trace_of: Any) -> None:
        order_trace(made, trace_of).expect(no(span("order", "INSERT orders", attributes={"db.system.name": "mysql"})))


class TestAnyOrder:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_siblings_may_start_in_any_order(self, made: Any, trace_of: Any, order: tuple[int, ...]) -> None:
        children = [made("order", "read", attributes={"part": part}) for part in order]
        trace = trace_of(made("order", "root", *children))
        parts = [
            span("order", "read"),  # fits them all, and so must leave the others theirs
            span("order", "read", attributes={"part": 1}),
            span("order", "read", attributes={"part": 2}),
        ]

        trace.expect(span("order", "root", unordered(*parts)), exactly(span("order", "root", unordered(*parts))))

        strict = span("order", "read", attributes={"part": 3})
        text = failing(trace, exactly(span("order", "root", unordered(*parts[1:], strict))))
        assert "attribute part is 0, expected 3" in text

    def test_one_too_much_and_one_missing_are_told(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "GetUser"), made("order", "INSERT orders")))

        text = failing(
            trace,
            exactly(span("order", "root", unordered(span("order", "INSERT orders"), span("user", "SELECT users")))),
        )

        assert "order  GetUser  INTERNAL is there, but not expected, under order root" in text
        assert "user  SELECT users is expected, but not there" in text

    def test_what_comes_after_them_comes_after_all_of_them(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "b"), made("order", "a"), made("order", "c")))
        a, b, c = (span("order", name) for name in "abc")

        trace.expect(span("order", "root", unordered(a, b), c))

        failing(trace, span("order", "root", unordered(a, c), b))

    def test_parallel_work_overlaps(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "b", duration=3), made("order", "a", duration=3)))

        trace.expect(span("order", "root") > parallel(span("order", "a"), span("order", "b")))
        trace.expect(exactly(span("order", "root", parallel(span("order", "a"), span("order", "b")))))

    def test_work_one_after_the_other_is_not_parallel(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "a"), made("order", "b")))

        text = failing(trace, span("order", "root") > parallel(span("order", "a"), span("order", "b")))

        assert "order b began when order a had ended, expected to run in parallel" in text


@pytest.mark.parametrize("make", [no, parallel, unordered, descendant])
def test_what_is_about_no_span_is_refused(make: Any) -> None:
    with pytest.raises(TypeError, match="expected span"):
        make(exactly(span("order", "root")))


def test_what_is_no_expectation_is_refused(made: Any, trace_of: Any) -> None:
    with pytest.raises(TypeError, match="'root': expected span"):
        trace_of(made("order", "root")).expect("root")


trees = st.recursive(
    st.builds(lambda name: (name, ()), st.sampled_from("abcd")),
    lambda inner: st.builds(lambda name, children: (name, tuple(children)), st.sampled_from("abcd"), st.lists(inner)),
    max_leaves=12,
)
Tree = tuple[str, tuple[Any, ...]]


@given(trees)
def test_a_tree_is_like_itself_in_either_way(tree: Tree) -> None:
    trace = Trace("ff", tuple(spans_of(tree, None, [])))

    for in_any_order in (False, True):
        trace.expect(
            expected_of(tree, in_any_order=in_any_order), exactly(expected_of(tree, in_any_order=in_any_order))
        )


@given(trees, st.data())
def test_a_tree_with_one_span_more_is_told_by_one_difference(tree: Tree, data: st.DataObject) -> None:
    spans = spans_of(tree, None, [])
    parent = data.draw(st.sampled_from(spans))
    extra = new_span("zzz", "x", parent.span_id, 0)
    trace = Trace("ff", (*spans, extra))

    text = failing(trace, exactly(expected_of(tree, in_any_order=True)))

    table = text.splitlines()[4:]
    assert [line[2] for line in table[: len(trace)] if line[2] != " "] == ["+"]


def new_span(name: str, span_id: str, parent_id: str | None, start: int) -> Span:
    return Span(
        service="s",
        name=name,
        kind="INTERNAL",
        status="UNSET",
        span_id=span_id,
        parent_id=parent_id,
        start=start,
        duration=1,
    )


def spans_of(tree: Tree, parent_id: str | None, spans: list[Span]) -> list[Span]:
    name, children = tree
    own = new_span(name, str(len(spans)), parent_id, len(spans))
    spans.append(own)
    for child in children:
        spans_of(child, own.span_id, spans)
    return spans


def expected_of(tree: Tree, *, in_any_order: bool) -> Any:
    name, children = tree
    nested = [expected_of(child, in_any_order=in_any_order) for child in children]
    return span("s", name, *([unordered(*reversed(nested))] if in_any_order and nested else nested))
