"""Serves until a signal, then drains: no call, telemetry or exit code is lost."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from grpc import aio
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chassis.flush import add_barrier
from chassis.health import Health, Ready
from telemetry.settings.env import ConfigError
from telemetry.setup import Telemetry

_logger = logging.getLogger(__name__)

# A container is killed ten seconds after SIGTERM; the process must exit earlier.
_TOTAL_SECONDS = 7.0
_LEAST_BUDGET = 1.0
_CLEAN_UP_SECONDS = 0.5


async def serve(  # noqa: PLR0913  named by keyword, each a choice of its own
    server: aio.Server,
    listen: str,
    *,
    services: Sequence[str],
    telemetry: Telemetry,
    ready: Ready | None = None,
    on_drain: Callable[[], None] | None = None,
    started: Callable[[int], None] | None = None,
    grace: float = 4.0,
) -> None:
    """Serve until SIGTERM or SIGINT, then stop within seven seconds.

    Adds the standard health service and reflection, and in the test profile the barrier. Stopping means: report
    NOT_SERVING, end long streams, refuse new calls, let running calls finish for `grace` seconds, export the telemetry.

    Args:
        server: With its servicers added.
        listen: ``HOST:PORT``; port 0 takes a free one.
        services: Full names of the services, for health and reflection.
        telemetry: Shut down at the end.
        ready: Raises when the services are not ready; called every second.
        on_drain: Called first, to end streams that would not end by themselves.
        started: Called with the port once the server serves.
        grace: Seconds for running calls; telemetry gets the rest of the seven seconds, at least one.

    Raises:
        ConfigError: The address cannot be bound.
    """
    health = Health(services, ready)
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    reflection.enable_server_reflection([*services, "grpc.health.v1.Health", reflection.SERVICE_NAME], server)
    if telemetry.config.test_profile:
        add_barrier(server, telemetry)
    port = _bind(server, listen)
    stop = _stop_signal()
    await server.start()
    watch = asyncio.create_task(health.watch(), name="health")
    _logger.info("serving on %s", listen if not listen.endswith(":0") else f"{listen[:-2]}:{port}")
    if started is not None:
        started(port)
    try:
        await stop.wait()
    finally:
        asked_at = monotonic()
        _logger.info("stopping")
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await health.drain()
        if on_drain is not None:
            on_drain()
        await server.stop(grace)
        await _until_spans_ended(telemetry)
        left = _TOTAL_SECONDS - (monotonic() - asked_at)
        await telemetry.ashutdown(min(telemetry.config.shutdown_budget, max(_LEAST_BUDGET, left)))


async def _until_spans_ended(telemetry: Telemetry) -> None:
    """Wait for the handlers that gRPC has cancelled: it does not wait for them itself."""
    ends_at = monotonic() + _CLEAN_UP_SECONDS
    while telemetry.open_spans and monotonic() < ends_at:  # noqa: ASYNC110  spans end in any thread
        await asyncio.sleep(0.01)


def _bind(server: aio.Server, listen: str) -> int:
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError:
        port = 0
    if not port:
        raise ConfigError(f"LISTEN={listen!r}: the address cannot be bound: is another program using the port?")
    return int(port)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
