"""Mocks a service that the tested one calls: accepts every call, records it, and answers as a check wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import Self

import grpc
from grpc import StatusCode

_LONGEST = 10.0  # seconds that a call hangs at most
_NO_DEADLINE = 1e6  # gRPC tells an absent deadline as one that is years away


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """A call that came.

    Attributes:
        method: Full name.
        metadata: Its texts; the last one of a key.
        time_left: Seconds that it had when it came; None without a deadline.
        ended: Set when it is over, however it ended.
    """

    method: str
    metadata: Mapping[str, str]
    time_left: float | None
    ended: Event = field(default_factory=Event)


class MockServer:
    """A gRPC server on a port of its own whose every answer is an empty message; a context manager.

    Attributes:
        address: ``HOST:PORT``.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._calls: list[ReceivedCall] = []
        self._failure: tuple[StatusCode, str] | None = None
        self._let_go = Event()
        self._let_go.set()
        self._server = grpc.server(ThreadPoolExecutor(16, "mock-server"), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers([_Everything(self)])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go.set()
        self._server.stop(None).wait()

    @property
    def calls(self) -> Sequence[ReceivedCall]:
        """Those that have come, in their order."""
        with self._changed:
            return list(self._calls)

    def wait_for(self, count: int, within: float = 5.0) -> bool:
        """Wait until so many calls have come in all; tell whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._calls) >= count, within)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let calls wait for their answer inside."""
        self._let_go.clear()
        try:
            yield
        finally:
            self._let_go.set()

    @contextmanager
    def failing(self, code: StatusCode, details: str) -> Iterator[None]:
        """Let calls fail inside."""
        self._failure = code, details
        try:
            yield
        finally:
            self._failure = None

    def serve(self, method: str, context: grpc.ServicerContext) -> bytes:
        """Answer a call."""
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        left = context.time_remaining()
        call = ReceivedCall(method, metadata, None if left is None or left > _NO_DEADLINE else left)
        if not context.add_callback(call.ended.set):
            call.ended.set()
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()
        self._wait(call)
        if self._failure is not None:
            context.abort(*self._failure)
        return b""

    def _wait(self, call: ReceivedCall) -> None:
        for _ in range(int(_LONGEST / 0.05)):
            if self._let_go.wait(0.05) or call.ended.is_set():
                return


class _Everything(grpc.GenericRpcHandler):
    def __init__(self, mock_server: MockServer) -> None:
        self._mock_server = mock_server

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        method = handler_call_details.method.removeprefix("/")

        def serve(_requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            yield self._mock_server.serve(method, context)

        return grpc.stream_stream_rpc_method_handler(serve)
