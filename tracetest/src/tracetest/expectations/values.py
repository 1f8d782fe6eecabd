"""Whether a value is what was expected, and in what a span differs from its pattern."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from tracetest import names
from tracetest.expectations.patterns import SpanPattern
from tracetest.model import Attributes, Event, Kind, Link, Span

_MILLISECOND = 1000  # microseconds


def is_equal(expected: object, seen: object) -> bool:
    """Compare a value; a regular expression must match all of its text, and a matcher decides by its own ``==``.

    ``True`` is not 1, though Python says so. A sequence is equal to its JSON: so does Jaeger's older API give it.
    """
    if isinstance(expected, re.Pattern):
        return expected.fullmatch(str(seen)) is not None
    if isinstance(expected, bool) or (isinstance(seen, bool) and isinstance(expected, int | float)):
        return expected is seen
    if isinstance(expected, list | tuple) and isinstance(seen, str):
        return list(expected) == _from_json(seen)
    if isinstance(expected, list | tuple) and isinstance(seen, tuple):
        return list(expected) == list(seen)
    return bool(expected == seen)


def is_named(expected: object, seen: Span) -> bool:
    """Compare a name; that of an RPC may be shortened: ``CreateOrder`` or ``OrderService/CreateOrder``."""
    if is_equal(expected, seen.name):
        return True
    if not isinstance(expected, str) or names.RPC_METHOD not in seen.attributes:
        return False
    return seen.name.endswith((f"/{expected}", f".{expected}"))


def shown(expected: object) -> str:
    """Write an expected value for a message."""
    return f"/{expected.pattern}/" if isinstance(expected, re.Pattern) else repr(expected)


def differences(pattern: SpanPattern, seen: Span, *, closed: bool) -> Iterator[str]:
    """Say each way in which a span is not what was expected; what is below it aside."""
    if not is_equal(pattern.service, seen.service):
        yield f"service is {seen.service!r}, expected {shown(pattern.service)}"
    if not is_named(pattern.name, seen):
        yield f"name is {seen.name!r}, expected {shown(pattern.name)}"
    if pattern.kind not in (None, seen.kind):
        yield f"kind is {seen.kind}, expected {pattern.kind}"
    yield from _status_differences(pattern, seen, closed=closed)
    yield from attribute_differences(pattern.attributes, seen.attributes)
    yield from _event_differences(pattern.events, seen.events, closed=closed)
    yield from _link_differences(pattern.links, seen.links, closed=closed)
    if pattern.within is not None and seen.duration >= pattern.within * _MILLISECOND:
        yield f"took {seen.duration / _MILLISECOND:g} ms, expected less than {pattern.within:g} ms"


def attribute_differences(expected: Mapping[str, object], seen: Attributes) -> Iterator[str]:
    """Say which attributes are not what was expected; None expects that there is no such attribute."""
    for key, value in expected.items():
        if value is None:
            if key in seen:
                yield f"attribute {key} is {seen[key]!r}, expected not to be there"
        elif key not in seen:
            yield f"attribute {key} is not there, expected {shown(value)}"
        elif not is_equal(value, seen[key]):
            yield f"attribute {key} is {seen[key]!r}, expected {shown(value)}"


def check_kind(kind: object) -> None:
    """Raise ValueError for what is no kind of a span."""
    if kind is not None and kind not in get_args(Kind):
        raise ValueError(f"kind={kind!r}: expected one of {', '.join(get_args(Kind))}")


def _status_differences(pattern: SpanPattern, seen: Span, *, closed: bool) -> Iterator[str]:
    said = f" ({seen.status_message})" if seen.status_message else ""
    if pattern.status is not None and seen.status != pattern.status:
        yield f"status is {seen.status}{said}, expected {pattern.status}"
    if pattern.status is None and closed and seen.status == "ERROR":
        yield f"status is ERROR{said}, expected none"


def _event_differences(expected: Sequence[Event], seen: Sequence[Event], *, closed: bool) -> Iterator[str]:
    left = list(seen)
    for each in expected:
        at = next((n for n, other in enumerate(left) if _is_event(each, other)), None)
        if at is None:
            yield f"event {_event(each)} is not there, events are {_list(map(_event, seen))}"
        elif closed:
            del left[at]
        else:
            left = left[at + 1 :]
    if closed and left:
        yield f"events are {_list(map(_event, seen))}, expected {_list(map(_event, expected))}"


def _is_event(expected: Event, seen: Event) -> bool:
    if not is_equal(expected.name, seen.name):
        return False
    return not any(attribute_differences(expected.attributes, seen.attributes))


def _link_differences(expected: Sequence[Link], seen: Sequence[Link], *, closed: bool) -> Iterator[str]:
    if (closed and len(expected) != len(seen)) or any(each not in seen for each in expected):
        yield f"links are {_list(map(_link, seen))}, expected {_list(map(_link, expected))}"


def _event(event: Event) -> str:
    kind = event.attributes.get(names.EXCEPTION_TYPE)
    return str(event.name) if kind is None else f"{event.name} {kind if isinstance(kind, str) else shown(kind)}"


def _link(link: Link) -> str:
    return f"{link.trace_id}/{link.span_id}"


def _list(texts: Iterator[str]) -> str:
    return ", ".join(texts) or "none"


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
