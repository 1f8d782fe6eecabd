"""The receiver: ``python -m bench.sink``. It takes OTLP over HTTP and gRPC, and what ddtrace sends to its agent.

It prints ``ready HTTP_PORT GRPC_PORT`` and ends with its standard input. ``GET /counts`` tells what came since the last
``POST /reset``. Bodies are kept as they are until then: what the receiver does while it is sent to is as little as can
be.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict
from functools import partial
from typing import Any

import grpc
import uvicorn
from grpc import aio

from bench.received import Received

HOST = "127.0.0.1"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_OTLP_METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
_AGENT = {"version": "7.70.0", "endpoints": ["/v0.4/traces", "/v0.5/traces"], "client_drop_p0s": False}
_PROTOBUF = b"application/x-protobuf"
_JSON = b"application/json"


class Sink(grpc.GenericRpcHandler):
    """An ASGI application and a gRPC handler in one."""

    def __init__(self) -> None:
        self._received = Received.nothing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request over HTTP."""
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")
        kind, answer = self._answer(scope["path"], await _body(receive))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, path: str, body: bytes) -> tuple[bytes, bytes]:
        first, _, rest = path.strip("/").partition("/")
        if path == "/counts":
            return _JSON, json.dumps(asdict(self._received.count())).encode()
        if path == "/reset":
            self._received = Received.nothing()
        elif path == "/info":
            return _JSON, json.dumps(_AGENT).encode()
        elif first == "v1" and rest in _OTLP_METHODS:
            getattr(self._received, rest).append(body)
            return _PROTOBUF, b""
        elif rest == "traces":
            self._received.ddtrace.append((first, body))
            return _JSON, b'{"rate_by_service":{}}'
        return _JSON, b"{}"

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Give the handler of OTLP over gRPC."""
        signal = next((name for name, method in _OTLP_METHODS.items() if method == details.method), None)
        return None if signal is None else grpc.unary_unary_rpc_method_handler(partial(self._export, signal))

    async def _export(self, signal: str, body: bytes, _context: object) -> bytes:
        getattr(self._received, signal).append(body)
        return b""  # every export's answer is empty when all was taken


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def run() -> None:
    """Serve until the input ends."""
    sink = Sink()
    rpc = aio.server(options=(("grpc.max_receive_message_length", -1),))
    rpc.add_generic_rpc_handlers((sink,))
    rpc_port = rpc.add_insecure_port(f"{HOST}:0")
    await rpc.start()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind((HOST, 0))
        listening.listen()
        http = uvicorn.Server(uvicorn.Config(sink, access_log=False, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(http.serve(sockets=[listening]))
        sys.stdout.write(f"ready {listening.getsockname()[1]} {rpc_port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        http.should_exit = True
        await serving
    await rpc.stop(0)


if __name__ == "__main__":
    asyncio.run(run())
