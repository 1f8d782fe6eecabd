"""Reads an ExportMetricsServiceRequest. A metric's message is kept as it came; see `console.otlp.spans`."""

from __future__ import annotations

import math
from collections.abc import Iterator, MutableSequence
from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf.message import DecodeError
from opentelemetry.proto.metrics.v1 import metrics_pb2

from console.model import Attributes
from console.otlp.decoded import Decoded, RefusedItemError, weigh
from console.otlp.requests import decode
from console.otlp.source import Source
from console.otlp.values import SPAN_ID_BYTES, TRACE_ID_BYTES, attributes_of, optional_id

_OVERHEAD_BYTES = 800
_DELTA = metrics_pb2.AGGREGATION_TEMPORALITY_DELTA
_SCALES = range(-10, 21)  # of exponential histograms, by the data model
_KINDS = ("gauge", "sum", "histogram", "exponential_histogram", "summary")

Point: TypeAlias = (
    "metrics_pb2.NumberDataPoint | metrics_pb2.HistogramDataPoint | metrics_pb2.ExponentialHistogramDataPoint"
    " | metrics_pb2.SummaryDataPoint"
)


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One measurement, and the span in which it was made; both ids are empty outside of a trace.

    Attributes:
        time: nanoseconds since the epoch.
        value: in the metric's unit.
    """

    trace_id: str
    span_id: str
    time: int
    value: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """A data point of a histogram; times are nanoseconds since the epoch, the rest is in the metric's unit.

    Attributes:
        bounds: the upper bounds of all buckets but the last, which has none.
        buckets: how many measurements are in each: one more than bounds, or none at all if the sender's do not fit.
        delta: whether it counts from the point before, and not from ``start``.
        lowest: no measurement is below it.
        highest: none is above it.
    """

    attributes: Attributes
    start: int
    time: int
    count: int
    total: float
    bounds: tuple[float, ...]
    buckets: tuple[int, ...]
    exemplars: tuple[Exemplar, ...]
    delta: bool
    lowest: float = 0.0
    highest: float = math.inf


@dataclass(slots=True)
class StoredMetric:
    """One metric of one export as it came.

    Attributes:
        wire: the Metric message.
        time: of its latest data point, nanoseconds since the epoch.
        points: how many data points it has.
        trace_ids: of its exemplars.
        number: its place in the order of arrival; the store gives it.
    """

    name: str
    service: str
    time: int
    points: int
    trace_ids: frozenset[str]
    source: Source
    wire: bytes
    number: int = 0

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes, its source not counted."""
        return _OVERHEAD_BYTES + len(self.wire)

    def histograms(self) -> list[Histogram]:
        """Read its data points when it is a histogram with bounds of its own, or an exponential one."""
        metric = metrics_pb2.Metric.FromString(self.wire)
        plain = [_histogram(point, metric.histogram) for point in metric.histogram.data_points]
        return plain or [_exponential(point, metric) for point in metric.exponential_histogram.data_points]


def decode_metrics(body: bytes) -> Decoded[StoredMetric]:
    """Read a request in protobuf; a metric that is malformed by itself or too large is refused alone.

    Raises:
        MalformedRequestError: the body is cut off or is no such message.
    """
    return decode(body, "ExportMetricsServiceRequest", "metrics", _stored)


def points_of(metric: metrics_pb2.Metric) -> MutableSequence[Point]:
    """Give a metric's own data points, of whatever kind it is."""
    kind = metric.WhichOneof("data")
    points: MutableSequence[Point] = getattr(metric, kind).data_points if kind in _KINDS else []
    return points


def exemplars_of(point: Point) -> Iterator[Exemplar]:
    """Give a data point's exemplars; a summary has none.

    Raises:
        RefusedItemError: an id has the wrong length.
    """
    if isinstance(point, metrics_pb2.SummaryDataPoint):
        return
    for exemplar in point.exemplars:
        yield Exemplar(
            optional_id("trace id of an exemplar", exemplar.trace_id, TRACE_ID_BYTES),
            optional_id("span id of an exemplar", exemplar.span_id, SPAN_ID_BYTES),
            exemplar.time_unix_nano,
            float(exemplar.as_int) if exemplar.HasField("as_int") else exemplar.as_double,
        )


def _stored(data: bytes, source: Source) -> StoredMetric:
    weigh("a metric", data, RefusedItemError)
    try:
        metric = metrics_pb2.Metric.FromString(data)
    except DecodeError:
        raise RefusedItemError("a metric is no Metric message") from None
    points = points_of(metric)
    traced = {exemplar.trace_id for point in points for exemplar in exemplars_of(point)}
    return StoredMetric(
        name=metric.name,
        service=source.service,
        time=max((point.time_unix_nano for point in points), default=0),
        points=len(points),
        trace_ids=frozenset(traced - {""}),
        source=source,
        wire=data,
    )


def _histogram(point: metrics_pb2.HistogramDataPoint, metric: metrics_pb2.Histogram) -> Histogram:
    fits = len(point.bucket_counts) == len(point.explicit_bounds) + 1
    return Histogram(
        attributes=attributes_of(point.attributes),
        start=point.start_time_unix_nano,
        time=point.time_unix_nano,
        count=point.count,
        total=point.sum,
        bounds=tuple(point.explicit_bounds),
        buckets=tuple(point.bucket_counts) if fits else (),
        exemplars=tuple(exemplars_of(point)),
        delta=metric.aggregation_temporality == _DELTA,
        lowest=point.min if point.HasField("min") else 0.0,
        highest=point.max if point.HasField("max") else math.inf,
    )


def _exponential(point: metrics_pb2.ExponentialHistogramDataPoint, metric: metrics_pb2.Metric) -> Histogram:
    """Read an exponential point: durations are never negative, so its zeros and positive buckets are all there is.

    Bucket ``i`` ends at ``base ** (i + 1)`` with ``base = 2 ** (2 ** -scale)``
    (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram).
    """
    growth = 2.0 ** -min(max(point.scale, _SCALES.start), _SCALES.stop - 1)
    first, counts = point.positive.offset, point.positive.bucket_counts
    bounds = tuple(_power_of_two((first + index) * growth) for index in range(len(counts) + 1))
    return Histogram(
        attributes=attributes_of(point.attributes),
        start=point.start_time_unix_nano,
        time=point.time_unix_nano,
        count=point.count,
        total=point.sum,
        bounds=bounds,
        buckets=(point.zero_count, *counts, 0),
        exemplars=tuple(exemplars_of(point)),
        delta=metric.exponential_histogram.aggregation_temporality == _DELTA,
        lowest=point.min if point.HasField("min") else 0.0,
        highest=point.max if point.HasField("max") else math.inf,
    )


def _power_of_two(exponent: float) -> float:
    try:
        return math.exp2(exponent)
    except OverflowError:
        return math.inf
