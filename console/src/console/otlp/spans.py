"""Reads an ExportTraceServiceRequest.

A span is kept as it came. What lists and searches ask for is read at once; the rest when somebody looks at the span.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from console.model import TENANT, Event, Kind, Link, Span, Status
from console.otlp.decoded import Decoded, RefusedItemError, weigh
from console.otlp.requests import decode
from console.otlp.source import Source
from console.otlp.values import SPAN_ID_BYTES, TRACE_ID_BYTES, attributes_of, optional_id, required_id
from telemetry import semconv

_OVERHEAD_BYTES = 800  # measured: what a StoredSpan takes beside its bytes
_KINDS = (Kind.UNSPECIFIED, Kind.INTERNAL, Kind.SERVER, Kind.CLIENT, Kind.PRODUCER, Kind.CONSUMER)
_STATUSES = (Status.UNSET, Status.OK, Status.ERROR)
_ROUTES = (semconv.HTTP_ROUTE, semconv.RPC_METHOD)
_CODES = (semconv.RPC_RESPONSE_STATUS_CODE, semconv.HTTP_RESPONSE_STATUS_CODE)
_PEERS = (semconv.DB_SYSTEM_NAME, "messaging.system")
_WANTED = frozenset({TENANT, *_ROUTES, *_CODES, *_PEERS})


@dataclass(slots=True)
class StoredSpan:
    """A span as it came, and what is asked for most; ids, times and names as in `console.model.Span`.

    Attributes:
        wire: the Span message.
        tenant: ``tenant.id``, or "".
        route: ``http.route``, else ``rpc.method``, or "".
        code: the RPC's or HTTP's status, such as "NOT_FOUND" or "404", or "".
        peer: the database or message system that a client's span calls, such as "postgresql", or "".
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: Kind
    start: int
    end: int
    failed: bool
    service: str
    source: Source
    wire: bytes
    tenant: str = ""
    route: str = ""
    code: str = ""
    peer: str = ""

    @property
    def duration(self) -> int:
        """How long the span took in nanoseconds; 0 when it ends before it starts."""
        return max(0, self.end - self.start)

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes, its source not counted."""
        return _OVERHEAD_BYTES + len(self.wire)

    def read(self) -> Span:
        """Read all of it."""
        span = trace_pb2.Span.FromString(self.wire)
        return Span(
            trace_id=self.trace_id,
            span_id=self.span_id,
            parent_id=self.parent_id,
            name=self.name,
            kind=self.kind,
            start=self.start,
            end=self.end,
            resource=self.source.resource,
            scope=self.source.scope,
            attributes=attributes_of(span.attributes),
            events=tuple(
                Event(event.name, event.time_unix_nano, attributes_of(event.attributes)) for event in span.events
            ),
            links=tuple(_links(span.links)),
            status=_STATUSES[span.status.code] if 0 <= span.status.code < len(_STATUSES) else Status.UNSET,
            status_message=span.status.message,
            trace_state=span.trace_state,
        )


def decode_spans(body: bytes) -> Decoded[StoredSpan]:
    """Read a request in protobuf.

    A span that is malformed by itself, has an id of the wrong length or is too large is refused alone.

    Raises:
        MalformedRequestError: the body is cut off or is no such message.
    """
    return decode(body, "ExportTraceServiceRequest", "spans", _stored)


def _stored(data: bytes, source: Source) -> StoredSpan:
    weigh("a span", data, RefusedItemError)
    try:
        span = trace_pb2.Span.FromString(data)
    except DecodeError:
        raise RefusedItemError("a span is no Span message") from None
    for _ in _links(span.links):
        pass  # ids of the wrong length are refused now, not when somebody looks at them
    found = _found(span.attributes)
    return StoredSpan(
        trace_id=required_id("trace id", span.trace_id, TRACE_ID_BYTES),
        span_id=required_id("span id", span.span_id, SPAN_ID_BYTES),
        parent_id=optional_id("parent span id", span.parent_span_id, SPAN_ID_BYTES),
        name=sys.intern(span.name),
        kind=_KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else Kind.UNSPECIFIED,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        service=source.service,
        source=source,
        wire=data,
        tenant=found.get(TENANT, ""),
        route=_first(found, _ROUTES),
        code=_first(found, _CODES),
        peer=_first(found, _PEERS),
    )


def _found(attributes: Iterable[KeyValue]) -> dict[str, str]:
    found = {}
    for pair in attributes:
        if pair.key in _WANTED:
            value = pair.value
            found[pair.key] = sys.intern(str(value.int_value) if value.HasField("int_value") else value.string_value)
    return found


def _first(found: dict[str, str], keys: Iterable[str]) -> str:
    return next((found[key] for key in keys if key in found), "")


def _links(links: Iterable[trace_pb2.Span.Link]) -> Iterator[Link]:
    for link in links:
        yield Link(
            optional_id("trace id of a link", link.trace_id, TRACE_ID_BYTES),
            optional_id("span id of a link", link.span_id, SPAN_ID_BYTES),
            attributes_of(link.attributes),
        )
