"""A stand-in for a service that yours calls: a real server on a free port, which answers what a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

_GRACE = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """A call that came.

    Attributes:
        method: Its short name, such as "GetUser".
        request: The message; where requests stream, the iterator that the answer reads, or a list of what it read.
        metadata: By key.
        time_remaining: Seconds that it had; None without a deadline.
    """

    method: str
    request: Any
    metadata: dict[str, str | bytes]
    time_remaining: float | None


class ServiceDouble:
    """Stands for a service, over a real connection: codes, deadlines and cancellation are gRPC's own.

    An answer is a message; a `StatusCode`; a list of messages, where responses stream; or a coroutine function of
    request and context, which gives the message, or writes the responses. A method without an answer is UNIMPLEMENTED.
    Where only requests stream, all but a function read them to the end first: a client whose call ends while it writes
    may see an INTERNAL of gRPC's own.

    Args:
        service: Its full name, such as "shop.user.v1.UserService"; its stubs must have been imported.
        answers: By the method's short name; may be changed at any time.

    Attributes:
        address: Where it listens, such as "127.0.0.1:4711".
        answers: See above.
        calls: Those that came, in their order.

    Raises:
        LookupError: No such service is known.
    """

    def __init__(self, service: str, **answers: Any) -> None:
        try:
            self._methods = descriptor_pool.Default().FindServiceByName(service).methods
        except KeyError:
            raise LookupError(f"service={service!r}: expected the full name of one whose stubs are imported") from None
        self.address = ""
        self.answers: dict[str, Any] = answers
        self.calls: list[ReceivedCall] = []
        self._service = service
        self._server = aio.server()
        self._health = HealthServicer()

    async def __aenter__(self) -> Self:
        handlers = {method.name: self._handler(method) for method in self._methods}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(self._service, handlers),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        await self.set_ready(ready=True)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._server.stop(_GRACE)  # at once when nothing runs; without any, gRPC tells callers' logs of an error

    async def set_ready(self, *, ready: bool) -> None:
        """Say to health checks whether it serves."""
        status = health_pb2.HealthCheckResponse
        await self._health.set(self._service, status.SERVING if ready else status.NOT_SERVING)

    async def stop(self) -> None:
        """Go away, as a service that is killed does: calls that run end, new ones find nobody."""
        await self._server.stop(None)

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        async def answer(request: Any, context: Any) -> Any:
            given = self.answers.get(method.name, StatusCode.UNIMPLEMENTED)
            metadata, time_remaining = dict(context.invocation_metadata()), context.time_remaining()
            if method.client_streaming and not (method.server_streaming or callable(given)):
                request = [each async for each in request]
            self.calls.append(ReceivedCall(method.name, request, metadata, time_remaining))
            if isinstance(given, StatusCode):
                await context.abort(given, f"details of {given.name}")
            if callable(given):
                return await given(request, context)
            if not isinstance(given, list):
                return given
            for message in given:
                await context.write(message)
            return None

        make: Callable[..., Any] = getattr(grpc, f"{_shape(method)}_rpc_method_handler")
        request = GetMessageClass(method.input_type)
        handler: grpc.RpcMethodHandler[Any, Any]
        handler = make(answer, request_deserializer=request.FromString, response_serializer=_serialize)
        return handler


def _shape(method: MethodDescriptor) -> str:
    return "_".join("stream" if streams else "unary" for streams in (method.client_streaming, method.server_streaming))


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()
