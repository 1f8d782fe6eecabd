from __future__ import annotations

from collections.abc import Callable

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2

from console.otlp.metrics import Exemplar, decode_metrics
from console.route_stats import RouteStats, route_stats
from console.store import MetricStore

SECOND = 1_000_000_000
START = 1_760_000_000 * SECOND
NOW = START + 300 * SECOND
CUMULATIVE = metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = metrics_pb2.AGGREGATION_TEMPORALITY_DELTA
ORDERS = {"http.request.method": "POST", "http.route": "/v1/orders"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

Export = Callable[..., None]


@pytest.fixture
def metrics() -> MetricStore:
    return MetricStore()


@pytest.fixture
def export(metrics: MetricStore) -> Export:
    """Export a histogram with the bounds 0.1 and 1 s; times are seconds after the start of the window."""

    def send(  # noqa: PLR0913  what a point has
        at: float,
        buckets: tuple[int, ...],
        *,
        start: float = 0,
        attributes: dict[str, str] = ORDERS,
        exemplars: tuple[tuple[str, float], ...] = (),
        temporality: metrics_pb2.AggregationTemporality.ValueType = CUMULATIVE,
        name: str = "http.server.request.duration",
        service: str = "gateway",
        between: tuple[float, float] | None = None,
    ) -> None:
        request = ExportMetricsServiceRequest()
        group = request.resource_metrics.add()
        group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
        metric = group.scope_metrics.add().metrics.add(name=name, unit="s")
        metric.histogram.aggregation_temporality = temporality
        point = metric.histogram.data_points.add(
            start_time_unix_nano=START + int(start * SECOND),
            time_unix_nano=START + int(at * SECOND),
            count=sum(buckets),
            bucket_counts=buckets,
            explicit_bounds=(0.1, 1.0),
        )
        if between:
            point.min, point.max = between
        point.attributes.extend(
            KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()
        )
        for trace_id, value in exemplars:
            point.exemplars.add(
                trace_id=bytes.fromhex(trace_id),
                span_id=b"12345678",
                time_unix_nano=START + int(at * SECOND),
                as_double=value,
            )
        metrics.add(decode_metrics(request.SerializeToString()).items)

    return send


def only(metrics: MetricStore, *, window: float = 300.0) -> RouteStats:
    [found] = route_stats(metrics, window=window, now=NOW)
    return found


def test_what_was_counted_from_export_to_export_is_added_up(metrics: MetricStore, export: Export) -> None:
    export(100, (6, 3, 1))
    export(200, (6, 3, 1))
    export(300, (12, 6, 2))
    found = only(metrics)
    assert (found.service, found.method, found.route) == ("gateway", "POST", "/v1/orders")
    assert (found.calls, found.errors) == (20, 0)
    assert found.calls_per_second == pytest.approx(20 / 300)


def test_a_service_that_started_anew_counts_from_nothing(metrics: MetricStore, export: Export) -> None:
    export(100, (5, 0, 0))
    export(200, (2, 0, 0), start=150)
    assert only(metrics).calls == 7


def test_deltas_are_added_up(metrics: MetricStore, export: Export) -> None:
    export(100, (5, 0, 0), temporality=DELTA)
    export(200, (2, 0, 0), start=100, temporality=DELTA)
    assert only(metrics).calls == 7


def test_of_what_was_counted_before_the_window_a_part_counts(metrics: MetricStore, export: Export) -> None:
    export(150, (100, 0, 0), start=-450)
    export(300, (130, 0, 0), start=-450)
    assert only(metrics).calls == 25 + 30


def test_errors_are_the_calls_with_an_error_type(metrics: MetricStore, export: Export) -> None:
    export(100, (5, 0, 0))
    export(100, (0, 3, 0), attributes={**ORDERS, "error.type": "500"})
    found = only(metrics)
    assert (found.calls, found.errors) == (8, 3)


def test_percentiles_are_interpolated_in_the_buckets(metrics: MetricStore, export: Export) -> None:
    export(100, (50, 50, 0))
    found = only(metrics)
    assert found.p50 == pytest.approx(0.1)
    assert found.p95 == pytest.approx(0.1 + 0.9 * 0.9)
    export(100, (0, 0, 10), attributes={"rpc.method": "a.B/C"}, name="rpc.server.call.duration", service="order")
    endless = route_stats(metrics, now=NOW)[1]
    assert (endless.service, endless.route, endless.p50, endless.p99) == ("order", "a.B/C", 1.0, 1.0)


def test_percentiles_lie_between_the_fastest_and_the_slowest_call(metrics: MetricStore, export: Export) -> None:
    export(100, (0, 1, 0), between=(0.2, 0.2))
    found = only(metrics)
    assert (found.p50, found.p95, found.p99) == (0.2, 0.2, 0.2)
    export(200, (0, 1, 10), between=(0.2, 3.0))
    found = only(metrics)
    assert found.p50 == pytest.approx(1.0 + 2.0 * (5.5 - 1) / 10)
    assert found.p99
    assert 2.5 < found.p99 < 3.0


def test_buckets_that_do_not_fit_their_bounds_count_and_have_no_percentile(
    metrics: MetricStore, export: Export
) -> None:
    for at, buckets in ((100, (5, 0, 0)), (200, (5, 1)), (250, (6, 1, 1, 1))):
        export(at, buckets, temporality=DELTA)
    found = only(metrics)
    assert found.calls == 20
    assert found.p50 == pytest.approx(0.05)
    export(260, (1,), attributes={"rpc.method": "a.B/C"})
    assert route_stats(metrics, now=NOW)[1].p50 is None


def test_rates_show_when_it_was_called(metrics: MetricStore, export: Export) -> None:
    export(10, (20, 0, 0))
    export(290, (20, 0, 0))
    export(300, (50, 0, 0))
    rates = only(metrics).rates
    assert len(rates) == 30
    assert [rates[0], rates[-1]] == pytest.approx([2.0, 3.0])
    assert sum(rates[1:-1]) == pytest.approx(0.0)


def test_exemplars_are_the_slowest_calls_each_once(metrics: MetricStore, export: Export) -> None:
    slow = [(f"{number:032x}", float(number)) for number in range(1, 13)]
    export(100, (12, 0, 0), exemplars=tuple(slow))
    export(100, (12, 0, 0), exemplars=tuple(slow))
    found = only(metrics).exemplars
    assert [each.value for each in found] == [12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
    assert found[0] == Exemplar(f"{12:032x}", b"12345678".hex(), START + 100 * SECOND, 12.0)


def test_routes_that_were_not_called_in_the_window_are_left_out(metrics: MetricStore, export: Export) -> None:
    export(100, (5, 0, 0))
    assert route_stats(metrics, window=10.0, now=NOW) == []


def test_metrics_are_found_by_the_traces_of_their_exemplars(metrics: MetricStore, export: Export) -> None:
    export(100, (5, 0, 0), exemplars=((TRACE, 0.05),))
    export(200, (6, 0, 0))
    assert [metric.time for metric in metrics.of_trace(TRACE)] == [START + 100 * SECOND]


def test_an_exponential_histogram_is_read_by_its_base() -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="http.server.request.duration")
    point = metric.exponential_histogram.data_points.add(
        start_time_unix_nano=START, time_unix_nano=START + SECOND, count=7, scale=0, zero_count=1
    )
    point.positive.offset = -2
    point.positive.bucket_counts.extend([1, 2, 3])
    [stored] = decode_metrics(request.SerializeToString()).items
    [histogram] = stored.histograms()
    assert histogram.bounds == (0.25, 0.5, 1.0, 2.0)
    assert histogram.buckets == (1, 1, 2, 3, 0)


@pytest.mark.parametrize("scale", [-(2**31), 2**31 - 1])
def test_a_scale_out_of_all_bounds_does_no_harm(scale: int) -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="http.server.request.duration")
    point = metric.exponential_histogram.data_points.add(
        start_time_unix_nano=START, time_unix_nano=START + SECOND, count=1, scale=scale
    )
    point.positive.offset = 2**31 - 1
    point.positive.bucket_counts.append(1)
    store = MetricStore()
    store.add(decode_metrics(request.SerializeToString()).items)
    assert [stats.calls for stats in route_stats(store, now=NOW)] == [1]
