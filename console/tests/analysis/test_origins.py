from __future__ import annotations

from collections.abc import Callable

from console.analysis.forest import forest
from console.analysis.origins import origins
from console.model import Span, Status, trace_of

MakeSpan = Callable[..., Span]


def found(spans: list[Span]) -> set[int]:
    return {int(span_id, 16) for span_id in origins(forest(trace_of(spans)))}


def test_without_a_failure_nothing_began(order_trace: list[Span]) -> None:
    assert found(order_trace) == set()


def test_an_error_began_below_all_others(make_span: MakeSpan) -> None:
    failed = [make_span(span=number, parent=number - 1, status=Status.ERROR) for number in range(1, 4)]
    assert found([*failed, make_span(span=4, parent=3)]) == {3}


def test_an_error_that_passed_a_span_that_did_not_fail_began_where_it_did(make_span: MakeSpan) -> None:
    top, low = make_span(status=Status.ERROR), make_span(span=3, parent=2, status=Status.ERROR)
    assert found([top, make_span(span=2, parent=1), low]) == {3}


def test_two_errors_have_two_beginnings(make_span: MakeSpan) -> None:
    failed = [make_span(span=number, parent=1, status=Status.ERROR) for number in (2, 3)]
    assert found([make_span(status=Status.ERROR), *failed]) == {2, 3}


def test_what_a_failure_is_can_be_said_otherwise(make_span: MakeSpan) -> None:
    spans = [make_span(status=Status.ERROR), make_span(span=2, parent=1, name="not found")]
    began = origins(forest(trace_of(spans)), lambda span: span.failed or span.name == "not found")
    assert began == {spans[1].span_id}
