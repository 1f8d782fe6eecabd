from __future__ import annotations

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE

from grpc import aio
from sqlalchemy import URL

from chassis.health import check
from order_service.server import SERVICE

QUIET = {"OTEL_TRACES_EXPORTER": "none"}


async def start(environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "order_service", env=QUIET | environ, stdout=PIPE, stderr=PIPE
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def test_the_program_serves_until_it_is_asked_to_stop(sqlite: URL) -> None:
    address = f"127.0.0.1:{free_port()}"
    program = await start({"LISTEN": address, "DATABASE_URL": sqlite.render_as_string(hide_password=False)})
    try:
        async with asyncio.timeout(30), aio.insecure_channel(address) as channel:
            while not await check(channel, SERVICE):
                assert program.returncode is None
                await channel.channel_ready()
        program.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(program.communicate(), 8)
    finally:
        if program.returncode is None:
            program.kill()

    assert (program.returncode, errors) == (0, b"")


async def test_a_wrong_setting_ends_the_program_with_one_line() -> None:
    program = await start({"LISTEN": "nowhere"})

    _, errors = await program.communicate()

    assert program.returncode == 2
    assert errors.decode() == "order: LISTEN='nowhere': expected HOST:PORT with a port from 0 to 65535\n"


async def test_a_port_that_is_taken_ends_the_program_with_one_line(sqlite: URL) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        program = await start({"LISTEN": address, "DATABASE_URL": str(sqlite)})
        _, errors = await program.communicate()

    assert program.returncode == 2
    assert f"order: LISTEN='{address}': the address cannot be bound" in errors.decode()
