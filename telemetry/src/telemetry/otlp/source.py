"""The resource and scope that all items of one tracer or logger share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from telemetry.otlp.protobuf import Wire, delimited, tag, text
from telemetry.otlp.values import encode_attributes

_RESOURCE = tag(1, Wire.DELIMITED)
_SCOPE = tag(1, Wire.DELIMITED)
_SCHEMA_URL = tag(3, Wire.DELIMITED)
_RESOURCE_ATTRIBUTES = tag(1, Wire.DELIMITED)
_SCOPE_NAME = tag(1, Wire.DELIMITED)
_SCOPE_VERSION = tag(2, Wire.DELIMITED)
_SCOPE_ATTRIBUTES = tag(3, Wire.DELIMITED)


@dataclass(frozen=True, eq=False)
class Source:
    """A resource and an instrumentation scope."""

    resource: Resource
    scope: InstrumentationScope | None

    @cached_property
    def encoded_resource(self) -> bytes:
        """The fields of an OTLP ResourceSpans besides its spans."""
        attributes = encode_attributes(_RESOURCE_ATTRIBUTES, self.resource.attributes)
        return _RESOURCE + delimited(attributes) + _url(self.resource.schema_url)

    @cached_property
    def encoded_scope(self) -> bytes:
        """The fields of an OTLP ScopeSpans besides its spans."""
        scope = self.scope
        if scope is None:
            return _SCOPE + delimited(b"")
        content = _SCOPE_NAME + text(scope.name)
        if scope.version:
            content += _SCOPE_VERSION + text(scope.version)
        content += encode_attributes(_SCOPE_ATTRIBUTES, scope.attributes)
        return _SCOPE + delimited(content) + _url(scope.schema_url)


def _url(schema_url: str | None) -> bytes:
    return _SCHEMA_URL + text(schema_url) if schema_url else b""
