"""OTLP's JSON, read into spans, log records and measurements, and written from a trace.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hexadecimal, enums are numbers (some write
their names, so both are read), and integers of 64 bits are text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast, get_args

from tracetest import names
from tracetest.model import Attributes, Event, Kind, Link, LogRecord, Measurement, Span, Status, Trace, Value

_KINDS: tuple[Kind, ...] = ("INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")  # 0 is unspecified
_STATUSES: tuple[Status, ...] = ("UNSET", "OK", "ERROR")
_REMARK = "@jaeger@"
_NANO = 1000  # in a microsecond
_DATA = ("gauge", "sum", "histogram", "exponentialHistogram")


def read_spans(document: Mapping[str, Any]) -> tuple[Span, ...]:
    """Read ``{"resourceSpans": […]}``, in the order of their start; raises KeyError, TypeError, ValueError."""
    spans = [
        _span(each, resource)
        for resource, scope in _scopes(document, "resourceSpans", "scopeSpans")
        for each in scope.get("spans", ())
    ]
    return tuple(sorted(spans, key=lambda span: (span.start, -span.duration)))


def read_logs(document: Mapping[str, Any], trace_id: str) -> tuple[LogRecord, ...]:
    """Read the records of a trace from ``{"resourceLogs": […]}``."""
    return tuple(
        LogRecord(
            service=_service(resource),
            body=str(_value(each.get("body", {}))),
            severity=each.get("severityText", ""),
            span_id=each.get("spanId", ""),
            attributes=_attributes(each),
        )
        for resource, scope in _scopes(document, "resourceLogs", "scopeLogs")
        for each in scope.get("logRecords", ())
        if each.get("traceId", "").lower() == trace_id
    )


def read_measurements(document: Mapping[str, Any], trace_id: str | None = None) -> Iterator[tuple[str, Measurement]]:
    """Read the exemplars, of one trace if it is given, from ``{"resourceMetrics": […]}``, with their trace ids."""
    for resource, scope in _scopes(document, "resourceMetrics", "scopeMetrics"):
        for each in scope.get("metrics", ()):
            for point in (point for kind in _DATA for point in each.get(kind, {}).get("dataPoints", ())):
                for exemplar in point.get("exemplars", ()):
                    of = exemplar.get("traceId", "").lower()
                    if of and trace_id in (None, of):
                        yield of, _measurement(resource, each, point, exemplar)


def otlp_of(trace: Trace) -> dict[str, Any]:
    """Write the spans of a trace as ``{"resourceSpans": […]}``, which any OTLP receiver takes."""
    by_resource: dict[tuple[object, ...], list[Span]] = {}
    for span in trace:
        by_resource.setdefault((span.service, *sorted(span.resource.items(), key=str)), []).append(span)
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": _written({**spans[0].resource, names.SERVICE_NAME: spans[0].service}),
                },
                "scopeSpans": [{"scope": {}, "spans": [_written_span(trace.trace_id, span) for span in spans]}],
            }
            for spans in by_resource.values()
        ]
    }


def _scopes(document: Mapping[str, Any], resources: str, scopes: str) -> Iterator[tuple[Attributes, Mapping[str, Any]]]:
    for each in document.get(resources, ()):
        attributes = _attributes(each.get("resource", {}))
        for scope in each.get(scopes, ()):
            yield attributes, scope


def _span(document: Mapping[str, Any], resource: Attributes) -> Span:
    status = document.get("status", {})
    start = int(document["startTimeUnixNano"])
    return Span(
        service=_service(resource),
        name=document["name"],
        kind=_kind(document.get("kind", 0)),
        status=_status(status.get("code", 0)),
        span_id=document["spanId"].lower(),
        parent_id=document.get("parentSpanId", "").lower() or None,
        start=start // _NANO,
        duration=(int(document["endTimeUnixNano"]) - start) // _NANO,
        attributes=_attributes(document),
        status_message=status.get("message", ""),
        events=tuple(
            Event(each.get("name", ""), _attributes(each)) for each in sorted(document.get("events", ()), key=_time)
        ),
        links=tuple(Link(each["traceId"].lower(), each["spanId"].lower()) for each in document.get("links", ())),
        resource={key: value for key, value in resource.items() if key != names.SERVICE_NAME},
    )


def _measurement(
    resource: Attributes, metric: Mapping[str, Any], point: Mapping[str, Any], exemplar: Mapping[str, Any]
) -> Measurement:
    return Measurement(
        service=_service(resource),
        name=metric["name"],
        unit=metric.get("unit", ""),
        value=float(exemplar["asDouble"] if "asDouble" in exemplar else exemplar.get("asInt", 0)),
        span_id=exemplar.get("spanId", "").lower(),
        attributes=_attributes(point),
    )


def _service(resource: Attributes) -> str:
    return str(resource.get(names.SERVICE_NAME, ""))


def _time(event: Mapping[str, Any]) -> int:
    """Give when an event was: Jaeger keeps them in another order."""
    return int(event.get("timeUnixNano", 0))


def _kind(document: object) -> Kind:
    if isinstance(document, int):
        return _KINDS[document]
    name = str(document).removeprefix("SPAN_KIND_")
    return cast("Kind", name) if name in get_args(Kind) else "INTERNAL"


def _status(document: object) -> Status:
    if isinstance(document, int):
        return _STATUSES[document]
    name = str(document).removeprefix("STATUS_CODE_")
    return cast("Status", name) if name in get_args(Status) else "UNSET"


def _attributes(document: Mapping[str, Any]) -> dict[str, Value]:
    """Read attributes, without Jaeger's own remarks: it adds the same ones again whenever it is asked."""
    return {
        each["key"]: _value(each.get("value", {}))
        for each in document.get("attributes", ())
        if not each["key"].startswith(_REMARK)
    }


def _value(document: Mapping[str, Any]) -> Value:
    for kind, value in document.items():
        return _VALUES[kind](value)
    return ""


_VALUES: dict[str, Callable[[Any], Value]] = {
    "stringValue": str,
    "boolValue": bool,
    "intValue": int,
    "doubleValue": float,
    "arrayValue": lambda value: tuple(map(_value, value.get("values", ()))),
    "kvlistValue": lambda value: json.dumps(_attributes({"attributes": value.get("values", ())})),
    "bytesValue": lambda value: base64.b64decode(value).hex(),
}


def _written_span(trace_id: str, span: Span) -> dict[str, Any]:
    return {
        "traceId": trace_id,
        "spanId": span.span_id,
        **({"parentSpanId": span.parent_id} if span.parent_id else {}),
        "name": span.name,
        "kind": _KINDS.index(span.kind) or 1,
        "startTimeUnixNano": str(span.start * _NANO),
        "endTimeUnixNano": str(span.end * _NANO),
        "attributes": _written(span.attributes),
        "events": [
            {"timeUnixNano": str(span.start * _NANO + n), "name": each.name, "attributes": _written(each.attributes)}
            for n, each in enumerate(span.events)  # a nanosecond apart: a store may order them by time
        ],
        "links": [{"traceId": each.trace_id, "spanId": each.span_id} for each in span.links],
        "status": {
            "code": _STATUSES.index(span.status),
            **({"message": span.status_message} if span.status_message else {}),
        },
    }


def _written(attributes: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _written_value(value)} for key, value in attributes.items()]


def _written_value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {"arrayValue": {"values": [_written_value(each) for each in value]}}
    return {"stringValue": str(value)}
