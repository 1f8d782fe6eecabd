"""Expectations as a YAML document: the same words as in code; an unknown word is refused.

A list, each of whose elements is a span or a rule::

    - exactly:
        - span: gateway POST /v1/orders            # the service, a space, the name
          kind: SERVER
          attributes: {http.response.status_code: 201}
          children:
            - span: gateway OrderService/CreateOrder
              kind: CLIENT
              descendants:
                - {span: {service: user, name: {regex: SELECT .*}}, times: 1}
    - no: {span: user INSERT users}
    - root_cause: {span: user SELECT users}
    - no_orphans
    - max_spans: 12
    - same_tenant: acme

Where a value is expected, a mapping is a matcher: ``{regex: …}``, ``{one_of: […]}``, ``{gt: …, ge: …, lt: …, le: …}``,
``{any: true}`` (it must be there) or ``{absent: true}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from dirty_equals import AnyThing, IsNumber, IsOneOf

from tracetest.documents.shapes import DocumentError, choice, keys, mapping, number, only, sequence, text
from tracetest.expectations.chaining import Item
from tracetest.expectations.expect import Expectation
from tracetest.expectations.patterns import descendant, exactly, no, parallel, span, unordered
from tracetest.expectations.rules import (
    after,
    before,
    every,
    faster_than,
    max_spans,
    no_orphans,
    root_cause,
    same_tenant,
)
from tracetest.expectations.signals import log, metric
from tracetest.model import Event, Kind, Link, Status

_BOUNDS = ("gt", "ge", "lt", "le")
_OF_A_SPAN = (
    "span", "kind", "status", "attributes", "events", "links", "faster_than", "times", "children", "descendants",
)  # fmt: skip


def read_expectations(document: object, where: str = "expect") -> list[Expectation]:
    """Read a list of expectations.

    Args:
        document: As a YAML or JSON parser gave it.
        where: What the list is called in messages.

    Raises:
        DocumentError: It is no such list.
    """
    return [_expectation(each, f"{where}[{n}]") for n, each in enumerate(sequence(document, where))]


def _expectation(document: object, where: str) -> Expectation:
    if isinstance(document, str):
        document = {document: None}
    fields = mapping(document, where)
    for word, read in _RULES.items():
        if word in fields and "span" not in fields:
            only(fields, (word,), where)
            return read(fields[word], f"{where}.{word}")
    return _item(document, where)


def _item(document: object, where: str) -> Item:
    fields = mapping(document, where)
    if "span" in fields:
        return _span(fields, where)
    for word, read in _ITEMS.items():
        if word in fields:
            only(fields, (word,), where)
            return read(fields[word], f"{where}.{word}")
    words = ", ".join(["span", *_ITEMS, *_RULES])
    raise DocumentError(f"{where}: {keys(fields)}: expected one of {words}")


def _span(fields: Mapping[str, Any], where: str) -> Item:
    only(fields, _OF_A_SPAN, where)
    service, name = _service_and_name(fields["span"], f"{where}.span")
    below = _items(fields.get("children", ()), f"{where}.children")
    deep = [descendant(each) for each in _items(fields.get("descendants", ()), f"{where}.descendants")]
    said = span(
        service,
        name,
        *below,
        *deep,
        kind=choice(fields.get("kind"), get_args(Kind), f"{where}.kind"),
        status=choice(fields.get("status"), get_args(Status), f"{where}.status"),
        attributes=_values(fields.get("attributes", {}), f"{where}.attributes"),
        events=[_event(each, f"{where}.events") for each in sequence(fields.get("events", ()), f"{where}.events")],
        links=[_link(each, f"{where}.links") for each in sequence(fields.get("links", ()), f"{where}.links")],
    )
    if "faster_than" in fields:
        said = said.faster_than(number(fields["faster_than"], f"{where}.faster_than"))
    return _times(said.times, fields["times"], f"{where}.times") if "times" in fields else said


def _service_and_name(document: object, where: str) -> tuple[object, object]:
    if isinstance(document, str):
        service, _, name = document.partition(" ")
        if not name.strip():
            raise DocumentError(f"{where}={document!r}: expected a service, a space and a name")
        return service, name.strip()
    fields = mapping(document, where)
    only(fields, ("service", "name"), where)
    if len(fields) != 2:  # noqa: PLR2004  both
        raise DocumentError(f"{where}: {keys(fields)}: expected service and name")
    return _value(fields["service"], f"{where}.service"), _value(fields["name"], f"{where}.name")


def _times(times: Callable[..., Any], document: object, where: str) -> Any:
    bounds = {"count": document} if not isinstance(document, Mapping) else dict(document)
    only(bounds, ("count", "at_least", "at_most"), where)
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in bounds.values()):
        raise DocumentError(f"{where}={document!r}: expected a number, or at_least and at_most")
    try:
        return times(**bounds)
    except ValueError as error:
        raise DocumentError(f"{where}: {error}") from None


def _event(document: object, where: str) -> Event:
    if isinstance(document, str):
        return Event(document, {})
    fields = mapping(document, where)
    only(fields, ("name", "attributes"), where)
    return Event(_value(fields.get("name"), f"{where}.name"), _values(fields.get("attributes", {}), where))


def _link(document: object, where: str) -> Link:
    fields = mapping(document, where)
    only(fields, ("trace_id", "span_id"), where)
    return Link(*(_value(fields.get(key, {"any": True}), f"{where}.{key}") for key in ("trace_id", "span_id")))


def _values(document: object, where: str) -> dict[str, object]:
    return {key: _value(value, f"{where}.{key}") for key, value in mapping(document, where).items()}


def _value(document: object, where: str) -> object:
    if not isinstance(document, Mapping):
        return document
    if len(document) == 1:
        ((word, given),) = document.items()
        if word == "regex":
            return _regex(given, where)
        if word == "one_of":
            return IsOneOf(*sequence(given, where))
        if word in ("any", "absent") and given is True:
            return AnyThing if word == "any" else None
    if document and set(document) <= set(_BOUNDS):
        return IsNumber(**{key: number(value, f"{where}.{key}") for key, value in document.items()})
    raise DocumentError(f"{where}: {keys(document)}: expected regex, one_of, gt, ge, lt, le, any: true or absent: true")


def _regex(given: object, where: str) -> re.Pattern[str]:
    try:
        return re.compile(str(given))
    except re.error as error:
        raise DocumentError(f"{where}.regex={given!r}: {error}") from None


def _items(document: object, where: str) -> list[Item]:
    return [_item(each, f"{where}[{n}]") for n, each in enumerate(sequence(document, where))]


def _two(document: object, where: str) -> list[Item]:
    items = _items(document, where)
    if len(items) != 2:  # noqa: PLR2004  one before the other
        raise DocumentError(f"{where}: {len(items)} spans: expected two")
    return items


def _log(fields: Mapping[str, Any], where: str) -> Expectation:
    only(fields, ("service", "body", "severity", "attributes", "times"), where)
    said = log(
        _value(fields.get("service"), f"{where}.service"),
        _value(fields.get("body"), f"{where}.body"),
        severity=fields.get("severity"),
        attributes=_values(fields.get("attributes", {}), f"{where}.attributes"),
    )
    return _times(said.times, fields["times"], f"{where}.times") if "times" in fields else said


def _metric(fields: Mapping[str, Any], where: str) -> Expectation:
    only(fields, ("name", "service", "value", "attributes", "times"), where)
    said = metric(
        _value(fields.get("name"), f"{where}.name"),
        service=_value(fields.get("service"), f"{where}.service"),
        value=_value(fields.get("value"), f"{where}.value"),
        attributes=_values(fields.get("attributes", {}), f"{where}.attributes"),
    )
    return _times(said.times, fields["times"], f"{where}.times") if "times" in fields else said


def _nothing(document: object, where: str, rule: Callable[[], Expectation]) -> Expectation:
    if document not in (None, True):
        raise DocumentError(f"{where}={document!r}: expected nothing behind it")
    return rule()


_ITEMS: dict[str, Callable[[object, str], Item]] = {
    "no": lambda document, where: no(_item(document, where)),
    "parallel": lambda document, where: parallel(*_items(document, where)),
    "unordered": lambda document, where: unordered(*_items(document, where)),
    "exactly": lambda document, where: exactly(*_items(document, where)),
}
_RULES: dict[str, Callable[[Any, str], Expectation]] = {
    "no_orphans": lambda document, where: _nothing(document, where, no_orphans),
    "max_spans": lambda document, where: max_spans(int(number(document, where))),
    "faster_than": lambda document, where: faster_than(number(document, where)),
    "root_cause": lambda document, where: root_cause(_item(document, where)),
    "same_tenant": lambda document, where: same_tenant(None if document in (None, True) else text(document, where)),
    "every": lambda document, where: every(_values(document, where)),
    "before": lambda document, where: before(*_two(document, where)),
    "after": lambda document, where: after(*_two(document, where)),
    "log": lambda document, where: _log(mapping(document, where), where),
    "metric": lambda document, where: _metric(mapping(document, where), where),
}
