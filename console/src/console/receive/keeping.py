"""Where what was received is kept: in memory, and in a file as well if there is one."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from console.otlp.pack import pack
from console.otlp.spans import StoredSpan
from console.receive.signals import LOGS, METRICS, SIGNALS, TRACES, Signal
from console.store import Added
from console.store.file import Row, StoreFile
from console.stores import Stores

_SECONDS_BETWEEN_REPORTS = 1.0
_LOG = logging.getLogger(__name__)


class Keeper(Protocol):
    """Keeps items; may be used from any thread."""

    def keep(self, signal: Signal, items: Sequence[Any]) -> Added:
        """Keep the spans, log records or metrics of one request."""

    def close(self) -> None:
        """Let go of what it holds."""


class MemoryKeeper:
    """Keeps items in memory alone."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def keep(self, signal: Signal, items: Sequence[Any]) -> Added:
        """Keep the spans, log records or metrics of one request."""
        return add(self._stores, signal, items)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


class FileKeeper:
    """Keeps items in memory and in a file, which never holds more than memory does.

    When the file cannot be written, it says so, and goes on in memory.

    Args:
        stores: what the file holds is read into them now; this may take seconds, and says how far it is.
        path: of the file.

    Raises:
        ConfigError: the file cannot be used.
    """

    def __init__(self, stores: Stores, path: Path) -> None:
        self._stores = stores
        self._file = StoreFile(path)
        self._lock = threading.Lock()  # what is added to memory and what is written must not overtake each other
        self._numbered: dict[Signal, deque[_Numbered]] = {LOGS: deque(), METRICS: deque()}
        self._fails = False
        self._restore()
        _LOG.info("%s holds %d traces from before", path, stores.traces.usage().traces)

    def keep(self, signal: Signal, items: Sequence[Any]) -> Added:
        """Keep the spans, log records or metrics of one request."""
        with self._lock:
            added = add(self._stores, signal, items)
            if signal is TRACES:
                self._write(_by_trace(added), gone_traces=added.gone)
            elif items:
                written = self._write([(signal.name, None, pack(items))], gone_ids=self._gone(signal, added))
                self._numbered[signal].extend(_Numbered(items[-1].number, row) for row in written)
        return added

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _write(self, rows: Sequence[Row], **gone: Iterable[Any]) -> list[int]:
        if not rows and not any(gone.values()):
            return []
        try:
            written = self._file.write(rows, **gone)
        except sqlite3.Error as error:
            if not self._fails:
                _LOG.warning("the file cannot be written, what comes is kept in memory alone: %s", error)
            self._fails = True
            return []
        if self._fails:
            _LOG.warning("the file can be written again")
        self._fails = False
        return written

    def _gone(self, signal: Signal, added: Added) -> list[int]:
        """Give the requests of which nothing is in memory any more."""
        numbered = self._numbered[signal]
        gone = []
        while numbered and numbered[0].last < added.oldest:
            gone.append(numbered.popleft().row)
        return gone

    def _restore(self) -> None:
        signals = {signal.name: signal for signal in SIGNALS}
        gone_traces: list[str] = []
        gone_ids: list[int] = []
        report_at = time.monotonic() + _SECONDS_BETWEEN_REPORTS
        for count, (row, name, request) in enumerate(self._file.read(), 1):
            signal = signals[name]
            items = signal.decode(request).items
            added = add(self._stores, signal, items)
            if signal is TRACES:
                gone_traces += added.gone
            else:
                self._numbered[signal].append(_Numbered(items[-1].number, row))
                gone_ids += self._gone(signal, added)
            if time.monotonic() >= report_at:
                _LOG.info("reading what is there from before: %d requests", count)
                report_at = time.monotonic() + _SECONDS_BETWEEN_REPORTS
        self._write([], gone_traces=gone_traces, gone_ids=gone_ids)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A request of log records or metrics in the file: the number of its last item, and its row."""

    last: int
    row: int


def add(stores: Stores, signal: Signal, items: Sequence[Any]) -> Added:
    """Keep items in memory."""
    if signal is TRACES:
        return stores.traces.add(items)
    oldest = (stores.logs if signal is LOGS else stores.metrics).add(items)
    return Added(taken=len(items), oldest=oldest)


def _by_trace(added: Added) -> list[Row]:
    """Make a row of the new spans of each trace."""
    traces: defaultdict[str, list[StoredSpan]] = defaultdict(list)
    for span in added.kept:
        traces[span.trace_id].append(span)
    gone = set(added.gone)
    return [(TRACES.name, trace_id, pack(spans)) for trace_id, spans in traces.items() if trace_id not in gone]
