from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from telemetry import Telemetry
from telemetry.otlp.request import join_request
from telemetry.otlp.spans import encode_span
from telemetry.trace.provider import ServiceTracerProvider

# That every kind of value is written right is shown in test_otlp_values.py.
values: st.SearchStrategy[Any] = (
    st.text() | st.integers(-(1 << 63), (1 << 63) - 1) | st.tuples(st.booleans(), st.floats())
)
attributes = st.builds(BoundedAttributes, st.just(3), st.dictionaries(st.text(min_size=1), values, max_size=5))
times = st.integers(0, (1 << 64) - 1)
contexts = st.builds(
    SpanContext,
    st.integers(0, (1 << 128) - 1),
    st.integers(0, (1 << 64) - 1),
    is_remote=st.booleans(),
    trace_flags=st.sampled_from([TraceFlags(flags) for flags in range(4)]),
    trace_state=st.sampled_from([TraceState(), TraceState([("one", "1"), ("two", "a b")])]),
)
events = st.builds(Event, st.text(), attributes, times)
links = st.builds(Link, contexts, attributes)
statuses = st.builds(Status, st.sampled_from([StatusCode.UNSET, StatusCode.OK])) | st.builds(
    Status, st.just(StatusCode.ERROR), st.none() | st.text()
)
resources = st.sampled_from(
    [
        Resource({}),
        Resource({"service.name": "user", "process.pid": 7}),
        Resource({"service.name": "b"}, "https://schema"),
    ]
)
scopes = st.sampled_from(
    [
        None,
        InstrumentationScope("a"),
        InstrumentationScope("b", "1.0", "https://schema", {"x": (1, 2)}),
        InstrumentationScope("b", "2.0"),
    ]
)
spans = st.builds(
    ReadableSpan,
    name=st.text() | st.text(min_size=300, max_size=400),
    context=contexts,
    parent=st.none() | contexts,
    resource=resources,
    attributes=attributes,
    events=st.lists(events, max_size=3).map(lambda given: BoundedList.from_seq(2, given)),
    links=st.lists(links, max_size=3).map(lambda given: BoundedList.from_seq(2, given)),
    kind=st.sampled_from(SpanKind),
    status=statuses,
    start_time=times,
    end_time=times,
    instrumentation_scope=scopes,
)


def decoded(*ended: ReadableSpan) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest.FromString(join_request([encode_span(span) for span in ended]))


@given(st.lists(spans, max_size=5))
def test_spans_are_written_as_the_sdk_writes_them(ended: list[ReadableSpan]) -> None:
    ours, stock = decoded(*ended), encode_spans(ended)

    assert ours.SerializeToString(deterministic=True) == stock.SerializeToString(deterministic=True)


def test_a_span_of_ours_is_written_as_the_sdk_writes_it(telemetry: Telemetry, spans: list[Any]) -> None:
    tracer = telemetry.tracer("tests")
    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, attributes={"a": 1}) as outer:
        with (
            pytest.raises(ValueError, match="broken"),
            tracer.start_as_current_span("inner", links=[Link(outer.get_span_context(), {"why": "because"})]),
        ):
            raise ValueError("broken")
        outer.set_attributes({f"key {number}": number for number in range(200)})

    stock = encode_spans(spans)
    ours = ExportTraceServiceRequest.FromString(join_request([span.encoded() for span in spans]))
    assert ours.SerializeToString(deterministic=True) == stock.SerializeToString(deterministic=True)
    assert decoded(*spans).SerializeToString(deterministic=True) == stock.SerializeToString(deterministic=True)
    assert stock.resource_spans[0].scope_spans[0].spans[1].dropped_attributes_count == 73


def test_what_finds_no_room_is_counted() -> None:
    limits = SpanLimits(max_span_attributes=0, max_events=0, max_links=0)
    span: Any = ServiceTracerProvider(sampler=ALWAYS_ON, span_limits=limits).get_tracer("tests").start_span("work")
    span.set_attribute("a", 1)
    span.add_event("event")
    span.add_link(SpanContext(1, 2, is_remote=True))
    span.end()

    (sent,) = (
        ExportTraceServiceRequest.FromString(join_request([span.encoded()])).resource_spans[0].scope_spans[0].spans
    )
    assert sent.dropped_attributes_count == sent.dropped_events_count == sent.dropped_links_count == 1
    assert decoded(span).resource_spans[0].scope_spans[0].spans == [sent]


def test_what_utf8_cannot_hold_costs_a_character_and_no_batch(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("half \ud800 a pair") as span:
        span.add_event("\udfff")

    (sent,) = decoded(*spans).resource_spans[0].scope_spans[0].spans
    assert sent.name == "half ? a pair"
    assert sent.events[0].name == "?"


def test_nothing_is_an_empty_request() -> None:
    assert join_request([]) == b""
