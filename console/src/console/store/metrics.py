"""Keeps the latest metrics in memory, within bounds."""

from __future__ import annotations

from collections.abc import Iterable

from console.otlp.metrics import StoredMetric
from console.store.feed import Feed, Subscription
from console.store.limits import RingLimits
from console.store.ring import Ring, RingUsage


class MetricStore:
    """Metrics as they were exported, by name and by the traces of their exemplars; may be used from any thread."""

    def __init__(self, limits: RingLimits | None = None) -> None:
        self._ring: Ring[StoredMetric] = Ring(limits or RingLimits(), _keys)
        self._feed: Feed[int] = Feed()

    def add(self, metrics: Iterable[StoredMetric]) -> int:
        """Take metrics; give the number of the oldest that is still held."""
        metrics = list(metrics)
        oldest = self._ring.add(metrics)
        self._feed.publish(metric.number for metric in metrics)
        return oldest

    def named(self, name: str, *, since: int = 0) -> list[StoredMetric]:
        """Give the exports of a metric since a time in nanoseconds, in the order of arrival."""
        return [metric for metric in self._ring.of(_name_key(name)) if metric.time >= since]

    def of_trace(self, trace_id: str) -> list[StoredMetric]:
        """Give the metrics that have an exemplar of this trace, in the order of arrival."""
        return self._ring.of(trace_id)

    def all(self) -> list[StoredMetric]:
        """Give all that is held, in the order of arrival."""
        return self._ring.latest_first()[::-1]

    def latest(self) -> list[StoredMetric]:
        """Give the last export of each metric of each service, those that came last first."""
        found: dict[tuple[object, str], StoredMetric] = {}
        for metric in self._ring.latest_first():
            found.setdefault((metric.source, metric.name), metric)
        return list(found.values())

    def subscribe(self) -> Subscription[int, int]:
        """Tell of metrics that come, by their numbers; see `console.store.feed`."""
        return self._feed.subscribe(list)

    def close(self) -> None:
        """End all subscriptions."""
        self._feed.close()

    def usage(self) -> RingUsage:
        """Say how full the store is."""
        return self._ring.usage()


def _keys(metric: StoredMetric) -> Iterable[str]:
    yield _name_key(metric.name)
    yield from metric.trace_ids


def _name_key(name: str) -> str:
    return f"name {name}"  # never a trace id
