"""Writes a trace in the JSON of Jaeger's query API."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator
from typing import TypedDict

from console.jaeger.warnings import warnings_of
from console.model import Attributes, Event, Kind, Link, Scope, Span, Status, Trace, Value
from console.query import as_text

_LARGEST_EXACT = 2**53 - 1  # a JavaScript number holds no larger whole number exactly
_TYPES = ("string", "bool", "int64", "float64", "binary")  # in the order in which Jaeger sorts them
_LIBRARY_KEYS = frozenset(
    {
        "telemetry.sdk.language",
        "telemetry.sdk.name",
        "telemetry.sdk.version",
        "telemetry.distro.name",
        "telemetry.distro.version",
    }
)


class TagJson(TypedDict):
    """A typed attribute; whole numbers that JavaScript cannot hold, and floats that JSON cannot, are texts."""

    key: str
    type: str
    value: str | bool | int | float


class ReferenceJson(TypedDict):
    """A parent (CHILD_OF) or a link (FOLLOWS_FROM)."""

    refType: str
    traceID: str
    spanID: str


class LogJson(TypedDict):
    """An event; microseconds since the epoch."""

    timestamp: int
    fields: list[TagJson]


class SpanJson(TypedDict):
    """A span; microseconds since the epoch and microseconds."""

    traceID: str
    spanID: str
    operationName: str
    references: list[ReferenceJson]
    startTime: int
    duration: int
    tags: list[TagJson]
    logs: list[LogJson]
    processID: str
    warnings: list[str] | None


class ProcessJson(TypedDict):
    """A service and the attributes of its resource."""

    serviceName: str
    tags: list[TagJson]


class TraceJson(TypedDict):
    """A trace as ``/api/traces/{id}`` gives it."""

    traceID: str
    spans: list[SpanJson]
    processes: dict[str, ProcessJson]
    warnings: list[str] | None


def write_trace(trace: Trace) -> TraceJson:
    """Write a trace; spans stand in the order of their start, where Jaeger's own order is random."""
    processes = _Processes()
    warnings = warnings_of(trace)
    return TraceJson(
        traceID=short_id(trace.trace_id),
        spans=[_span(span, processes.id_of(span), warnings.get(span.span_id)) for span in trace.spans],
        processes=processes.named,
        warnings=None,
    )


def short_id(trace_id: str) -> str:
    """Write a trace id as Jaeger does: 16 digits when the first 16 are zero."""
    return trace_id.removeprefix("0" * 16)


class _Processes:
    """Numbers the different processes of a trace p1, p2, … as they appear."""

    def __init__(self) -> None:
        self.named: dict[str, ProcessJson] = {}
        self._ids: dict[str, str] = {}

    def id_of(self, span: Span) -> str:
        moved = {key: value for key, value in span.attributes.items() if key in _LIBRARY_KEYS}
        tags = _tags({**span.resource.attributes, **moved})
        key = json.dumps([span.service, tags])
        if key not in self._ids:
            self._ids[key] = f"p{len(self._ids) + 1}"
            self.named[self._ids[key]] = ProcessJson(serviceName=span.service, tags=tags)
        return self._ids[key]


def _span(span: Span, process_id: str, warnings: list[str] | None) -> SpanJson:
    return SpanJson(
        traceID=short_id(span.trace_id),
        spanID=span.span_id,
        operationName=span.name,
        references=_references(span),
        startTime=span.start // 1000,
        duration=span.duration // 1000,
        tags=_sorted([*_attribute_tags(span), *_derived_tags(span), *_scope_tags(span.scope)]),
        logs=[_log(event) for event in span.events],
        processID=process_id,
        warnings=warnings,
    )


def _references(span: Span) -> list[ReferenceJson]:
    """Write parent and links; the parent stands first, and a link to it only changes its type."""
    parent = Link(span.trace_id, span.parent_id)
    links = [link for link in span.links if link.trace_id and not _same(link, parent)]
    references = [_reference(link, _link_type(link)) for link in links]
    if span.parent_id:
        to_parent = next((link for link in reversed(span.links) if _same(link, parent)), None)
        references.insert(0, _reference(parent, _link_type(to_parent) if to_parent else "CHILD_OF"))
    first = _first_inside(references, short_id(span.trace_id))
    references[0:1], references[first : first + 1] = references[first : first + 1], references[0:1]
    return references


def _first_inside(references: list[ReferenceJson], trace_id: str) -> int:
    """Find the reference that Jaeger puts first: a CHILD_OF in the trace, or any other in it."""
    inside = [index for index, reference in enumerate(references) if reference["traceID"] == trace_id]
    child_of = (index for index in inside if references[index]["refType"] == "CHILD_OF")
    return next(child_of, inside[0] if inside else 0)


def _same(link: Link, parent: Link) -> bool:
    return bool(parent.span_id) and (link.trace_id, link.span_id) == (parent.trace_id, parent.span_id)


def _reference(link: Link, kind: str) -> ReferenceJson:
    return ReferenceJson(refType=kind, traceID=short_id(link.trace_id), spanID=link.span_id or "0" * 16)


def _link_type(link: Link) -> str:
    return "CHILD_OF" if link.attributes.get("opentracing.ref_type") == "child_of" else "FOLLOWS_FROM"


def _attribute_tags(span: Span) -> Iterator[TagJson]:
    return (_tag(key, value) for key, value in span.attributes.items() if key not in _LIBRARY_KEYS)


def _derived_tags(span: Span) -> Iterator[TagJson]:
    if span.kind is not Kind.UNSPECIFIED:
        yield _tag("span.kind", str(span.kind))
    if span.status is not Status.UNSET:
        yield _tag("otel.status_code", str(span.status))
    if span.failed:
        yield _tag("error", value=True)
    if span.status_message:
        yield _tag("otel.status_description", span.status_message)
    if span.trace_state:
        yield _tag("w3c.tracestate", span.trace_state)


def _scope_tags(scope: Scope) -> Iterator[TagJson]:
    if scope.name:
        yield _tag("otel.scope.name", scope.name)
    if scope.version:
        yield _tag("otel.scope.version", scope.version)


def _log(event: Event) -> LogJson:
    named: list[TagJson] = []
    fields = event.attributes
    name = fields.get("event", event.name or None)
    if isinstance(name, str):
        named = [_tag("event", name)]
        fields = {key: value for key, value in fields.items() if key != "event"}
    return LogJson(timestamp=event.time // 1000, fields=[*named, *_tags(fields)])


def _tags(attributes: Attributes) -> list[TagJson]:
    return _sorted(_tag(key, value) for key, value in attributes.items())


def _sorted(tags: Iterable[TagJson]) -> list[TagJson]:
    return sorted(tags, key=lambda tag: (tag["key"], _TYPES.index(tag["type"])))


def _tag(key: str, value: Value) -> TagJson:
    if isinstance(value, bool):
        return TagJson(key=key, type="bool", value=value)
    if isinstance(value, int):
        return TagJson(key=key, type="int64", value=value if abs(value) <= _LARGEST_EXACT else str(value))
    if isinstance(value, float):
        return TagJson(key=key, type="float64", value=value if math.isfinite(value) else str(value))
    if isinstance(value, bytes):
        return TagJson(key=key, type="binary", value=base64.b64encode(value).decode("ascii"))
    return TagJson(key=key, type="string", value=as_text(value))
