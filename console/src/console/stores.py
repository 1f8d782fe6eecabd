"""All that is held."""

from __future__ import annotations

from dataclasses import dataclass, field

from console.store.logs import LogStore
from console.store.metrics import MetricStore
from console.store.traces import TraceStore


@dataclass(frozen=True, slots=True)
class Stores:
    """Traces, log records and metrics."""

    traces: TraceStore = field(default_factory=TraceStore)
    logs: LogStore = field(default_factory=LogStore)
    metrics: MetricStore = field(default_factory=MetricStore)

    def close(self) -> None:
        """End all subscriptions, so that who listens can go."""
        for store in (self.traces, self.logs, self.metrics):
            store.close()
