"""What a contender is to have sent, and what it sent."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_DEVIATIONS = 5  # a sampler that takes its share is further off once in a million launches


@dataclass(frozen=True, slots=True)
class Counts:
    """What the receiver got.

    Attributes:
        spans: In all.
        traces: Different trace ids.
        smallest: Spans of the trace with the fewest.
        largest: Spans of the trace with the most.
        metrics: Metrics, each export counted.
        logs: Log records.
    """

    spans: int = 0
    traces: int = 0
    smallest: int = 0
    largest: int = 0
    metrics: int = 0
    logs: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What is right for one request.

    Attributes:
        spans: Of a trace; 0 when none is to arrive.
        share: Of the requests whose trace is sampled, from 0 to 1.
        metrics: Whether metrics are to arrive.
        logs: Whether log records are to arrive.
    """

    spans: int
    share: float = 1.0
    metrics: bool = False
    logs: bool = False

    def complaint(self, counts: Counts, requests: int) -> str | None:
        """Say what is wrong with what came for this many requests; None when nothing is."""
        traces = requests * self.share if self.spans else 0
        off = 0.0 if self.share == 1 or not self.spans else _DEVIATIONS * sqrt(traces * (1 - self.share)) + 1
        if abs(counts.traces - traces) > off:
            return f"{counts.traces} traces of {requests} requests came, expected {_between(traces, off)}"
        if counts.traces and (counts.smallest, counts.largest) != (self.spans, self.spans):
            return f"traces of {counts.smallest} to {counts.largest} spans came, expected {self.spans}"
        for name, wanted, got in (("metrics", self.metrics, counts.metrics), ("logs", self.logs, counts.logs)):
            if wanted != bool(got):
                return f"{got} {name} came, expected {'some' if wanted else 'none'}"
        return None


def _between(middle: float, off: float) -> str:
    return f"{max(0.0, middle - off):.0f} to {middle + off:.0f}" if off else f"{middle:.0f}"
