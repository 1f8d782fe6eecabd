"""ddtrace, which patches everything as it is imported: before FastAPI and grpc are."""

from __future__ import annotations

import ddtrace.auto  # type: ignore[import-not-found]  # in its own environment alone
from ddtrace.trace import tracer  # type: ignore[import-not-found]

from bench.wirings.untraced import Wiring


class Ddtrace(Wiring):
    """All is done by the import."""

    def __init__(self) -> None:
        self._patched = ddtrace.auto

    def flush(self) -> None:
        """Flush the tracer."""
        tracer.flush()


def wire() -> Ddtrace:
    """Do nothing more; where to is said by ``DD_*``."""
    return Ddtrace()
