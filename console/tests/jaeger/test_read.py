from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.jaeger.read import ReadError, read_trace
from console.jaeger.write import write_trace
from console.model import Attributes, Event, Kind, Link, Resource, Scope, Span, Status, trace_of

MakeSpan = Callable[..., Span]

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
_VALUES = _TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_RESERVED = {"error", "event", "span.kind", "w3c.tracestate"}
_ATTRIBUTES: st.SearchStrategy[Attributes] = st.dictionaries(
    _TEXTS.filter(lambda key: key not in _RESERVED and not key.startswith(("otel.", "telemetry."))),
    _VALUES,
    max_size=3,
)
_MICROSECONDS = st.integers(0, 2**50).map(lambda value: value * 1_000)


@st.composite
def traces(draw: st.DrawFn) -> list[Span]:
    def span(number: int) -> Span:
        start = draw(_MICROSECONDS)
        return Span(
            trace_id=trace_id,
            span_id=f"{number:016x}",
            parent_id=draw(st.sampled_from(["", f"{1:016x}"])),
            name=draw(_TEXTS),
            kind=draw(st.sampled_from(Kind)),
            start=start,
            end=start + draw(_MICROSECONDS),
            resource=Resource(draw(_TEXTS), draw(_ATTRIBUTES)),
            scope=Scope(draw(_TEXTS), draw(_TEXTS)),
            attributes=draw(_ATTRIBUTES),
            events=tuple(draw(st.lists(st.builds(Event, _TEXTS, _MICROSECONDS, _ATTRIBUTES), max_size=2))),
            links=tuple(draw(st.lists(st.builds(Link, st.just("ab" * 16), st.just("cd" * 8)), max_size=2))),
            status=draw(st.sampled_from(Status)),
            status_message=draw(_TEXTS),
            trace_state=draw(_TEXTS),
        )

    trace_id = draw(st.sampled_from(["12" * 16, f"{5:032x}"]))
    return [span(number) for number in range(2, 2 + draw(st.integers(1, 4)))]


@given(traces())
def test_what_was_written_is_read_back(spans: list[Span]) -> None:
    trace = trace_of(spans)
    assert read_trace(json.loads(json.dumps(write_trace(trace)))) == trace


def test_an_error_tag_alone_means_that_the_span_failed(make_span: MakeSpan) -> None:
    document = write_trace(trace_of([replace(make_span(), status=Status.ERROR)]))
    tags = document["spans"][0]["tags"]
    tags[:] = [tag for tag in tags if tag["key"] == "error"]
    assert read_trace(document).spans[0].status is Status.ERROR


def test_a_following_span_is_drawn_below_the_one_it_follows(make_span: MakeSpan) -> None:
    span = make_span(span=2, links=(Link(f"{1:032x}", f"{1:016x}"),))
    assert read_trace(write_trace(trace_of([span]))).spans[0].parent_id == f"{1:016x}"


def test_a_link_outside_the_trace_is_no_parent(make_span: MakeSpan) -> None:
    span = make_span(span=2, links=(Link(f"{9:032x}", f"{1:016x}"),))
    assert read_trace(write_trace(trace_of([span]))).spans[0].parent_id == ""


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "the trace: expected an object, got NoneType"),
        ({}, "processes: expected an object, got NoneType"),
        ({"processes": {}}, "spans: expected a list, got NoneType"),
        ({"processes": {}, "spans": []}, "the trace has no spans"),
        ({"processes": {}, "spans": [1]}, "a span: expected an object, got int"),
        ({"processes": {}, "spans": [{}]}, "processID: expected a text, got NoneType"),
        ({"processes": {}, "spans": [{"processID": "p1"}]}, "processID: there is no process 'p1'"),
        ({"processes": {"p1": {}}, "spans": []}, "serviceName: expected a text, got NoneType"),
        (
            {"processes": {"p1": {"serviceName": "s", "tags": [{"key": "k", "value": []}]}}, "spans": []},
            "the value of a tag: expected a single value, got list",
        ),
    ],
)
def test_what_is_no_trace_is_refused_with_a_reason(document: object, problem: str) -> None:
    with pytest.raises(ReadError) as raised:
        read_trace(document)
    assert str(raised.value) == problem


def test_a_time_that_is_no_number_is_refused(make_span: MakeSpan) -> None:
    document = json.loads(json.dumps(write_trace(trace_of([make_span()]))))
    for wrong in (True, "1", 1.5, None):
        document["spans"][0]["startTime"] = wrong
        with pytest.raises(ReadError, match="startTime: expected a whole number"):
            read_trace(document)
