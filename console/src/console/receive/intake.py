"""Takes export requests, whichever way they came."""

from __future__ import annotations

from dataclasses import dataclass

from console.receive.keeping import Keeper
from console.receive.signals import Signal


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
        keeper: keeps what they hold.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def take(self, signal: Signal, body: bytes) -> Taken:
        """Take a request.

        Raises:
            MalformedRequestError: it is none.
            NothingTakenError: nothing in it can be read.
        """
        decoded = signal.decode(body)
        if decoded.refused and not decoded.items:
            raise NothingTakenError(f"all {decoded.refused} {signal.noun} refused: {decoded.reason}")
        added = self._keeper.keep(signal, decoded.items)
        return Taken(added.taken, decoded.refused + added.refused, decoded.reason or added.reason)
