"""What can be asked of the store, and which spans answer it."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from console.model import Span, Value
from console.otlp.spans import StoredSpan

_EXPONENT_BELOW, _EXPONENT_FROM = 1e-6, 1e21
_ESCAPED_IN_JSON = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


@dataclass(frozen=True, slots=True)
class Query:
    """A search for traces with at least one span that fulfils every condition.

    Times are nanoseconds since the epoch, durations nanoseconds, both bounds included; None and "" mean any. A tag is
    compared as text with the span's attributes, its resource's, its scope's, its events' and with what Jaeger calls
    ``error``, ``span.kind``, ``otel.status_code``, ``otel.status_description``, ``otel.scope.name`` and ``.version``.
    """

    service: str = ""
    operation: str = ""
    start: int | None = None
    end: int | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    limit: int = 100

    def matches(self, span: StoredSpan) -> bool:
        """Say whether one span fulfils every condition; it is read only for its tags."""
        return (
            (not self.service or span.service == self.service)
            and (not self.operation or span.name == self.operation)
            and (self.start is None or span.start >= self.start)
            and (self.end is None or span.start <= self.end)
            and (self.min_duration is None or span.duration >= self.min_duration)
            and (self.max_duration is None or span.duration <= self.max_duration)
            and (not self.tags or self._has_tags(span.read()))
        )

    def _has_tags(self, span: Span) -> bool:
        return all(wanted in _texts(span, key) for key, wanted in self.tags.items())


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """A kind of work that a service does, by its span's name and kind."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, order=True)
class Dependency:
    """How many spans of ``child`` have a parent of ``parent``, another service."""

    parent: str
    child: str
    calls: int


def calls_between(spans: Mapping[str, StoredSpan]) -> Counter[tuple[str, str]]:
    """Count the calls between different services, caller first, in the spans of a trace, given by their ids.

    As Jaeger's Badger and Elasticsearch storages do, and unlike its memory storage, a service's own spans below each
    other are not counted as calls to itself.
    """
    calls: Counter[tuple[str, str]] = Counter()
    for span in spans.values():
        parent = spans.get(span.parent_id)
        if parent is not None and parent.service != span.service:
            calls[parent.service, span.service] += 1
    return calls


def _texts(span: Span, key: str) -> Iterator[str]:
    for attributes in (span.attributes, span.resource.attributes, span.scope.attributes):
        if key in attributes:
            yield as_text(attributes[key])
    for event in span.events:
        if key in event.attributes:
            yield as_text(event.attributes[key])
    derived = _DERIVED.get(key)
    if derived is not None:
        yield derived(span)


_DERIVED: dict[str, Callable[[Span], str]] = {
    "error": lambda span: "true" if span.failed else "false",
    "span.kind": lambda span: str(span.kind),
    "otel.status_code": lambda span: str(span.status),
    "otel.status_description": lambda span: span.status_message,
    "otel.scope.name": lambda span: span.scope.name,
    "otel.scope.version": lambda span: span.scope.version,
    "service.name": lambda span: span.service,
}


def as_text(value: Value) -> str:
    """Write a value as Jaeger does: a text as it is, lists and tables as compact JSON with sorted keys."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return _json(value)


def _json(value: Value) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bytes):
        return _quoted(base64.b64encode(value).decode("ascii"))
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED_IN_JSON)


def _number(value: float) -> str:
    """Write a float as JavaScript does: exponents only for the very large and the very small."""
    if not math.isfinite(value):
        return f'"{value}"'
    if value == 0 or _EXPONENT_BELOW <= abs(value) < _EXPONENT_FROM:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, exponent = repr(value).split("e")
    return f"{mantissa}e{int(exponent):+d}"
