"""Keeps the latest log records in memory, within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from console.model import LogRecord
from console.otlp.logs import StoredLog
from console.store.feed import Feed, Subscription
from console.store.limits import RingLimits
from console.store.ring import Ring, RingUsage


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which log records are wanted: those for which all that is given holds; "" and 0 mean any.

    Attributes:
        service: that logged it.
        tenant: ``tenant.id``.
        text: somewhere in its body or attributes, in whatever case.
        min_severity: OTLP's number: 9 is INFO, 13 WARN, 17 ERROR.
        trace_id: 32 hex digits.
    """

    service: str = ""
    tenant: str = ""
    text: str = ""
    min_severity: int = 0
    trace_id: str = ""

    def matches(self, record: StoredLog) -> bool:
        """Say whether all of it holds."""
        return (
            self.service in {"", record.service}
            and self.tenant in {"", record.tenant}
            and self.trace_id in {"", record.trace_id}
            and record.severity >= self.min_severity
            and (not self.text or self.text.encode().lower() in record.wire.lower())
        )


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of the log, the latest record first; `older` is `before` of the next page, None when there is none."""

    records: list[LogRecord]
    older: int | None


class LogStore:
    """Log records in the order of arrival and by trace; may be used from any thread."""

    def __init__(self, limits: RingLimits | None = None) -> None:
        self._ring: Ring[StoredLog] = Ring(limits or RingLimits(), lambda record: filter(None, (record.trace_id,)))
        self._feed: Feed[int] = Feed()

    def add(self, records: Iterable[StoredLog]) -> int:
        """Take records; give the number of the oldest that is still held."""
        records = list(records)
        oldest = self._ring.add(records)
        self._feed.publish(record.number for record in records)
        return oldest

    def stored(self, trace_id: str) -> list[StoredLog]:
        """Give the records of a trace as they came, in the order of their times."""
        return sorted(self._ring.of(trace_id), key=lambda record: record.time)

    def of_trace(self, trace_id: str) -> list[LogRecord]:
        """Give the records of a trace, in the order of their times."""
        return [record.read() for record in self.stored(trace_id)]

    def tail(self, wanted: LogFilter | None = None, *, before: int | None = None, limit: int = 200) -> LogPage:
        """Give the records that came last, in the order of their times: services send theirs seconds apart.

        Args:
            wanted: which; all by default.
            before: give those that came before the one with this number.
            limit: how many at most.
        """
        found: list[StoredLog] = self.latest(wanted or LogFilter(), before=before, limit=limit + 1)
        older = found[limit - 1].number if len(found) > limit else None
        page = sorted(found[:limit], key=lambda record: (record.time, record.number), reverse=True)
        return LogPage([record.read() for record in page], older)

    def latest(self, wanted: LogFilter, *, before: int | None = None, limit: int = 200) -> list[StoredLog]:
        """Give the latest records as they came, the last one first."""
        found: list[StoredLog] = []
        for record in self._ring.latest_first():
            if len(found) >= limit:
                break
            if (before is None or record.number < before) and wanted.matches(record):
                found.append(record)
        return found

    def subscribe(self) -> Subscription[int, LogRecord]:
        """Tell of records that come, see `console.store.feed`."""
        return self._feed.subscribe(self._numbered)

    def close(self) -> None:
        """End all subscriptions."""
        self._feed.close()

    def usage(self) -> RingUsage:
        """Say how full the store is."""
        return self._ring.usage()

    def _numbered(self, numbers: list[int]) -> list[LogRecord]:
        wanted = set(numbers)
        return [record.read() for record in reversed(self._ring.latest_first()) if record.number in wanted]
