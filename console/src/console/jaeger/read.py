"""Reads a trace out of the JSON of Jaeger's query API, be it Jaeger's or the console's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from console.model import Attributes, Event, Kind, Link, Resource, Scope, Span, Status, Trace, Value, trace_of

_TRACE_DIGITS, _SPAN_DIGITS = 32, 16
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_JSON_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}


class ReadError(ValueError):
    """The document is no trace of Jaeger's; the message says what is wrong and where."""


def read_trace(document: object) -> Trace:
    """Read one entry of ``data`` of ``/api/traces`` or ``/api/traces/{id}``.

    What Jaeger adds as tags (span.kind, otel.status_code, …) goes back to where OTLP has it. Times are exact to the
    microsecond; lists, tables and bytes in attributes stay the text that Jaeger makes of them.

    Raises:
        ReadError: the document is of another shape, or the trace has no spans.
    """
    trace = _object(document, "the trace")
    processes = {name: _process(process) for name, process in _object(trace.get("processes"), "processes").items()}
    spans = [_span(_object(span, "a span"), processes) for span in _list(trace.get("spans"), "spans")]
    if not spans:
        raise ReadError("the trace has no spans")
    return trace_of(spans)


def _process(document: object) -> Resource:
    process = _object(document, "a process")
    return Resource(_text(process, "serviceName"), _attributes(process.get("tags")))


def _span(span: dict[str, object], processes: dict[str, Resource]) -> Span:
    tags = _attributes(span.get("tags"))
    process = _text(span, "processID")
    if process not in processes:
        raise ReadError(f"processID: there is no process {process!r}")
    trace_id = _text(span, "traceID").zfill(_TRACE_DIGITS)
    references = [_object(item, "a reference") for item in _list(span.get("references") or [], "references")]
    links = [Link(_text(item, "traceID").zfill(_TRACE_DIGITS), _text(item, "spanID")) for item in references]
    parent = _parent_index(trace_id, references, links)
    start = _whole(span, "startTime") * 1000
    return Span(
        trace_id=trace_id,
        span_id=_text(span, "spanID").zfill(_SPAN_DIGITS),
        parent_id="" if parent is None else links.pop(parent).span_id,
        name=_text(span, "operationName"),
        kind=_kind(tags.pop("span.kind", "")),
        start=start,
        end=start + _whole(span, "duration") * 1000,
        resource=processes[process],
        scope=Scope(_popped(tags, "otel.scope.name"), _popped(tags, "otel.scope.version")),
        events=tuple(_event(_object(log, "a log")) for log in _list(span.get("logs") or [], "logs")),
        links=tuple(links),
        status=_status(tags),
        status_message=_popped(tags, "otel.status_description"),
        trace_state=_popped(tags, "w3c.tracestate"),
        attributes=tags,
    )


def _parent_index(trace_id: str, references: list[dict[str, object]], links: list[Link]) -> int | None:
    """Find the parent as Jaeger's page does: the first CHILD_OF in the trace, or a FOLLOWS_FROM that stands first."""
    inside = [index for index, link in enumerate(links) if link.trace_id == trace_id]
    child_of = (index for index in inside if references[index].get("refType") == "CHILD_OF")
    return next(child_of, 0 if 0 in inside else None)


def _event(log: dict[str, object]) -> Event:
    fields = _attributes(log.get("fields"))
    return Event(_popped(fields, "event"), _whole(log, "timestamp") * 1000, fields)


def _kind(value: Value) -> Kind:
    return Kind(value) if isinstance(value, str) and value in set(Kind) else Kind.UNSPECIFIED


def _status(tags: Attributes) -> Status:
    code = tags.pop("otel.status_code", "")
    failed = tags.get("error") is True
    if failed:
        del tags["error"]
    if code == Status.ERROR or failed:
        return Status.ERROR
    return Status.OK if code == Status.OK else Status.UNSET


def _popped(tags: Attributes, key: str) -> str:
    value = tags.pop(key, "")
    return value if isinstance(value, str) else str(value)


def _attributes(document: object) -> Attributes:
    return dict(_pairs(_list(document or [], "tags")))


def _pairs(tags: Iterable[object]) -> Iterable[tuple[str, Value]]:
    for item in tags:
        tag = _object(item, "a tag")
        value = tag.get("value")
        if not isinstance(value, (str, bool, int, float, type(None))):
            raise ReadError(f"the value of a tag: expected a single value, got {type(value).__name__}")
        if tag.get("type") == "int64" and isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        yield _text(tag, "key"), value


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(where, dict, value)
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise _wrong(where, list, value)
    return value


def _text(document: dict[str, object], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise _wrong(key, str, value)
    return value


def _whole(document: dict[str, object], key: str) -> int:
    value = document.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(key, int, value)
    return value


def _wrong(where: str, expected: type, value: object) -> ReadError:
    return ReadError(f"{where}: expected {_JSON_NAMES[expected]}, got {type(value).__name__}")
