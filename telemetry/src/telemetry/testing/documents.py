"""Expectations as a YAML document says them: the same words, and a word that nobody knows is refused.

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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from dirty_equals import AnyThing, IsNumber, IsOneOf

from telemetry.testing.chaining import Item
from telemetry.testing.expect import Expectation
from telemetry.testing.model import Event, Kind, Link, Status
from telemetry.testing.patterns import descendant, exactly, no, parallel, span, unordered
from telemetry.testing.rules import after, before, every, faster_than, max_spans, no_orphans, root_cause, same_tenant
from telemetry.testing.signals import log, metric

_BOUNDS = ("gt", "ge", "lt", "le")
_OF_A_SPAN = (
    "span", "kind", "status", "attributes", "events", "links", "faster_than", "times", "children", "descendants",
)  # fmt: skip


class DocumentError(ValueError):
    """A document says something that nobody understands; the message says where, what, and what is allowed."""


def read_expectations(document: object, where: str = "expect") -> list[Expectation]:
    """Read a list of expectations.

    Args:
        document: As a YAML or JSON parser gave it.
        where: What the list is called in messages.

    Raises:
        DocumentError: It is no such list.
    """
    return [_expectation(each, f"{where}[{n}]") for n, each in enumerate(_list(document, where))]


def _expectation(document: object, where: str) -> Expectation:
    if isinstance(document, str):
        document = {document: None}
    fields = _mapping(document, where)
    for word, read in _RULES.items():
        if word in fields and "span" not in fields:
            _only(fields, (word,), where)
            return read(fields[word], f"{where}.{word}")
    return _item(document, where)


def _item(document: object, where: str) -> Item:
    fields = _mapping(document, where)
    if "span" in fields:
        return _span(fields, where)
    for word, read in _ITEMS.items():
        if word in fields:
            _only(fields, (word,), where)
            return read(fields[word], f"{where}.{word}")
    words = ", ".join(["span", *_ITEMS, *_RULES])
    raise DocumentError(f"{where}: {_keys(fields)}: expected one of {words}")


def _span(fields: Mapping[str, Any], where: str) -> Item:
    _only(fields, _OF_A_SPAN, where)
    service, name = _service_and_name(fields["span"], f"{where}.span")
    below = _items(fields.get("children", ()), f"{where}.children")
    deep = [descendant(each) for each in _items(fields.get("descendants", ()), f"{where}.descendants")]
    said = span(
        service,
        name,
        *below,
        *deep,
        kind=_choice(fields.get("kind"), get_args(Kind), f"{where}.kind"),
        status=_choice(fields.get("status"), get_args(Status), f"{where}.status"),
        attributes=_values(fields.get("attributes", {}), f"{where}.attributes"),
        events=[_event(each, f"{where}.events") for each in _list(fields.get("events", ()), f"{where}.events")],
        links=[_link(each, f"{where}.links") for each in _list(fields.get("links", ()), f"{where}.links")],
    )
    if "faster_than" in fields:
        said = said.faster_than(_number(fields["faster_than"], f"{where}.faster_than"))
    return _times(said.times, fields["times"], f"{where}.times") if "times" in fields else said


def _service_and_name(document: object, where: str) -> tuple[object, object]:
    if isinstance(document, str):
        service, _, name = document.partition(" ")
        if not name.strip():
            raise DocumentError(f"{where}={document!r}: expected a service, a space and a name")
        return service, name.strip()
    fields = _mapping(document, where)
    _only(fields, ("service", "name"), where)
    if len(fields) != 2:  # noqa: PLR2004  both
        raise DocumentError(f"{where}: {_keys(fields)}: expected service and name")
    return _value(fields["service"], f"{where}.service"), _value(fields["name"], f"{where}.name")


def _times(times: Callable[..., Any], document: object, where: str) -> Any:
    bounds = {"count": document} if not isinstance(document, Mapping) else dict(document)
    _only(bounds, ("count", "at_least", "at_most"), where)
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in bounds.values()):
        raise DocumentError(f"{where}={document!r}: expected a number, or at_least and at_most")
    try:
        return times(**bounds)
    except ValueError as error:
        raise DocumentError(f"{where}: {error}") from None


def _event(document: object, where: str) -> Event:
    if isinstance(document, str):
        return Event(document, {})
    fields = _mapping(document, where)
    _only(fields, ("name", "attributes"), where)
    return Event(_value(fields.get("name"), f"{where}.name"), _values(fields.get("attributes", {}), where))


def _link(document: object, where: str) -> Link:
    fields = _mapping(document, where)
    _only(fields, ("trace_id", "span_id"), where)
    return Link(*(_value(fields.get(key, {"any": True}), f"{where}.{key}") for key in ("trace_id", "span_id")))


def _values(document: object, where: str) -> dict[str, object]:
    return {key: _value(value, f"{where}.{key}") for key, value in _mapping(document, where).items()}


def _value(document: object, where: str) -> object:
    if not isinstance(document, Mapping):
        return document
    if len(document) == 1:
        ((word, given),) = document.items()
        if word == "regex":
            return _regex(given, where)
        if word == "one_of":
            return IsOneOf(*_list(given, where))
        if word in ("any", "absent") and given is True:
            return AnyThing if word == "any" else None
    if document and set(document) <= set(_BOUNDS):
        return IsNumber(**{key: _number(value, f"{where}.{key}") for key, value in document.items()})
    raise DocumentError(
        f"{where}: {_keys(document)}: expected regex, one_of, gt, ge, lt, le, any: true or absent: true"
    )


def _regex(given: object, where: str) -> re.Pattern[str]:
    try:
        return re.compile(str(given))
    except re.error as error:
        raise DocumentError(f"{where}.regex={given!r}: {error}") from None


def _items(document: object, where: str) -> list[Item]:
    return [_item(each, f"{where}[{n}]") for n, each in enumerate(_list(document, where))]


def _two(document: object, where: str) -> list[Item]:
    items = _items(document, where)
    if len(items) != 2:  # noqa: PLR2004  one before the other
        raise DocumentError(f"{where}: {len(items)} spans: expected two")
    return items


def _log(fields: Mapping[str, Any], where: str) -> Expectation:
    _only(fields, ("service", "body", "severity", "attributes", "times"), where)
    said = log(
        _value(fields.get("service"), f"{where}.service"),
        _value(fields.get("body"), f"{where}.body"),
        severity=fields.get("severity"),
        attributes=_values(fields.get("attributes", {}), f"{where}.attributes"),
    )
    return _times(said.times, fields["times"], f"{where}.times") if "times" in fields else said


def _metric(fields: Mapping[str, Any], where: str) -> Expectation:
    _only(fields, ("name", "service", "value", "attributes", "times"), where)
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
    "max_spans": lambda document, where: max_spans(int(_number(document, where))),
    "faster_than": lambda document, where: faster_than(_number(document, where)),
    "root_cause": lambda document, where: root_cause(_item(document, where)),
    "same_tenant": lambda document, where: same_tenant(None if document in (None, True) else _text(document, where)),
    "every": lambda document, where: every(_values(document, where)),
    "before": lambda document, where: before(*_two(document, where)),
    "after": lambda document, where: after(*_two(document, where)),
    "log": lambda document, where: _log(_mapping(document, where), where),
    "metric": lambda document, where: _metric(_mapping(document, where), where),
}


def _mapping(document: object, where: str) -> Mapping[str, Any]:
    if isinstance(document, Mapping) and False in document:  # what YAML 1.1 makes of a bare `no`
        document = {"no" if key is False else key: value for key, value in document.items()}
    if not isinstance(document, Mapping) or not all(isinstance(key, str) for key in document):
        raise DocumentError(f"{where}={document!r}: expected a mapping")
    return document


def _list(document: object, where: str) -> Sequence[Any]:
    if not isinstance(document, list | tuple):
        raise DocumentError(f"{where}={document!r}: expected a list")
    return document


def _number(document: object, where: str) -> float:
    if isinstance(document, bool) or not isinstance(document, int | float):
        raise DocumentError(f"{where}={document!r}: expected a number")
    return document


def _text(document: object, where: str) -> str:
    if not isinstance(document, str):
        raise DocumentError(f"{where}={document!r}: expected a text")
    return document


def _choice(document: object, allowed: Sequence[Any], where: str) -> Any:
    if document is not None and document not in allowed:
        raise DocumentError(f"{where}={document!r}: expected one of {', '.join(allowed)}")
    return document


def _only(fields: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    if unknown := [key for key in fields if key not in known]:
        raise DocumentError(f"{where}: {', '.join(unknown)}: expected {', '.join(known)}")


def _keys(fields: Mapping[str, Any]) -> str:
    return ", ".join(fields) or "nothing"
