"""The load: ``python -m bench.load PORT CLIENTS REQUESTS SECONDS``, the standard library alone.

Each client sends its next request when the one before is answered. It prints one line of JSON: the seconds that all
took, and the seconds that each request took. Bounded in count and in time: it fails when the requests are not done in
time, and with the first answer that is not 201.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import repeat
from time import perf_counter

from bench.sample import ORDER, PATH

HOST = "127.0.0.1"
_CREATED = b"201"


class LoadError(Exception):
    """An answer was not as it must be."""


def request() -> bytes:
    """Give the request's bytes."""
    body = json.dumps(ORDER, separators=(",", ":")).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


async def client(port: int, requests: int) -> list[float]:
    """Send that many requests over one connection; give the seconds that each took."""
    reader, writer = await asyncio.open_connection(HOST, port)
    message, took = request(), []
    try:
        for _ in repeat(None, requests):
            began = perf_counter()
            writer.write(message)
            await _answer(reader)
            took.append(perf_counter() - began)
    finally:
        writer.close()
    return took


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
    body = await reader.readexactly(int(length.partition(b":")[2])) if length else b""
    if head.split(b" ", 2)[1] != _CREATED:
        raise LoadError(f"{head!r} {body!r}")


async def run(port: int, clients: int, requests: int, seconds: float) -> tuple[float, list[float]]:
    """Send all requests, spread over the clients; give the seconds in all and those of each."""
    shares = [requests // clients + (number < requests % clients) for number in range(clients)]
    began = perf_counter()
    async with asyncio.timeout(seconds):
        took = await asyncio.gather(*(client(port, share) for share in shares))
    return perf_counter() - began, [each for one in took for each in one]


if __name__ == "__main__":
    _port, _clients, _requests, _seconds = sys.argv[1:]
    _took, _each = asyncio.run(run(int(_port), int(_clients), int(_requests), float(_seconds)))
    sys.stdout.write(json.dumps({"took": _took, "each": _each}) + "\n")
