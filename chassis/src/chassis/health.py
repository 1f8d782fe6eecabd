"""The standard health service (https://github.com/grpc/grpc/blob/master/doc/health-checking.md): client and server."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence

from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

_logger = logging.getLogger(__name__)

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Ready = Callable[[], Awaitable[None]]


async def check(channel: aio.Channel, service: str = "", timeout: float = 1.0) -> bool:  # noqa: ASYNC109  gRPC's own
    """Check whether the service serves; also False without a response within `timeout` seconds."""
    request = health_pb2.HealthCheckRequest(service=service)
    try:
        response = await _check_method(channel)(request, timeout=timeout)
    except aio.AioRpcError:
        return False
    return bool(response.status == _SERVING)


def _check_method(channel: aio.Channel) -> Callable[..., Awaitable[health_pb2.HealthCheckResponse]]:
    # The stub's methods are set at run time, where the type checker does not see them.
    method: Callable[..., Awaitable[health_pb2.HealthCheckResponse]]
    method = getattr(health_pb2_grpc.HealthStub(channel), "Check")  # noqa: B009
    return method


class Health:
    """The server's health: alive as a whole, and each service ready while its dependencies respond.

    Args:
        services: Full names of the services.
        ready: Raises when a service is not ready.
        interval: Seconds between checks.
    """

    def __init__(self, services: Sequence[str], ready: Ready | None, interval: float = 1.0) -> None:
        self.servicer = HealthServicer()
        self._services = services
        self._ready = ready
        self._interval = interval
        self._known: bool | None = None

    async def watch(self) -> None:
        """Check repeatedly, until cancelled."""
        await self.servicer.set("", _SERVING)
        while True:
            await self._set(await self._is_ready())
            await asyncio.sleep(self._interval)

    async def drain(self) -> None:
        """Report NOT_SERVING from now on, so that clients send no new calls."""
        await self.servicer.enter_graceful_shutdown()

    async def _is_ready(self) -> bool:
        if self._ready is None:
            return True
        try:
            async with asyncio.timeout(max(1.0, self._interval)):
                await self._ready()
        except Exception as error:  # noqa: BLE001  whatever it is, the service is not ready
            if self._known is not False:
                _logger.warning("not ready: %s", str(error) or type(error).__name__)
            return False
        return True

    async def _set(self, ready: bool) -> None:  # noqa: FBT001  the one thing it says
        if ready is self._known:
            return
        if ready and self._known is False:
            _logger.info("ready again")
        self._known = ready
        for service in self._services:
            await self.servicer.set(service, _SERVING if ready else _NOT_SERVING)


async def _main(target: str, service: str) -> int:
    async with aio.insecure_channel(target) as channel:
        return 0 if await check(channel, service) else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m chassis.health HOST:PORT [SERVICE]")
    sys.exit(asyncio.run(_main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")))  # noqa: PLR2004
