from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.model import Event, Kind, Resource, Scope, Span, Status, Value
from console.otlp.spans import StoredSpan
from console.query import Query, as_text, calls_between

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]


@pytest.fixture
def span(make_span: MakeSpan, received: Received) -> StoredSpan:
    made = make_span(
        name="INSERT orders",
        kind=Kind.CLIENT,
        duration=5,
        attributes={"tenant.id": "acme", "rows": 1, "ok": True},
        status=Status.ERROR,
        status_message="locked",
        scope=Scope("chassis.database.engine", "0.1.0", {"scope.attribute": "s"}),
        events=(Event("retry", 0, {"attempt": 2}),),
    )
    return received([made])[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tenant.id", "acme"),
        ("rows", "1"),
        ("ok", "true"),
        ("attempt", "2"),
        ("scope.attribute", "s"),
        ("error", "true"),
        ("span.kind", "client"),
        ("otel.status_code", "ERROR"),
        ("otel.status_description", "locked"),
        ("otel.scope.name", "chassis.database.engine"),
        ("otel.scope.version", "0.1.0"),
        ("service.name", "order"),
    ],
)
def test_a_tag_is_found_wherever_it_stands(span: StoredSpan, key: str, value: str) -> None:
    assert Query(tags={key: value}).matches(span)
    assert not Query(tags={key: value + "x"}).matches(span)
    assert not Query(tags={key: value, "missing": ""}).matches(span)


def test_a_span_that_did_not_fail_is_found_by_error_false(make_span: MakeSpan, received: Received) -> None:
    assert Query(tags={"error": "false"}).matches(received([make_span()])[0])


def test_bounds_of_duration_are_included(span: StoredSpan) -> None:
    assert Query(min_duration=5_000_000, max_duration=5_000_000).matches(span)
    assert not Query(min_duration=5_000_001).matches(span)
    assert not Query(max_duration=4_999_999).matches(span)


def test_all_conditions_are_about_one_span(make_span: MakeSpan, received: Received) -> None:
    query = Query(service="order", operation="a", tags={"k": "v"})
    without_tag, other_name, both = received(
        [make_span(name="a"), make_span(name="b", attributes={"k": "v"}), make_span(name="a", attributes={"k": "v"})]
    )
    assert not query.matches(without_tag)
    assert not query.matches(other_name)
    assert query.matches(both)


def test_calls_of_a_service_to_itself_and_of_missing_parents_are_no_dependencies(
    make_span: MakeSpan, received: Received
) -> None:
    spans = [
        make_span(span=1, service="a"),
        make_span(span=2, parent=1, service="a"),
        make_span(span=3, parent=2, service="b"),
        make_span(span=4, parent=2, service="b"),
        make_span(span=5, parent=9, service="b"),
    ]
    assert calls_between({span.span_id: span for span in received(spans)}) == {("a", "b"): 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (None, ""),
        (True, "true"),
        (-7, "-7"),
        (b"\x00\xff", "AP8="),
        (2.0, "2"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        (0.00001, "0.00001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (float("inf"), '"inf"'),
        ([], "[]"),
        ([1, "two", 3.0, None, b"\x01"], '[1,"two",3,null,"AQ=="]'),
        ({"b": 1, "a": ["<&>é\u2028"]}, '{"a":["\\u003c\\u0026\\u003eé\\u2028"],"b":1}'),
    ],
)
def test_values_are_written_as_jaeger_writes_them(value: Value, text: str) -> None:
    assert as_text(value) == text


def test_a_resource_attribute_is_found(make_span: MakeSpan, received: Received) -> None:
    owned = replace(make_span(), resource=Resource("s", {"service.version": "1"}))
    assert Query(tags={"service.version": "1"}).matches(received([owned])[0])
