"""How much is held."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the store of traces holds: traces, spans in all, spans in one trace, and rough bytes of memory."""

    traces: int = 10_000
    spans: int = 100_000
    spans_per_trace: int = 20_000
    memory_bytes: int = 192 << 20


@dataclass(frozen=True, slots=True)
class RingLimits:
    """How much a ring holds: log records or metrics, and rough bytes of memory."""

    items: int = 50_000
    memory_bytes: int = 48 << 20
