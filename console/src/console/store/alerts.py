"""Keeps the latest alerts in memory, within bounds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from console.store.feed import Feed, Subscription

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as Alertmanager tells it; what it says last about a fingerprint counts.

    Attributes:
        fingerprint: names the alert: the same labels have the same one.
        firing: whether it still fires.
        labels: among them ``alertname``.
        annotations: such as ``summary`` and ``runbook_url``.
        starts_at: since when it fires.
        ends_at: until when it did; None while it fires.
    """

    fingerprint: str
    firing: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None

    @property
    def name(self) -> str:
        """Its ``alertname``."""
        return self.labels.get("alertname", "")


class AlertStore:
    """Alerts by fingerprint; may be used from any thread. Of more than 1,000 the one told of first goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}  # in the order in which they were last told of
        self._feed: Feed[str] = Feed()
        self._told = 0

    def add(self, alerts: Iterable[Alert]) -> None:
        """Take what is told of some alerts."""
        alerts = list(alerts)
        with self._lock:
            self._told += len(alerts)
            for alert in alerts:
                self._alerts.pop(alert.fingerprint, None)
                self._alerts[alert.fingerprint] = alert
            while len(self._alerts) > _MOST:
                del self._alerts[next(iter(self._alerts))]
        self._feed.publish(alert.fingerprint for alert in alerts)

    @property
    def told(self) -> int:
        """How often anything was told of an alert: what is held is as it was while this is."""
        with self._lock:
            return self._told

    def all(self) -> list[Alert]:
        """Give all: those that fire first, and of both those that began last first."""
        with self._lock:
            alerts = list(self._alerts.values())
        return sorted(alerts, key=lambda alert: (alert.firing, alert.starts_at), reverse=True)

    def subscribe(self) -> Subscription[str, Alert]:
        """Tell of alerts that begin to fire, or end; see `console.store.feed`."""
        return self._feed.subscribe(self._named)

    def close(self) -> None:
        """End all subscriptions."""
        self._feed.close()

    def _named(self, fingerprints: list[str]) -> list[Alert]:
        with self._lock:
            return [self._alerts[each] for each in fingerprints if each in self._alerts]
