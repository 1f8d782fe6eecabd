"""All that is held."""

from __future__ import annotations

from dataclasses import dataclass, field

from console.store.alerts import AlertStore
from console.store.logs import LogStore
from console.store.metrics import MetricStore
from console.store.traces import TraceStore


@dataclass(frozen=True, slots=True)
class Stores:
    """Traces, log records, metrics and alerts."""

    traces: TraceStore = field(default_factory=TraceStore)
    logs: LogStore = field(default_factory=LogStore)
    metrics: MetricStore = field(default_factory=MetricStore)
    alerts: AlertStore = field(default_factory=AlertStore)

    def close(self) -> None:
        """End all subscriptions, so that who listens can go."""
        for store in (self.traces, self.logs, self.metrics, self.alerts):
            store.close()
