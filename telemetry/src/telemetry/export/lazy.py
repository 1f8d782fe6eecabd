"""An exporter that connects on its first export, in the process that exports: gRPC does not survive a fork."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Generic

from telemetry.export.queue import Exporter, Item


class LazyExporter(Generic[Item]):
    """Creates the real exporter for its first items; its configuration has been validated before.

    Args:
        connect: Creates it.
    """

    def __init__(self, connect: Callable[[], Exporter[Item]]) -> None:
        self._connect = connect
        self._exporter: Exporter[Item] | None = None

    def export(self, items: Sequence[Item], /) -> Enum:
        """Export; connect first if necessary."""
        if self._exporter is None:
            self._exporter = self._connect()
        return self._exporter.export(items)

    def shutdown(self) -> None:
        """Shut the real exporter down, if there is one."""
        if self._exporter is not None:
            self._exporter.shutdown()
