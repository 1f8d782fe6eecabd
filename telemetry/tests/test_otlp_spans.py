from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry.otlp_spans import encode_gently
from telemetry.provider import ServiceTracerProvider


def made(count: int, resource: Resource) -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = ServiceTracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for number in range(count):
        with provider.get_tracer(f"scope {number % 3}").start_as_current_span(f"span {number}") as span:
            span.set_attribute("number", number)
            span.add_event("done")
    return list(exporter.get_finished_spans())


def by_name(request: Any) -> dict[str, tuple[str, bytes]]:
    return {
        span.name: (scope.scope.name, span.SerializeToString())
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


@pytest.mark.parametrize("count", [0, 1, 16, 17, 100, 512])
def test_what_is_encoded_a_little_at_a_time_is_what_is_encoded_at_once(count: int) -> None:
    spans = made(count, Resource({"service.name": "user"}))
    gentle, stock = encode_gently(spans), encode_spans(spans)

    assert by_name(gentle) == by_name(stock)
    assert len(by_name(gentle)) == count
    assert [each.resource for each in gentle.resource_spans] == [each.resource for each in stock.resource_spans]


def test_spans_of_several_resources_stay_with_their_own() -> None:
    spans = made(40, Resource({"service.name": "a"})) + made(40, Resource({"service.name": "b"}))
    request = encode_gently(spans)
    counts: dict[str, int] = {}
    for each in request.resource_spans:
        name = each.resource.attributes[0].value.string_value
        counts[name] = counts.get(name, 0) + sum(len(scope.spans) for scope in each.scope_spans)

    assert counts == {"a": 40, "b": 40}
