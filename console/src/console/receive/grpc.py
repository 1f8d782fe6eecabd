"""OTLP/gRPC: the Export methods of the three signals, answered as the protocol asks.

See https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response: an export response, whose partial success counts what
was refused; INVALID_ARGUMENT for what can never be taken; UNAVAILABLE with RetryInfo when too much comes at once.
gRPC's core unpacks gzip itself, and stops a message that would grow beyond the largest size.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn

import grpc
from anyio import CapacityLimiter, to_thread
from google.protobuf.message import Message
from grpc import aio

from console.otlp.decoded import MalformedRequestError
from console.receive.body import BodyError, BodyReader
from console.receive.intake import Intake, NothingTakenError
from console.receive.signals import SIGNALS, Signal
from console.receive.status import status
from telemetry.grpc.traced_server import SERVER_OPTIONS
from telemetry.settings.env import ConfigError

_CALLS_AT_ONCE = 64
_LOG = logging.getLogger(__name__)

_Handler = Callable[[bytes, "aio.ServicerContext[bytes, Message]"], Awaitable[Message]]


class GrpcReceiver:
    """Takes requests by gRPC.

    A page in a browser cannot call it: browsers do not speak HTTP/2 without TLS. A call that says that it comes from
    one, by an ``origin``, is refused all the same.

    Args:
        intake: takes what they hold.
        bodies: bounds what is being taken at once.
        at_work: how many are worked on at once, by all receivers together.
    """

    def __init__(self, intake: Intake, bodies: BodyReader, at_work: CapacityLimiter) -> None:
        self._intake = intake
        self._bodies = bodies
        self._at_work = at_work

    def server(self) -> aio.Server:
        """Make the server; it listens nowhere yet."""
        largest = self._bodies.limits.unpacked
        server = aio.server(
            options=(*SERVER_OPTIONS, ("grpc.max_receive_message_length", largest)),
            maximum_concurrent_rpcs=_CALLS_AT_ONCE,
        )
        server.add_generic_rpc_handlers([_handler_of(signal, self._export(signal)) for signal in SIGNALS])
        return server

    def _export(self, signal: Signal) -> _Handler:
        async def export(body: bytes, context: aio.ServicerContext[bytes, Message]) -> Message:
            if any(key == "origin" for key, _ in context.invocation_metadata() or ()):
                await _refuse(
                    context, grpc.StatusCode.PERMISSION_DENIED, "pages of other sites may not call this console"
                )
            try:
                with self._bodies.hold(len(body)):
                    taken = await to_thread.run_sync(partial(self._intake.take, signal, body), limiter=self._at_work)
            except (MalformedRequestError, NothingTakenError) as error:
                await _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
            except BodyError as error:
                await _refuse(context, grpc.StatusCode.UNAVAILABLE, str(error))
            return signal.answer(taken.refused, taken.reason)

        return export


def bind(server: aio.Server, address: str, name: str) -> int:
    """Let the server listen on HOST:PORT; give the port.

    Raises:
        ConfigError: the address cannot be bound; `name` is the setting's.
    """
    try:
        port = int(server.add_insecure_port(address))
    except RuntimeError:
        raise ConfigError(f"{name}={address!r}: the address cannot be bound: is another program using it?") from None
    return port


def _handler_of(signal: Signal, export: _Handler) -> grpc.GenericRpcHandler:
    method: grpc.RpcMethodHandler[bytes, Message] = grpc.unary_unary_rpc_method_handler(
        export, response_serializer=signal.response.SerializeToString
    )
    return grpc.method_handlers_generic_handler(signal.service, {"Export": method})


async def _refuse(context: aio.ServicerContext[bytes, Message], code: grpc.StatusCode, message: str) -> NoReturn:
    _LOG.warning("an export request was refused with %s: %s", code.name, message)
    details = status(code.value[0], message).SerializeToString()
    await context.abort(code, message, (("grpc-status-details-bin", details),))
