"""Any tree matches itself, and one span more is one difference."""

from __future__ import annotations

from typing import Any

from expectation_traces import failing
from hypothesis import given
from hypothesis import strategies as st

from tracetest import Span, Trace, exactly, span, unordered

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
