"""Takes export requests into the stores, whichever way they came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from console.otlp.decoded import Decoded
from console.otlp.logs import decode_logs
from console.otlp.metrics import decode_metrics
from console.otlp.spans import decode_spans
from console.receive.signals import LOGS, METRICS, TRACES, Signal
from console.store import Added
from console.stores import Stores

_DECODERS: dict[Signal, Callable[[bytes], Decoded[Any]]] = {
    TRACES: decode_spans,
    LOGS: decode_logs,
    METRICS: decode_metrics,
}


class NothingTakenError(ValueError):
    """Every item of a request was refused; the message says why the first one was."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a request: how many of its items were taken, how many refused, and why the first of those."""

    taken: int
    refused: int = 0
    reason: str = ""


class Intake:
    """Takes requests in protobuf; it blocks while it reads one, so call it in a worker thread.

    Args:
        stores: where everything is kept.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def take(self, signal: Signal, body: bytes) -> Taken:
        """Take a request.

        Raises:
            MalformedRequestError: it is none.
            NothingTakenError: nothing in it can be read.
        """
        decoded = _DECODERS[signal](body)
        if decoded.refused and not decoded.items:
            raise NothingTakenError(f"all {decoded.refused} {signal.noun} refused: {decoded.reason}")
        added = self._add(signal, decoded.items)
        return Taken(added.taken, decoded.refused + added.refused, decoded.reason or added.reason)

    def _add(self, signal: Signal, items: Sequence[Any]) -> Added:
        if signal is TRACES:
            return self._stores.traces.add(items)
        (self._stores.logs if signal is LOGS else self._stores.metrics).add(items)
        return Added(taken=len(items))
