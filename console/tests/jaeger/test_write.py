from __future__ import annotations

from collections.abc import Callable

import pytest

from console.jaeger.warnings import warnings_of
from console.jaeger.write import TraceJson, write_trace
from console.model import Attributes, Event, Link, Resource, Span, Value, trace_of

MakeSpan = Callable[..., Span]


def written(*spans: Span) -> TraceJson:
    return write_trace(trace_of(list(spans)))


def references(span: Span) -> list[tuple[str, str]]:
    return [(item["refType"], item["spanID"]) for item in written(span)["spans"][0]["references"]]


def test_equal_processes_share_an_id_and_different_ones_do_not(make_span: MakeSpan) -> None:
    one = make_span(span=1)
    other = Span(one.trace_id, f"{2:016x}", "", "n", one.kind, one.start + 1, one.end, Resource("order", {"x": True}))
    trace = written(one, other, make_span(span=3, start=1))
    assert [span["processID"] for span in trace["spans"]] == ["p1", "p2", "p1"]
    assert trace["processes"]["p2"] == {
        "serviceName": "order",
        "tags": [{"key": "x", "type": "bool", "value": True}],
    }


def test_library_attributes_of_a_span_belong_to_its_process(make_span: MakeSpan) -> None:
    trace = written(make_span(attributes={"telemetry.sdk.name": "opentelemetry", "a": 1}))
    assert [tag["key"] for tag in trace["spans"][0]["tags"]] == ["a", "span.kind"]
    assert [tag["key"] for tag in trace["processes"]["p1"]["tags"]] == ["telemetry.sdk.name"]


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [
        (2**53 - 1, "int64", 2**53 - 1),
        (2**53, "int64", str(2**53)),
        (-(2**63), "int64", str(-(2**63))),
        (float("nan"), "float64", "nan"),
        (float("-inf"), "float64", "-inf"),
        (b"\xff", "binary", "/w=="),
        (None, "string", ""),
        ([1], "string", "[1]"),
    ],
)
def test_values_that_json_cannot_hold_are_texts(make_span: MakeSpan, value: Value, type_: str, shown: object) -> None:
    tags = written(make_span(attributes={"a": value}))["spans"][0]["tags"]
    assert tags[0] == {"key": "a", "type": type_, "value": shown}


def test_a_link_to_the_parent_only_changes_the_type_of_its_reference(make_span: MakeSpan) -> None:
    ids = [f"{number:016x}" for number in (7, 8)]
    follows = Link(f"{1:032x}", ids[0])
    child_of = Link(f"{1:032x}", ids[1], {"opentracing.ref_type": "child_of"})
    assert references(make_span(parent=7, links=(follows,))) == [("FOLLOWS_FROM", ids[0])]
    assert references(make_span(parent=7, links=(child_of,))) == [("CHILD_OF", ids[0]), ("CHILD_OF", ids[1])]
    assert references(make_span(parent=7, links=(follows, child_of))) == [
        ("CHILD_OF", ids[1]),
        ("FOLLOWS_FROM", ids[0]),
    ]


def test_references_in_the_trace_stand_before_those_outside(make_span: MakeSpan) -> None:
    outside, inside = Link(f"{9:032x}", f"{5:016x}"), Link(f"{1:032x}", f"{6:016x}")
    assert references(make_span(links=(outside, inside))) == [
        ("FOLLOWS_FROM", f"{6:016x}"),
        ("FOLLOWS_FROM", f"{5:016x}"),
    ]


def test_a_link_without_a_span_is_kept(make_span: MakeSpan) -> None:
    assert references(make_span(links=(Link(f"{1:032x}", ""),))) == [("FOLLOWS_FROM", "0" * 16)]


@pytest.mark.parametrize(
    ("attributes", "keys"),
    [({"b": 1, "a": 1}, ["event", "a", "b"]), ({"event": "own", "a": 1}, ["event", "a"]), ({"event": 5}, ["event"])],
)
def test_the_name_of_an_event_stands_first(make_span: MakeSpan, attributes: Attributes, keys: list[str]) -> None:
    span = make_span(events=(Event("name", 1_500, attributes),))
    log = written(span)["spans"][0]["logs"][0]
    assert log["timestamp"] == 1
    assert [field["key"] for field in log["fields"]] == keys
    assert log["fields"][0]["value"] == attributes.get("event", "name")


@pytest.mark.parametrize(
    ("start", "delta"),
    [
        (-1, "1.5ms"),
        (-0.0001, "500.1µs"),
        (-70_000, "1m10.0005s"),
        (-3_600_000, "1h0m0.0005s"),
        (0.000001, None),
        (5_000, "-4.9995s"),
    ],
)
def test_a_child_outside_its_parent_is_warned_of(make_span: MakeSpan, start: float, delta: str | None) -> None:
    parent, child = make_span(span=1, duration=3), make_span(span=2, parent=1, start=start, duration=2)
    warnings = warnings_of(trace_of([parent, child])).get(child.span_id)
    expected = f"clock skew adjustment disabled; not applying calculated delta of {delta}"
    assert warnings == ([expected] if delta else None)


def test_a_difference_of_nanoseconds_is_written_in_nanoseconds(make_span: MakeSpan) -> None:
    parent, child = make_span(span=1, duration=2), make_span(span=2, parent=1, start=-0.000007, duration=2)
    assert warnings_of(trace_of([parent, child]))[child.span_id][0].endswith("delta of 7ns")


def test_spans_that_are_each_others_parents_are_written(make_span: MakeSpan) -> None:
    trace = written(make_span(span=1, parent=2), make_span(span=2, parent=1), make_span(span=3, parent=3))
    assert [span["warnings"] for span in trace["spans"]] == [None, None, None]
