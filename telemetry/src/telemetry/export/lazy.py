"""An exporter that connects when it first exports, in the process that does: gRPC does not survive a fork."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Generic

from telemetry.export.queue import Exporter, Item


class LazyExporter(Generic[Item]):
    """Makes the real exporter with its first items; what can be wrong has been checked before.

    Args:
        connect: Makes it.
    """

    def __init__(self, connect: Callable[[], Exporter[Item]]) -> None:
        self._connect = connect
        self._exporter: Exporter[Item] | None = None

    def export(self, items: Sequence[Item], /) -> Enum:
        """Export, after connecting if need be."""
        if self._exporter is None:
            self._exporter = self._connect()
        return self._exporter.export(items)

    def shutdown(self) -> None:
        """Shut the real exporter down, if there is one."""
        if self._exporter is not None:
            self._exporter.shutdown()
