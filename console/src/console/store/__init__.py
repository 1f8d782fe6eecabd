"""What the console holds: the latest traces, log records, metrics and alerts, within bounds."""

from console.store.alerts import Alert, AlertStore
from console.store.facets import Facets
from console.store.feed import Batch, Subscription
from console.store.limits import Limits, RingLimits
from console.store.logs import LogFilter, LogPage, LogStore
from console.store.metrics import MetricStore
from console.store.ring import RingUsage
from console.store.summary import TraceFilter, TraceSummary
from console.store.traces import Added, TracePage, TraceStore, Usage

__all__ = [
    "Added",
    "Alert",
    "AlertStore",
    "Batch",
    "Facets",
    "Limits",
    "LogFilter",
    "LogPage",
    "LogStore",
    "MetricStore",
    "RingLimits",
    "RingUsage",
    "Subscription",
    "TraceFilter",
    "TracePage",
    "TraceStore",
    "TraceSummary",
    "Usage",
]
