"""Who sent something: its resource and scope."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1 import resource_pb2

from console.model import Resource, Scope
from console.otlp.values import attributes_of

_OVERHEAD_BYTES, _MEMORY_PER_WIRE_BYTE = 1_000, 5  # the bytes, and what they are read into
_SERVICE_NAME = "service.name"


@dataclass(frozen=True)
class Source:
    """The resource and the scope of a span, log record or metric, as they came (protobuf, and the schemas' URLs)."""

    resource_wire: bytes
    scope_wire: bytes = b""
    resource_schema: bytes = b""
    scope_schema: bytes = b""

    @cached_property
    def resource(self) -> Resource:
        """The service and its attributes; a service without a name gets the one that Jaeger gives."""
        attributes = attributes_of(resource_pb2.Resource.FromString(self.resource_wire).attributes)
        if _SERVICE_NAME not in attributes:
            return Resource("missing-service-name", attributes)
        service = attributes.pop(_SERVICE_NAME)
        if not isinstance(service, str):
            return Resource("service-name-wrong-type", attributes)
        return Resource(service or "empty-service-name", attributes)

    @cached_property
    def scope(self) -> Scope:
        """The library."""
        scope = InstrumentationScope.FromString(self.scope_wire)
        return Scope(scope.name, scope.version, attributes_of(scope.attributes))

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.resource.service

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return _OVERHEAD_BYTES + _MEMORY_PER_WIRE_BYTE * (len(self.resource_wire) + len(self.scope_wire))
