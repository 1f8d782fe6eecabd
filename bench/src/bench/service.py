"""One measured process: ``python -m bench.service ROLE WIRING``.

The first line of its input is the address of the service that it calls, or empty. It prints ``ready PORT`` then, and
answers ``flush`` with ``flushed``, ``profile`` with ``profiling``, and ``profiled`` with the shares of the packages as
a line of JSON. The end of its input ends it, so that it is not left behind when the one who measures is gone.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from bench.profile import Profile

if TYPE_CHECKING:
    from grpc import aio

    from bench.wirings.untraced import Wiring

HOST = "127.0.0.1"


async def gateway(wiring: Wiring, upstream: str) -> None:
    """Serve the gateway until the input ends."""
    import uvicorn  # noqa: PLC0415  see load()

    from bench.app.gateway import build  # noqa: PLC0415

    app = wiring.asgi(build(wiring.channel(upstream)))
    # Its protocol is named: asyncio turns Nagle's algorithm off on such sockets alone; with it an answer takes 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind((HOST, 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await _obey(wiring, listening.getsockname()[1])
        server.should_exit = True
        await serving


async def order(wiring: Wiring, upstream: str) -> None:
    """Serve orders until the input ends."""
    from bench.app.order import add  # noqa: PLC0415  see load()

    server = wiring.server()
    add(server, wiring.channel(upstream))
    await _serve(wiring, server)


async def user(wiring: Wiring, _upstream: str) -> None:
    """Serve users until the input ends."""
    from bench.app.user import add  # noqa: PLC0415  see load()

    server = wiring.server()
    add(server)
    await _serve(wiring, server)


ROLES = {"gateway": gateway, "order": order, "user": user}


def load(role: str, wiring: str) -> Wiring:
    """Make the wiring, then import the application: ddtrace and logfire want to be there before FastAPI and grpc."""
    made: Wiring = import_module(f"bench.wirings.{wiring}").wire()
    import_module(f"bench.app.{role}")
    return made


async def _serve(wiring: Wiring, server: aio.Server) -> None:
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    await _obey(wiring, port)
    await server.stop(0)


async def _obey(wiring: Wiring, port: int) -> None:
    _say(f"ready {port}")
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    profile = Profile()
    async for line in commands:
        match line.strip():
            case b"flush":
                await asyncio.to_thread(wiring.flush)
                _say("flushed")
            case b"profile":
                profile.start()
                _say("profiling")
            case b"profiled":
                _say(json.dumps(profile.stop()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _role = sys.argv[1]
    _wiring = load(_role, sys.argv[2])
    asyncio.run(ROLES[_role](_wiring, sys.stdin.readline().strip()))
