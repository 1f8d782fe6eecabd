"""OTLP export requests, joined from encoded items; those of spans and of log records have the same shape.

https://opentelemetry.io/docs/specs/otlp/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from telemetry.otlp.protobuf import Wire, delimited, tag

# ExportTraceServiceRequest and ExportLogsServiceRequest, ResourceSpans and ResourceLogs, ScopeSpans and ScopeLogs
_OF_RESOURCE = tag(1, Wire.DELIMITED)
_OF_SCOPE = tag(2, Wire.DELIMITED)
_ITEM = tag(2, Wire.DELIMITED)


class Encoded(NamedTuple):
    """An encoded span or log record, with its encoded resource and scope."""

    resource: bytes
    scope: bytes
    item: bytes


def join_request(items: Sequence[Encoded]) -> bytes:
    """Return the request with the items: either all spans or all log records."""
    by_resource: dict[bytes, dict[bytes, list[bytes]]] = {}
    for resource, scope, item in items:
        by_resource.setdefault(resource, {}).setdefault(scope, [scope]).append(item)
    return b"".join(
        _OF_RESOURCE
        + delimited(resource + b"".join(_OF_SCOPE + delimited(_ITEM.join(own)) for own in by_scope.values()))
        for resource, by_scope in by_resource.items()
    )
