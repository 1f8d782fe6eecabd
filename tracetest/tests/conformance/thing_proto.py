"""The interface of the services that the suite is tried on, made here: telemetry knows no stubs."""

from __future__ import annotations

from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "conformance.test.v1"
SERVICE = f"{PACKAGE}.ThingService"
TEXT, MESSAGE = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_MESSAGE
OPTIONAL = FieldDescriptorProto.LABEL_OPTIONAL
THING = f".{PACKAGE}.Thing"
METHODS = {"CreateThing": ("name", "friend_id"), "GetThing": ("thing_id",), "LatestThing": ()}


def message(name: str, *fields: str, thing: bool = False) -> DescriptorProto:
    """Describe a message of texts, or of a thing."""
    numbered = [
        FieldDescriptorProto(name=each, number=number, type=TEXT, label=OPTIONAL)
        for number, each in enumerate(fields, 1)
    ]
    if thing:
        numbered.append(FieldDescriptorProto(name="thing", number=9, type=MESSAGE, type_name=THING, label=OPTIONAL))
    return DescriptorProto(name=name, field=numbered)


FILE = FileDescriptorProto(name="conformance/test/v1/thing.proto", package=PACKAGE, syntax="proto3")
FILE.message_type.append(message("Thing", "thing_id", "name", "friend_id"))
FILE.service.add(name="ThingService")
for method, given in METHODS.items():
    FILE.message_type.append(message(f"{method}Request", *given))
    FILE.message_type.append(message(f"{method}Response", thing=True))
    FILE.service[0].method.add(
        name=method, input_type=f".{PACKAGE}.{method}Request", output_type=f".{PACKAGE}.{method}Response"
    )
descriptor_pool.Default().AddSerializedFile(FILE.SerializeToString())

(
    CreateThingRequest,
    CreateThingResponse,
    GetThingRequest,
    GetThingResponse,
    LatestThingRequest,
    LatestThingResponse,
) = (
    GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(f"{PACKAGE}.{method}{side}"))
    for method in METHODS
    for side in ("Request", "Response")
)
