"""The telemetry package, wired as the services of this repository are: their channel, a tenant, the edge's policy."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
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

    def server_interceptors(self) -> Sequence[aio.ServerInterceptor]:
        """Give the package's."""
        self._telemetry.watch_event_loop()
        return self._telemetry.server_interceptors()

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
