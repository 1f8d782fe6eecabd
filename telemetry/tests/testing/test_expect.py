"""A trace that is wrong in one way fails, and the message names that way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from dirty_equals import IsInt
from hypothesis import given
from hypothesis import strategies as st

from telemetry.testing import Event, Link, Span, Trace, expect, span

ORDER = span(
    "order",
    "CreateOrder",
    span("order", "GetUser", span("user", "GetUser", kind="SERVER"), kind="CLIENT"),
    span("order", "INSERT orders", kind="CLIENT", attributes={"db.system.name": "sqlite"}),
    kind="SERVER",
)
INSERT: dict[str, Any] = {"kind": "CLIENT", "attributes": {"db.system.name": "sqlite"}}


def order_trace(made: Any, trace_of: Any, *more: Any, get_user: Any = None, **insert: Any) -> Trace:
    get_user = get_user or made("order", "GetUser", made("user", "GetUser", kind="SERVER"), kind="CLIENT")
    inserted = made("order", "INSERT orders", **(INSERT | insert))
    trace: Trace = trace_of(made("order", "CreateOrder", get_user, inserted, *more, kind="SERVER"))
    return trace


def test_the_same_tree_passes(made: Any, trace_of: Any) -> None:
    expect(order_trace(made, trace_of), ORDER)


@pytest.mark.parametrize(
    ("insert", "message"),
    [
        ({"kind": "INTERNAL"}, "kind is INTERNAL, expected CLIENT"),
        ({"status": "ERROR"}, "status is ERROR, expected UNSET"),
        ({"status": "ERROR", "status_message": "disk full"}, "status is ERROR (disk full), expected UNSET"),
        ({"attributes": {}}, "attribute db.system.name is not there, expected 'sqlite'"),
        ({"attributes": {"db.system.name": "mysql"}}, "attribute db.system.name is 'mysql', expected 'sqlite'"),
        ({"links": (Link("aa", "bb"),)}, "links are aa/bb, expected none"),
        (
            {"events": (Event("exception", {"exception.type": "KeyError"}),)},
            "exceptions are KeyError, expected none",
        ),
    ],
)
def test_a_span_that_differs_in_one_way_is_marked_and_the_way_named(
    made: Any, trace_of: Any, insert: dict[str, Any], message: str
) -> None:
    trace = order_trace(made, trace_of, **insert)

    text = failure(lambda: expect(trace, ORDER))

    assert text.startswith(f"trace {trace.trace_id} is not what was expected: 1 difference\n")
    (marked,) = [line for line in text.splitlines() if line.startswith("!") and "orders" in line]
    assert marked.strip("! ").startswith("order  INSERT orders")
    assert f"!       {message}" in text.splitlines()


def test_both_trees_are_shown_as_one(made: Any, trace_of: Any) -> None:
    misplaced = made("order", "SELECT orders", made("order", "deeper"), kind="CLIENT")
    trace = order_trace(made, trace_of, misplaced, get_user=made("order", "GetUsers", kind="CLIENT"))

    assert failure(lambda: expect(trace, ORDER)).splitlines()[1:] == [
        "  order  CreateOrder  SERVER",
        "!   order  GetUsers  CLIENT",
        "!       name is 'GetUsers', expected 'GetUser'",
        "-     user  GetUser  SERVER    is expected, but not there",
        "    order  INSERT orders  CLIENT",
        "+   order  SELECT orders  CLIENT    is there, but not expected",
        "+     order  deeper  INTERNAL    is there, but not expected",
    ]


def test_a_missing_span_is_not_blamed_on_the_one_after_it(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "CreateOrder", made("order", "INSERT orders", **INSERT), kind="SERVER"))

    assert failure(lambda: expect(trace, ORDER)).splitlines() == [
        f"trace {trace.trace_id} is not what was expected: 2 differences",
        "  order  CreateOrder  SERVER",
        "-   order  GetUser  CLIENT    is expected, but not there",
        "-     user  GetUser  SERVER    is expected, but not there",
        "    order  INSERT orders  CLIENT",
    ]


def test_one_span_too_much_fails_wherever_it_is(made: Any, trace_of: Any) -> None:
    deep = made("order", "GetUser", made("user", "GetUser", made("user", "extra"), kind="SERVER"), kind="CLIENT")

    assert "+       user  extra" in failure(lambda: expect(order_trace(made, trace_of, get_user=deep), ORDER))
    assert "+ order  extra" in failure(
        lambda: expect(
            Trace("ff", (*order_trace(made, trace_of).spans, made("order", "extra").span)),
            ORDER,
        )
    )


def test_the_order_of_the_children_counts(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", made("order", "second"), made("order", "first")))

    assert "1 difference" not in failure(
        lambda: expect(trace, span("order", "root", span("order", "first"), span("order", "second")))
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_children_that_run_at_the_same_time_may_start_in_any_order(
    made: Any, trace_of: Any, order: tuple[int, ...]
) -> None:
    children = [made("order", "read", attributes={"part": part}) for part in order]
    trace = trace_of(made("order", "root", *children))
    parts = [
        span("order", "read"),  # fits them all, and so must leave the others theirs
        span("order", "read", attributes={"part": 1}),
        span("order", "read", attributes={"part": 2}),
    ]

    expect(trace, span("order", "root", *parts, in_any_order=True))

    strict = span("order", "read", attributes={"part": 3})
    text = failure(lambda: expect(trace, span("order", "root", *parts[1:], strict, in_any_order=True)))
    assert "1 difference" in text
    assert "attribute part is 0, expected 3" in text


def test_in_any_order_one_too_much_and_one_missing_are_told(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", made("order", "GetUser"), made("order", "INSERT orders")))
    expected = span("order", "root", span("order", "INSERT orders"), span("user", "SELECT users"), in_any_order=True)

    assert failure(lambda: expect(trace, expected)).splitlines()[1:] == [
        "  order  root  INTERNAL",
        "+   order  GetUser  INTERNAL    is there, but not expected",
        "    order  INSERT orders  INTERNAL",
        "-   user  SELECT users  INTERNAL    is expected, but not there",
    ]


def test_what_every_span_must_have_is_looked_for_in_each(made: Any, trace_of: Any) -> None:
    tenant = {"tenant.id": "acme"}
    trace = trace_of(made("order", "root", made("order", "child"), attributes=tenant))

    text = failure(lambda: expect(trace, span("order", "root", span("order", "child")), every=tenant))

    assert "1 difference" in text
    assert "attribute tenant.id is not there, expected 'acme'" in text


def test_links_and_exceptions_are_compared(made: Any, trace_of: Any) -> None:
    raised = Event("exception", {"exception.type": "KeyError"})
    trace = trace_of(made("order", "root", links=(Link("aa", "bb"),), events=(raised, Event("retry", {}))))

    expect(trace, span("order", "root", links=[Link("aa", "bb")], exceptions=["KeyError"]))

    text = failure(lambda: expect(trace, span("order", "root", links=[Link("aa", "cc")], exceptions=["KeyError"] * 2)))
    assert "links are aa/bb, expected aa/cc" in text
    assert "exceptions are KeyError, expected KeyError, KeyError" in text


def test_a_value_may_be_a_matcher(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "root", attributes={"server.port": 50051}))

    expect(trace, span("order", "root", attributes={"server.port": IsInt(gt=1024)}))

    assert "server.port is 50051, expected IsInt(gt=60000)" in failure(
        lambda: expect(trace, span("order", "root", attributes={"server.port": IsInt(gt=60000)}))
    )


def test_several_roots_are_compared_in_the_order_of_their_start(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "one"), made("order", "two"))

    expect(trace, span("order", "one"), span("order", "two"))
    assert "+ order  two" in failure(lambda: expect(trace, span("order", "one")))


trees = st.recursive(
    st.builds(lambda name: (name, ()), st.sampled_from("abcd")),
    lambda inner: st.builds(lambda name, children: (name, tuple(children)), st.sampled_from("abcd"), st.lists(inner)),
    max_leaves=12,
)
Tree = tuple[str, tuple[Any, ...]]


@given(trees)
def test_a_tree_is_like_itself_in_either_way(tree: Tree) -> None:
    trace = Trace("ff", tuple(spans_of(tree, None, [])))

    expect(trace, expected_of(tree, in_any_order=False))
    expect(trace, expected_of(tree, in_any_order=True))


@given(trees, st.data())
def test_a_tree_with_one_span_more_is_told_by_one_difference(tree: Tree, data: st.DataObject) -> None:
    spans = spans_of(tree, None, [])
    parent = data.draw(st.sampled_from(spans))
    extra = Span(
        service="s",
        name="zzz",
        kind="INTERNAL",
        status="UNSET",
        span_id="x",
        parent_id=parent.span_id,
        start=0,
        duration=1,
    )

    text = failure(lambda: expect(Trace("ff", (*spans, extra)), expected_of(tree, in_any_order=True)))

    assert "1 difference\n" in text
    assert [line[0] for line in text.splitlines()[1:] if line[0] != " "] == ["+"]


def spans_of(tree: Tree, parent_id: str | None, spans: list[Span]) -> list[Span]:
    name, children = tree
    own = Span(
        service="s",
        name=name,
        kind="INTERNAL",
        status="UNSET",
        span_id=str(len(spans)),
        parent_id=parent_id,
        start=len(spans),
        duration=1,
    )
    spans.append(own)
    for child in children:
        spans_of(child, own.span_id, spans)
    return spans


def expected_of(tree: Tree, *, in_any_order: bool) -> Any:
    name, children = tree
    nested = [expected_of(child, in_any_order=in_any_order) for child in children]
    return span("s", name, *(reversed(nested) if in_any_order else nested), in_any_order=in_any_order)


def failure(act: Callable[[], None]) -> str:
    with pytest.raises(AssertionError) as caught:
        act()
    return str(caught.value)
