from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, AlwaysOnExemplarFilter, TraceBasedExemplarFilter
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from telemetry.metrics.series import Series

BUCKETS = [0.1, 1.0, 10.0]
ATTRIBUTES: dict[str, Any] = {"http.route": "/v1/orders", "http.response.status_code": 201}
DELTA = {sdk.Histogram: AggregationTemporality.DELTA}
FILTERS = [AlwaysOnExemplarFilter, AlwaysOffExemplarFilter, TraceBasedExemplarFilter]


def in_trace(number: int, *, sampled: bool) -> Any:
    context = SpanContext(number, number, is_remote=False, trace_flags=TraceFlags(sampled))
    return set_span_in_context(NonRecordingSpan(context))


def points(reader: InMemoryMetricReader) -> list[Any]:
    data = reader.get_metrics_data()
    return [
        point
        for resource in (data.resource_metrics if data is not None else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]


def shown(reader: InMemoryMetricReader) -> list[Any]:
    """Give all that a reader sees, but times."""
    return [
        (
            dict(point.attributes),
            point.count,
            point.sum,
            point.min,
            point.max,
            getattr(point, "bucket_counts", None),
            [(each.value, each.trace_id, each.span_id, each.filtered_attributes) for each in point.exemplars],
        )
        for point in points(reader)
    ]


class Both:
    """The same values, recorded by a series and by the SDK's histogram, each in a provider of its own."""

    def __init__(self, **options: Any) -> None:
        temporality = options.pop("temporality", None)
        self.readers = [InMemoryMetricReader(temporality) for _provider in range(2)]
        providers = [sdk.MeterProvider([reader], shutdown_on_exit=False, **options) for reader in self.readers]
        self.histograms = [
            provider.get_meter("tests").create_histogram("t", explicit_bucket_boundaries_advisory=BUCKETS)
            for provider in providers
        ]
        self.series: dict[Any, Series] = {}

    def record(self, value: float, attributes: dict[str, Any], context: Any) -> None:
        known = tuple(attributes.items())
        if known not in self.series:
            self.series[known] = Series(self.histograms[0], attributes)
        self.series[known].record(value, context)
        self.histograms[1].record(value, attributes, context)


@given(
    recorded=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 3), st.booleans()), max_size=20),
    temporality=st.sampled_from([None, DELTA]),
    kept=st.sampled_from([None, {"route"}, set()]),
    exemplars=st.sampled_from(FILTERS),
)
def test_what_is_exported_is_what_the_sdks_histogram_exports(
    recorded: Any, temporality: Any, kept: Any, exemplars: Any
) -> None:
    view = View(instrument_name="*", attribute_keys=kept, aggregation_cardinality_limit=2)
    both = Both(temporality=temporality, views=[view], exemplar_filter=exemplars())
    for number, (value, route, sampled) in enumerate(recorded, 1):
        both.record(value, {"route": route, "code": "OK"}, in_trace(number, sampled=sampled))
        if number % 7 == 0:
            assert shown(both.readers[0]) == shown(both.readers[1])

    assert shown(both.readers[0]) == shown(both.readers[1])


def test_with_another_aggregation() -> None:
    both = Both(views=[View(instrument_name="*", aggregation=ExponentialBucketHistogramAggregation())])
    for value in (0.5, 2.0, 300.0):
        both.record(value, ATTRIBUTES, in_trace(1, sampled=False))

    assert [(point.count, point.positive) for point in points(both.readers[0])] == [
        (point.count, point.positive) for point in points(both.readers[1])
    ]


def test_a_reader_that_comes_later_sees_what_follows() -> None:
    first, second = InMemoryMetricReader(), InMemoryMetricReader()
    provider = sdk.MeterProvider([first], shutdown_on_exit=False)
    series = Series(provider.get_meter("tests").create_histogram("t"), ATTRIBUTES)
    series.record(1.0, in_trace(1, sampled=True))
    provider.add_metric_reader(second)
    series.record(2.0, in_trace(1, sampled=True))

    assert [point.sum for point in points(first)] == [3.0]
    assert [point.sum for point in points(second)] == [2.0]


@pytest.mark.parametrize("limit", [1, 2])
def test_too_many_series_overflow_as_the_sdks_do(limit: int) -> None:
    both = Both(views=[View(instrument_name="*", aggregation_cardinality_limit=limit)])
    for number in range(4):
        both.record(1.0, {"route": number}, in_trace(1, sampled=False))

    assert shown(both.readers[0]) == shown(both.readers[1])
    assert {"otel.metric.overflow": True} in [attributes for attributes, *_rest in shown(both.readers[0])]
