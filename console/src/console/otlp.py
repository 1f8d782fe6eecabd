"""Decodes an OTLP ExportTraceServiceRequest, protobuf or JSON, into spans."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.message import Error as ProtobufError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from console.model import Attributes, Event, Kind, Link, Resource, Scope, Span, Status, Value
from console.wire import WireError, submessages

MAX_SPAN_BYTES = 1 << 20
MAX_SPANS = 50_000
MAX_JSON_CONTAINERS = 1_000_000

_LONGEST_REASON = 300
_TRACE_ID_BYTES, _SPAN_ID_BYTES = 16, 8
_SPAN_OVERHEAD_BYTES, _MEMORY_PER_WIRE_BYTE = 900, 3  # measured: 440 bytes on the wire take 2.2 kB
_KINDS = (Kind.UNSPECIFIED, Kind.INTERNAL, Kind.SERVER, Kind.CLIENT, Kind.PRODUCER, Kind.CONSUMER)
_STATUSES = (Status.UNSET, Status.OK, Status.ERROR)
_SCALARS = frozenset({"string_value", "bool_value", "int_value", "double_value", "bytes_value"})
_IDS = frozenset({"traceId", "spanId", "parentSpanId"})
_SERVICE_NAME = "service.name"


class MalformedRequestError(ValueError):
    """The body is no ExportTraceServiceRequest; the message says why."""


class RefusedSpanError(ValueError):
    """One span cannot be taken; the message says why."""


@dataclass(slots=True)
class Decoded:
    """What a request holds: the spans that can be taken, and how many were refused with the first reason."""

    spans: list[Span] = field(default_factory=list)
    refused: int = 0
    reason: str = ""

    def refuse(self, reason: str) -> None:
        """Count one span that cannot be taken."""
        self.refused += 1
        self.reason = self.reason or reason


def decode_json(body: bytes) -> Decoded:
    """Decode OTLP's JSON, where ids are hex.

    Raises:
        MalformedRequestError: the body is not JSON, or not the JSON of this message.
    """
    containers = body.count(b"{") + body.count(b"[")
    if containers > MAX_JSON_CONTAINERS:
        raise MalformedRequestError(f"{containers} objects and arrays: at most {MAX_JSON_CONTAINERS} are taken")
    try:
        request = _parse_json(body)
    except (json_format.Error, ProtobufError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = " ".join(str(error).split())[:_LONGEST_REASON]
        raise MalformedRequestError(f"not the JSON of an ExportTraceServiceRequest: {why}") from None
    return decode_protobuf(request)


def decode_protobuf(body: bytes) -> Decoded:
    """Decode OTLP's protobuf.

    A span that is malformed by itself, has an id of the wrong length or is too large is refused alone.

    Raises:
        MalformedRequestError: the body is cut off or is no such message.
    """
    decoded = Decoded()
    try:
        for _, resource_spans in submessages(body, 1):
            _take_resource_spans(resource_spans, decoded)
    except (WireError, DecodeError) as error:
        raise MalformedRequestError(f"not an ExportTraceServiceRequest: {error}") from None
    return decoded


def _take_resource_spans(data: bytes, decoded: Decoded) -> None:
    fields = list(submessages(data, 1, 2))
    resource = _resource(b"".join(content for number, content in fields if number == 1))
    for number, scope_spans in fields:
        if number != 1:
            _take_scope_spans(scope_spans, resource, decoded)


def _take_scope_spans(data: bytes, resource: Resource, decoded: Decoded) -> None:
    scope = _scope(b"".join(content for _, content in submessages(data, 1)))
    for _, span in submessages(data, 2):
        if len(decoded.spans) >= MAX_SPANS:
            decoded.refuse(f"at most {MAX_SPANS} spans are taken from one request")
            continue
        try:
            decoded.spans.append(_span(span, resource, scope))
        except RefusedSpanError as error:
            decoded.refuse(str(error))


def _resource(data: bytes) -> Resource:
    _weigh("a resource", data, MalformedRequestError)
    attributes = _attributes(resource_pb2.Resource.FromString(data).attributes)
    if _SERVICE_NAME not in attributes:
        return Resource("missing-service-name", attributes)
    service = attributes.pop(_SERVICE_NAME)
    if not isinstance(service, str):
        return Resource("service-name-wrong-type", attributes)
    return Resource(service or "empty-service-name", attributes)


def _scope(data: bytes) -> Scope:
    _weigh("a scope", data, MalformedRequestError)
    scope = InstrumentationScope.FromString(data)
    return Scope(scope.name, scope.version, _attributes(scope.attributes))


def _weigh(what: str, data: bytes, error: type[ValueError]) -> None:
    if len(data) > MAX_SPAN_BYTES:
        raise error(f"{what} of {len(data)} bytes: at most {MAX_SPAN_BYTES} are taken")


def _span(data: bytes, resource: Resource, scope: Scope) -> Span:
    _weigh("a span", data, RefusedSpanError)
    try:
        span = trace_pb2.Span.FromString(data)
    except DecodeError:
        raise RefusedSpanError("a span is no Span message") from None
    return Span(
        trace_id=_id("trace id", span.trace_id, _TRACE_ID_BYTES),
        span_id=_id("span id", span.span_id, _SPAN_ID_BYTES),
        parent_id=_optional_id("parent span id", span.parent_span_id, _SPAN_ID_BYTES),
        name=span.name,
        kind=_KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else Kind.UNSPECIFIED,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        resource=resource,
        scope=scope,
        attributes=_attributes(span.attributes),
        events=tuple(Event(event.name, event.time_unix_nano, _attributes(event.attributes)) for event in span.events),
        links=tuple(_links(span.links)),
        status=_STATUSES[span.status.code] if 0 <= span.status.code < len(_STATUSES) else Status.UNSET,
        status_message=span.status.message,
        trace_state=span.trace_state,
        size=_SPAN_OVERHEAD_BYTES + _MEMORY_PER_WIRE_BYTE * len(data),
    )


def _links(links: Iterable[trace_pb2.Span.Link]) -> Iterator[Link]:
    for link in links:
        yield Link(
            _optional_id("trace id of a link", link.trace_id, _TRACE_ID_BYTES),
            _optional_id("span id of a link", link.span_id, _SPAN_ID_BYTES),
            _attributes(link.attributes),
        )


def _id(what: str, value: bytes, length: int) -> str:
    if len(value) != length:
        raise RefusedSpanError(f"{what}: expected {length} bytes, got {len(value)}")
    if not any(value):
        raise RefusedSpanError(f"{what}: all zero is not allowed")
    return value.hex()


def _optional_id(what: str, value: bytes, length: int) -> str:
    return _id(what, value, length) if any(value) or len(value) not in {0, length} else ""


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    which = value.WhichOneof("value")
    if which in _SCALARS:
        scalar: Value = getattr(value, which)
        return scalar
    if which == "array_value":
        return [_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return None


def _parse_json(body: bytes) -> bytes:
    """Give the same message in protobuf."""
    document = json.loads(body)
    if not isinstance(document, dict):
        raise TypeError(f"expected an object, got {type(document).__name__}")
    _ids_to_base64(document)
    return json_format.ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=True).SerializeToString()


def _ids_to_base64(node: dict[str, object]) -> None:
    """Turn OTLP's hex ids into the base64 that protobuf's JSON wants; an id that is no hex becomes an empty one."""
    pending: list[object] = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            for name in _IDS & item.keys():
                item[name] = _hex_to_base64(item[name])
            pending.extend(value for value in item.values() if isinstance(value, (dict, list)))


def _hex_to_base64(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"an id is a text of hex digits, got {type(value).__name__}")
    try:
        return base64.b64encode(binascii.unhexlify(value)).decode("ascii")
    except ValueError:
        return base64.b64encode(b"?").decode("ascii")  # one byte: refused later as an id of the wrong length
