"""The counts of one exporter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """How many sampled spans one exporter of this process has exported, failed to export and dropped.

    Attributes:
        ended: Spans handed to the exporter's queue.
        exported: Spans that the receiver accepted.
        failed: Spans that were refused, or not accepted in time.
        dropped: Spans that a full queue dropped.
    """

    ended: int
    exported: int
    failed: int
    dropped: int = 0

    @property
    def pending(self) -> int:
        """Spans in the queue, or left in it when the shutdown gave up."""
        return self.ended - self.exported - self.failed - self.dropped

    @property
    def lost(self) -> int:
        """Spans that are lost for good."""
        return self.failed + self.dropped
