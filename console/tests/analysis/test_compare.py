from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.analysis.compare import compare
from console.analysis.forest import forest
from console.model import Span, Status, trace_of

MakeSpan = Callable[..., Span]


def changes(before: list[Span], after: list[Span]) -> list[tuple[int, str, str]]:
    rows = compare(forest(trace_of(before)), forest(trace_of(after)))
    return [(row.depth, (row.after or row.before or before[0]).name, row.change) for row in rows]


def test_a_trace_is_the_same_as_itself(order_trace: list[Span]) -> None:
    assert {change for _, _, change in changes(order_trace, order_trace)} == {"SAME"}


def test_what_is_new_and_gone_stands_where_it_was(make_span: MakeSpan) -> None:
    root = make_span(duration=100)
    one, two, three, more = (
        make_span(span=number, parent=1, name=name, start=number)
        for number, name in [(2, "one"), (3, "two"), (4, "three"), (5, "more")]
    )
    assert changes([root, one, two, three], [root, one, replace(more, start=two.start), three]) == [
        (0, "work", "SAME"),
        (1, "one", "SAME"),
        (1, "more", "NEW"),
        (1, "two", "GONE"),
        (1, "three", "SAME"),
    ]


def test_what_takes_longer_is_slower_and_noise_is_not(make_span: MakeSpan) -> None:
    def trace(slow: float, small: float, fast: float) -> list[Span]:
        named = [("slow", slow), ("small", small), ("fast", fast)]
        children = [
            make_span(span=at, parent=1, name=name, start=at, duration=took) for at, (name, took) in enumerate(named, 2)
        ]
        return [make_span(duration=200), *children]

    found = changes(trace(20, 0.1, 50), trace(60, 0.9, 10))
    assert [change for _, _, change in found] == ["SAME", "SLOWER", "SAME", "FASTER"]


def test_failures_matter_more_than_time(make_span: MakeSpan) -> None:
    good = [make_span(duration=10)]
    bad = [make_span(duration=90, status=Status.ERROR)]
    assert changes(good, bad) == [(0, "work", "BROKE")]
    assert changes(bad, good) == [(0, "work", "FIXED")]


@given(data=st.data())
def test_every_span_of_both_is_in_one_row(make_span: MakeSpan, data: st.DataObject) -> None:
    def drawn() -> list[Span]:
        count = data.draw(st.integers(1, 10))
        numbers, names = st.integers(0, count), st.sampled_from("abc")
        return [
            make_span(span=number, parent=data.draw(numbers), name=data.draw(names), start=data.draw(numbers))
            for number in range(1, count + 1)
        ]

    before, after = drawn(), drawn()
    rows = compare(forest(trace_of(before)), forest(trace_of(after)))
    for spans, shown in ((before, [row.before for row in rows]), (after, [row.after for row in rows])):
        assert sorted(span.span_id for span in shown if span) == sorted(span.span_id for span in spans)
