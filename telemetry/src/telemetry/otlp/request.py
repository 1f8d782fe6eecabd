"""Export requests of OTLP, put together of what was encoded before: those of spans and of log records are alike.

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
    """A span or a log record that waits to be sent, and what it has in common with others."""

    resource: bytes
    scope: bytes
    item: bytes


def join_request(items: Sequence[Encoded]) -> bytes:
    """Give the request that holds the items, all of them spans or all of them log records."""
    by_resource: dict[bytes, dict[bytes, list[bytes]]] = {}
    for resource, scope, item in items:
        by_resource.setdefault(resource, {}).setdefault(scope, [scope]).append(item)
    return b"".join(
        _OF_RESOURCE
        + delimited(resource + b"".join(_OF_SCOPE + delimited(_ITEM.join(own)) for own in by_scope.values()))
        for resource, by_scope in by_resource.items()
    )
