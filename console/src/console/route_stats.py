"""How often each route is called, how fast it answers and how often it fails, as its service measured it."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TypeAlias

from console.model import Attributes
from console.otlp.metrics import Exemplar, Histogram
from console.otlp.source import Source
from console.query import as_text
from console.store.metrics import MetricStore
from telemetry import semconv

METRICS = ("http.server.request.duration", "rpc.server.call.duration")

_SECOND = 1_000_000_000
_STEPS = 30
_MOST_EXEMPLARS = 10

_RouteKey: TypeAlias = tuple[str, str, str]  # service, method, route


@dataclass(frozen=True, slots=True)
class RouteStats:
    """What a route did in a window of time.

    Attributes:
        service: that serves it.
        method: of HTTP; "" for gRPC.
        route: ``http.route`` or ``rpc.method``; "" where no route matched.
        calls: in the window.
        errors: those of them that have an ``error.type``: of HTTP's, those that failed by the fault of the service.
        calls_per_second: in the part of the window that was measured.
        errors_per_second: the same.
        p50: seconds, interpolated in the buckets; None without calls.
        p95: the same.
        p99: the same.
        rates: calls a second in 30 equal steps of the window, the oldest first.
        exemplars: single calls of the window with their traces, the slowest first, at most 10.
    """

    service: str
    method: str
    route: str
    calls: int
    errors: int
    calls_per_second: float
    errors_per_second: float
    p50: float | None
    p95: float | None
    p99: float | None
    rates: tuple[float, ...]
    exemplars: tuple[Exemplar, ...]


@dataclass(frozen=True, slots=True)
class _Increase:
    """What one series has counted between two moments; times are nanoseconds since the epoch."""

    begin: int
    end: int
    count: float
    bounds: tuple[float, ...]
    buckets: tuple[float, ...]
    lowest: float
    highest: float

    def after(self, moment: int) -> _Increase:
        """Give the part after a moment, as if all had been counted evenly."""
        if self.begin >= moment:
            return self
        share = (self.end - moment) / (self.end - self.begin)
        return replace(
            self, begin=moment, count=self.count * share, buckets=tuple(bucket * share for bucket in self.buckets)
        )


@dataclass(slots=True)
class _Route:
    """What all series of a route have counted."""

    increases: list[_Increase] = field(default_factory=list)
    errors: float = 0.0
    exemplars: set[Exemplar] = field(default_factory=set)


def route_stats(metrics: MetricStore, *, window: float = 300.0, now: int | None = None) -> list[RouteStats]:
    """Say what each route did in the last `window` seconds, in the order of service, route and method.

    Args:
        metrics: what is held.
        window: seconds.
        now: nanoseconds since the epoch; this moment by default.
    """
    now = time.time_ns() if now is None else now
    since = now - int(window * _SECOND)
    routes: defaultdict[_RouteKey, _Route] = defaultdict(_Route)
    for service, points in _series(metrics, since - (now - since)):  # some that are older, to count from
        attributes = points[0].attributes
        route = routes[service, _text(attributes, semconv.HTTP_REQUEST_METHOD), _route(attributes)]
        increases = [each.after(since) for each in _increases(points) if since < each.end <= now]
        route.increases += increases
        route.errors += sum(each.count for each in increases) * (semconv.ERROR_TYPE in attributes)
        route.exemplars.update(
            each for point in points for each in point.exemplars if each.trace_id and since < each.time <= now
        )
    named = sorted(routes.items(), key=lambda item: (item[0][0], item[0][2], item[0][1]))
    return [_stats(key, route, since, now) for key, route in named if route.increases]


def _series(metrics: MetricStore, since: int) -> Iterator[tuple[str, list[Histogram]]]:
    """Give each series with its service, its points in the order of their times."""
    series: defaultdict[tuple[Source, str], list[Histogram]] = defaultdict(list)
    for name in METRICS:
        for metric in metrics.named(name, since=since):
            for point in metric.histograms():
                series[metric.source, as_text(point.attributes)].append(point)
    for (source, _attributes), points in series.items():
        yield source.service, sorted(points, key=lambda point: point.time)


def _increases(points: Sequence[Histogram]) -> Iterator[_Increase]:
    """Give what was counted from point to point; the first, and one after a restart, count from their start."""
    before: Histogram | None = None
    for point in points:
        if before is None or point.delta or point.start != before.start or point.count < before.count:
            yield _increase(point, point.start, point.count, point.buckets)
        elif point.count > before.count:
            comparable = point.bounds == before.bounds and len(point.buckets) == len(before.buckets)
            buckets = (
                tuple(new - old for new, old in zip(point.buckets, before.buckets, strict=True)) if comparable else ()
            )
            yield _increase(point, before.time, point.count - before.count, buckets)
        before = point


def _increase(point: Histogram, begin: int, count: int, buckets: tuple[int, ...]) -> _Increase:
    return _Increase(begin, point.time, count, point.bounds, buckets, point.lowest, point.highest)


def _stats(key: _RouteKey, route: _Route, since: int, now: int) -> RouteStats:
    service, method, name = key
    calls = sum(each.count for each in route.increases)
    seconds = max(_SECOND, now - min(each.begin for each in route.increases)) / _SECOND
    p50, p95, p99 = (_quantile(route.increases, share) for share in (0.5, 0.95, 0.99))
    return RouteStats(
        service=service,
        method=method,
        route=name,
        calls=round(calls),
        errors=round(route.errors),
        calls_per_second=calls / seconds,
        errors_per_second=route.errors / seconds,
        p50=p50,
        p95=p95,
        p99=p99,
        rates=_rates(route.increases, since, now),
        exemplars=tuple(sorted(route.exemplars, key=lambda each: -each.value)[:_MOST_EXEMPLARS]),
    )


def _rates(increases: Sequence[_Increase], since: int, now: int) -> tuple[float, ...]:
    """Spread each increase evenly over the time in which it was counted."""
    step = (now - since) / _STEPS
    counts = [0.0] * _STEPS
    for each in increases:
        for index in range(_STEPS):
            overlap = min(each.end, since + (index + 1) * step) - max(each.begin, since + index * step)
            counts[index] += each.count * max(0.0, overlap) / max(1, each.end - each.begin)
    return tuple(count * _SECOND / step for count in counts)


def _quantile(increases: Sequence[_Increase], share: float) -> float | None:
    """Interpolate in the buckets, as Prometheus does, but never beyond what was measured, where the service says that.

    The last bucket, which has no end, then gives its beginning.
    """
    counted = [each for each in increases if each.buckets and each.bounds]
    if not counted:
        return None
    bounds = counted[-1].bounds
    alike = [each for each in counted if each.bounds == bounds]
    lowest, highest = min(each.lowest for each in alike), max(each.highest for each in alike)
    buckets: list[float] = list(map(sum, zip(*(each.buckets for each in alike), strict=True)))
    wanted = share * sum(buckets)
    for index, reached in enumerate(accumulate(buckets)):
        if reached >= wanted and buckets[index]:
            low = max(lowest, bounds[index - 1] if index else 0.0)
            high = min(highest, bounds[index] if index < len(bounds) else math.inf)
            if not low < high < math.inf:
                return low
            return low + (high - low) * (wanted - (reached - buckets[index])) / buckets[index]
    return None


def _route(attributes: Attributes) -> str:
    return _text(attributes, semconv.HTTP_ROUTE) or _text(attributes, semconv.RPC_METHOD)


def _text(attributes: Attributes, key: str) -> str:
    return as_text(attributes.get(key))
