"""Jaeger's JSON, as ``GET /api/traces/{id}`` gives it, read into a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from tracetest.fetched import Trace
from tracetest.model import Attributes, Event, Kind, Link, Span, Status

_OWN_TAGS = frozenset(
    {"span.kind", "otel.status_code", "otel.status_description", "otel.scope.name", "otel.scope.version", "error"}
)


def read_trace(document: Mapping[str, Any]) -> Trace:
    """Read one element of ``data``; a document of another shape raises KeyError, TypeError or ValueError."""
    processes = document["processes"]
    spans = [_span(each, processes[each["processID"]]) for each in document["spans"]]
    return Trace(document["traceID"], tuple(sorted(spans, key=lambda span: (span.start, -span.duration))))


def _span(document: Mapping[str, Any], process: Mapping[str, Any]) -> Span:
    tags = _attributes(document["tags"])
    parent_id, links = _references(document)
    return Span(
        service=process["serviceName"],
        name=document["operationName"],
        kind=_kind(tags),
        status=_status(tags),
        span_id=document["spanID"],
        parent_id=parent_id,
        start=document["startTime"],
        duration=document["duration"],
        attributes={key: value for key, value in tags.items() if key not in _OWN_TAGS},
        status_message=str(tags.get("otel.status_description", "")),
        events=tuple(_event(each) for each in sorted(document["logs"] or (), key=lambda log: log["timestamp"])),
        links=links,
        resource=_attributes(process.get("tags") or ()),
    )


def _references(document: Mapping[str, Any]) -> tuple[str | None, tuple[Link, ...]]:
    """The first child-of reference within the trace is the parent; what else is named is a link."""
    parent_id: str | None = None
    links: list[Link] = []
    for each in document["references"] or ():
        if parent_id is None and each["refType"] == "CHILD_OF" and each["traceID"] == document["traceID"]:
            parent_id = each["spanID"]
        else:
            links.append(Link(each["traceID"], each["spanID"]))
    return parent_id, tuple(links)


def _event(document: Mapping[str, Any]) -> Event:
    fields = _attributes(document["fields"])
    return Event(str(fields.pop("event", "")), fields)


def _attributes(tags: Sequence[Mapping[str, Any]]) -> dict[str, str | bool | int | float]:
    return {tag["key"]: tag["value"] for tag in tags}


def _kind(tags: Attributes) -> Kind:
    """Jaeger leaves the kind of an internal span out."""
    kind = str(tags.get("span.kind", "internal")).upper()
    if kind not in get_args(Kind):
        raise ValueError(f"span.kind={kind!r}: expected one of {', '.join(get_args(Kind))}")
    return cast("Kind", kind)


def _status(tags: Attributes) -> Status:
    status = str(tags.get("otel.status_code", "UNSET"))
    if status not in get_args(Status):
        raise ValueError(f"otel.status_code={status!r}: expected one of {', '.join(get_args(Status))}")
    return cast("Status", status)
