"""logfire, sending to the receiver instead of to its own service.

It has no instrumentation of gRPC and advises OpenTelemetry's.
"""

from __future__ import annotations

from typing import Any

import logfire  # type: ignore[import-not-found]  # in its own environment alone
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorClient, GrpcAioInstrumentorServer

from bench.wirings.untraced import Wiring


class Logfire(Wiring):
    """Nothing is printed: that would be a cost that the others do not have."""

    def __init__(self) -> None:
        logfire.configure(send_to_logfire=False, console=False, inspect_arguments=False)
        GrpcAioInstrumentorServer().instrument()  # type: ignore[no-untyped-call]
        GrpcAioInstrumentorClient().instrument()  # type: ignore[no-untyped-call]

    def asgi(self, app: Any) -> Any:
        """Instrument the application."""
        logfire.instrument_fastapi(app)
        return app

    def flush(self) -> None:
        """Flush its provider."""
        logfire.force_flush()


def wire() -> Logfire:
    """Instrument; where to is said by ``OTEL_*``."""
    return Logfire()
