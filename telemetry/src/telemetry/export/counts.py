"""What became of the spans of one exporter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """What became of the sampled spans of one exporter, in this process.

    Attributes:
        ended: Spans handed to the exporter's queue.
        exported: Spans that the other side took.
        failed: Spans that were sent and refused, or not answered in time.
        dropped: Spans that fell out of the full queue.
    """

    ended: int
    exported: int
    failed: int
    dropped: int = 0

    @property
    def pending(self) -> int:
        """Spans that wait, or that were left when the exporter was given up."""
        return self.ended - self.exported - self.failed - self.dropped

    @property
    def lost(self) -> int:
        """Spans that nobody will ever see."""
        return self.failed + self.dropped
