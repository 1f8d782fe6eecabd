from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import aio

from telemetry import ChannelOptions, ExporterConfig, TelemetryConfig, configure
from telemetry.grpc.channel import _OPTIONS
from telemetry.grpc.traced_server import SERVER_OPTIONS

_PING_MS = 1_000  # gRPC pings no more often
_PINGS = 4  # the server of gRPC's defaults gives up at the third


async def _quiet(_request: bytes, _context: object) -> AsyncIterator[bytes]:
    yield b"first"
    try:
        async with asyncio.timeout(_PINGS * _PING_MS / 1000 + 0.5):
            await asyncio.Event().wait()
    except TimeoutError:
        yield b"last"


@pytest.mark.parametrize(
    ("interval_ms", "ends_well"), [(None, False), (_PING_MS - 100, True)], ids=["gRPC's default", "ours, scaled down"]
)
async def test_a_quiet_stream_survives_its_clients_keepalive(
    serve_grpc: Any,
    interval_ms: int | None,
    ends_well: bool,  # noqa: FBT001
) -> None:
    options = [] if interval_ms is None else [("grpc.http2.min_ping_interval_without_data_ms", interval_ms)]
    serving = serve_grpc(aio.server(options=options), Quiet=grpc.unary_stream_rpc_method_handler(_quiet))
    impatient = ChannelOptions(options=(("grpc.keepalive_time_ms", _PING_MS),))
    with configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))) as telemetry:
        async with serving as address, telemetry.channel(address, options=impatient) as channel:
            quiet: Any = channel.unary_stream("/test.Service/Quiet")
            try:
                received = [message async for message in quiet(b"")]
            except aio.AioRpcError as error:
                received = [error.code().name.encode()]

    assert received == ([b"first", b"last"] if ends_well else [b"UNAVAILABLE"])


def test_a_server_allows_the_pings_that_our_clients_send() -> None:
    allowed = dict(SERVER_OPTIONS)["grpc.http2.min_ping_interval_without_data_ms"]

    assert allowed < int(dict(_OPTIONS)["grpc.keepalive_time_ms"])
