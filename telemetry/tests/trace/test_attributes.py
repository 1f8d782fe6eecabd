from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from telemetry.otlp.request import join_request
from telemetry.trace.attributes import KnownAttributes
from telemetry.trace.provider import ServiceTracerProvider
from telemetry.trace.span import RecordingSpan

LIMITS = SpanLimits(max_span_attributes=3, max_span_attribute_length=4)

keys = st.sampled_from("abcde")
values: st.SearchStrategy[Any] = st.text("xy", max_size=6) | st.integers(0, 9) | st.booleans() | st.just((1, 2))
attributes = st.dictionaries(keys, values, max_size=4)


def span_of(given: Any, later: list[tuple[str, Any]]) -> RecordingSpan:
    provider = ServiceTracerProvider(sampler=ALWAYS_ON, span_limits=LIMITS)
    span: Any = provider.get_tracer("tests").start_span("work", attributes=given, start_time=1)
    for key, value in later:
        span.set_attribute(key, value)
    span.end(2)
    assert isinstance(span, RecordingSpan)
    return span


@given(attributes, st.lists(st.tuples(keys, values), max_size=4))
def test_a_span_that_starts_with_them_is_a_span_that_starts_with_their_like(
    given: dict[str, Any], later: list[tuple[str, Any]]
) -> None:
    known, plain = span_of(KnownAttributes(given), later), span_of(given, later)

    assert list((known.attributes or {}).items()) == list((plain.attributes or {}).items())
    assert known.dropped_attributes == plain.dropped_attributes
    sent = ExportTraceServiceRequest.FromString(join_request([known.encoded()]))
    assert sent.SerializeToString(deterministic=True) == encode_spans([known]).SerializeToString(deterministic=True)


def test_spans_that_start_with_them_do_not_change_them() -> None:
    known = KnownAttributes({"a": 1})
    first, second = span_of(known, [("a", 2), ("b", 3)]), span_of(known, [])

    assert first.attributes == {"a": 2, "b": 3}
    assert second.attributes == known == {"a": 1}


@pytest.mark.parametrize(("given", "fits"), [({"a": "x" * 4}, True), ({"a": "x" * 5}, False), ({"a": (1,)}, False)])
def test_they_are_taken_as_they_are_only_where_the_limits_allow_it(given: dict[str, Any], *, fits: bool) -> None:
    assert KnownAttributes(given).fit(LIMITS) is fits
    assert not KnownAttributes(dict.fromkeys("abcd", 1)).fit(LIMITS)
