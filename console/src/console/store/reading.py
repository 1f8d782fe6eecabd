"""Traces as they were read of late, for who asks for the same one again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from console.model import Trace, trace_of
from console.otlp.spans import StoredSpan

_MOST_SPANS = 20_000


class ReadTraces:
    """Reads traces, and keeps the last ones with up to 20,000 spans together; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._spans = 0

    def read(self, trace_id: str, spans: list[StoredSpan]) -> Trace:
        """Read a trace; the same object as before while it has not grown."""
        with self._lock:
            known = self._traces.get(trace_id)
            if known is not None and len(known.spans) == len(spans):
                self._traces.move_to_end(trace_id)
                return known
        trace = trace_of([span.read() for span in spans])
        with self._lock:
            self._drop(trace_id)
            self._traces[trace_id] = trace
            self._spans += len(trace.spans)
            while self._spans > _MOST_SPANS and len(self._traces) > 1:
                self._drop(next(iter(self._traces)))
        return trace

    def drop(self, trace_id: str) -> None:
        """Let go of a trace."""
        with self._lock:
            self._drop(trace_id)

    def _drop(self, trace_id: str) -> None:
        dropped = self._traces.pop(trace_id, None)
        if dropped is not None:
            self._spans -= len(dropped.spans)
