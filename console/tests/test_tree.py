from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model import Event, Span, Status, trace_of
from console.tree import count_text, duration_text, failure_text, rows, started_text, status_text

MakeSpan = Callable[..., Span]


def test_children_stand_below_their_parent_in_the_order_of_their_start(make_span: MakeSpan) -> None:
    spans = [
        make_span(span=1, name="root"),
        make_span(span=2, parent=1, name="second", start=2),
        make_span(span=3, parent=1, name="first", start=1),
        make_span(span=4, parent=3, name="below first", start=5),
    ]
    laid = [(row.span.name, row.depth, row.more, row.offset) for row in rows(trace_of(spans))]
    assert laid == [
        ("root", 0, (), 0),
        ("first", 1, (True,), 1_000_000),
        ("below first", 2, (True, False), 5_000_000),
        ("second", 1, (False,), 2_000_000),
    ]


def test_a_span_whose_parent_is_missing_is_a_root(make_span: MakeSpan) -> None:
    laid = rows(trace_of([make_span(span=1), make_span(span=2, parent=99, start=1)]))
    assert [row.depth for row in laid] == [0, 0]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12))
def test_every_span_stands_once_whatever_its_parent(make_span: MakeSpan, parents: list[int]) -> None:
    spans = [make_span(span=number, parent=parent) for number, parent in enumerate(parents, 1)]
    laid = rows(trace_of(spans))
    assert sorted(row.span.span_id for row in laid) == sorted(span.span_id for span in spans)


def test_a_chain_of_thousands_is_laid_out(make_span: MakeSpan) -> None:
    laid = rows(trace_of([make_span(span=number, parent=number - 1) for number in range(1, 5_001)]))
    assert laid[-1].depth == 4_999
    assert len(laid[-1].more) == 24


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (42_123_456, "42.12 ms"),
        (142_123_456, "142.1 ms"),
        (1_500_000_000, "1.50 s"),
        (4_000_000_000_000, "4000.0 s"),
    ],
)
def test_durations_are_written_in_the_unit_that_suits_them(nanoseconds: int, text: str) -> None:
    assert duration_text(nanoseconds) == text


def test_counts_and_times_are_written_for_people(make_span: MakeSpan) -> None:
    assert (count_text(1, "span"), count_text(2, "span")) == ("1 span", "2 spans")
    assert started_text(trace_of([make_span()])) == "2025-10-09 08:53:20 UTC"


def test_the_status_is_the_calls_own_where_it_has_one(make_span: MakeSpan) -> None:
    assert status_text(make_span(attributes={"rpc.response.status_code": "NOT_FOUND"})) == "NOT_FOUND"
    assert status_text(make_span(attributes={"http.response.status_code": 201})) == "201"
    assert status_text(make_span(status=Status.ERROR)) == "ERROR"
    assert status_text(make_span()) == ""


def test_a_failure_is_told_by_its_exception_or_its_status_message(make_span: MakeSpan) -> None:
    exception = Event("exception", 0, {"exception.type": "ValueError", "exception.message": "no"})
    failed = {"status": Status.ERROR, "status_message": "it failed"}
    assert failure_text(make_span(events=(exception,), **failed)) == "ValueError: no"
    assert failure_text(make_span(events=(Event("exception", 0),), **failed)) == "it failed"
    assert failure_text(make_span(events=(exception,))) == ""
