"""The telemetry package, wired as this repository's services are: their server, channel, tenant and edge policy."""

from __future__ import annotations

import logging
import os
from typing import Any

from grpc import aio

from bench.wirings.untraced import Wiring
from telemetry import Edge, TelemetryConfig, configure

_TENANT = "acme"


class Ours(Wiring):
    """Everything is handed on by hand."""

    def __init__(self) -> None:
        self._telemetry = configure(TelemetryConfig.from_env(os.environ, service_name="bench"))
        if self._telemetry.config.logs.exporter.kind != "none":
            logging.getLogger().setLevel(logging.INFO)
            self._telemetry.capture_logs()

    def asgi(self, app: Any) -> Any:
        """Wrap the application."""
        self._telemetry.watch_event_loop()
        return self._telemetry.asgi(app, policy=_edge)

    def server(self) -> aio.Server:
        """Give the package's."""
        self._telemetry.watch_event_loop()
        return self._telemetry.server()

    def channel(self, target: str) -> aio.Channel:
        """Give the package's channel."""
        return self._telemetry.channel(target)

    def flush(self) -> None:
        """Flush."""
        self._telemetry.force_flush()


async def _edge(_scope: Any) -> Edge:
    return Edge(tenant=_TENANT)


def wire() -> Ours:
    """Configure; where to and how many is said by ``OTEL_*``."""
    return Ours()
