"""A server's methods, found by reflection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tracetest.conformance.errors import Violation

_INFRASTRUCTURE = ("grpc.", "throughline.test.")


@dataclass(frozen=True, slots=True)
class Method:
    """A method that can be called.

    Attributes:
        service: Full name, such as ``shop.user.v1.UserService``.
        name: Such as ``shop.user.v1.UserService/GetUser``: also the name of its spans.
        request: The type of its requests.
        response: The type of its responses.
        streams: Whether a call may have more than one response.
    """

    service: str
    name: str
    request: type[Message]
    response: type[Message]
    streams: bool

    @property
    def path(self) -> str:
        """The path that gRPC sends."""
        return f"/{self.name}"


def find_methods(channel: grpc.Channel) -> Sequence[Method]:
    """Give the methods of all services except gRPC's own; raise Violation when reflection fails or lists none."""
    try:
        database = ProtoReflectionDescriptorDatabase(channel)
        names = [name for name in database.get_services() if not name.startswith(_INFRASTRUCTURE)]
    except grpc.RpcError as error:
        raise Violation(
            f"reflection answered {error.code().name}: expected grpc.reflection.v1alpha to list the services"
        ) from error
    pool = DescriptorPool(database)
    found = [_method(each) for name in names for each in pool.FindServiceByName(name).methods]
    if not found:
        raise Violation("reflection lists no method: expected the names of the services to be registered with it")
    return found


def _method(descriptor: MethodDescriptor) -> Method:
    service = descriptor.containing_service.full_name
    return Method(
        service,
        f"{service}/{descriptor.name}",
        GetMessageClass(descriptor.input_type),
        GetMessageClass(descriptor.output_type),
        descriptor.server_streaming,
    )
