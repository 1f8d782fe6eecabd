"""Reads the parameters of Jaeger's query API, with its defaults, bounds and error texts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from starlette.datastructures import QueryParams

from console.query import Query

T = TypeVar("T")

_MICROSECOND, _MILLISECOND, _SECOND = 1_000, 1_000_000, 1_000_000_000
_SEARCH_LOOKBACK = 2 * 24 * 3600 * 1_000_000_000
_DEPENDENCY_LOOKBACK = 24 * 3600 * 1000  # milliseconds
_DEFAULT_LIMIT = 100
_LARGEST_INT = 2**63 - 1
_ID_DIGITS, _HALF_DIGITS = 32, 16
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_DURATION = re.compile(r"([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)[^0-9.]*)+)")
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([^0-9.]*)")
_RFC_3339 = re.compile(
    r"(?P<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})"
)
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # micro sign
    "μs": 1_000,  # Greek mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


class ParameterError(ValueError):
    """A parameter is missing or wrong; the message is Jaeger's."""


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """What ``/api/traces`` asks for: traces by their ids when there are any, else those that match the query."""

    trace_ids: tuple[str, ...]
    query: Query


def trace_id(text: str) -> str:
    """Read an id of up to 32 hex digits; a short one is filled with zeros on the left."""
    if len(text) > _ID_DIGITS:
        raise ParameterError(f"TraceID cannot be longer than 32 hex characters: {text}")
    high, low = text[:-_HALF_DIGITS], text[-_HALF_DIGITS:]
    for half in (high, low) if high else (low,):
        if not _HEX.fullmatch(half):
            raise ParameterError(f"strconv.ParseUint: parsing {_quoted(half)}: invalid syntax")
    return text.lower().zfill(_ID_DIGITS)


def trace_search(params: QueryParams) -> TraceSearch:
    """Read the parameters of ``/api/traces``: times in microseconds, durations as 1.5s, 20ms, 100us.

    ``lookback`` is what Jaeger's page remembers for itself; the search itself goes by ``start`` and ``end``.
    """
    now = time.time_ns()
    start, end = _time(params, "start", _MICROSECOND), _time(params, "end", _MICROSECOND)
    query = Query(
        service=_first(params, "service"),
        operation=_first(params, "operation"),
        start=now - _SEARCH_LOOKBACK if start is None else start,
        end=now if end is None else end,
        tags=_tags(params),
        limit=_limit(params),
        min_duration=_duration(params, "minDuration"),
        max_duration=_duration(params, "maxDuration"),
    )
    ids = _trace_ids(params)
    if not ids:
        required_service(params)
    if query.min_duration and query.max_duration and query.max_duration < query.min_duration:
        raise ParameterError("'maxDuration' should be greater than 'minDuration'")
    return TraceSearch(ids, query)


def trace_search_v3(params: QueryParams) -> Query:
    """Read the parameters of ``/api/v3/traces``: times as RFC 3339, durations as 1.5s, 20ms, 100us."""
    low, high = _first(params, "query.start_time_min"), _first(params, "query.start_time_max")
    if not low or not high:
        raise ParameterError("query.start_time_min and query.start_time_max are required")
    return Query(
        service=_first(params, "query.service_name"),
        operation=_first(params, "query.operation_name"),
        start=malformed("query.start_time_min", _moment, low),
        end=malformed("query.start_time_max", _moment, high),
        limit=count("query.num_traces", _first(params, "query.num_traces"), _DEFAULT_LIMIT),
        min_duration=_duration_v3(params, "query.duration_min"),
        max_duration=_duration_v3(params, "query.duration_max"),
    )


def malformed(name: str, read: Callable[[str], T], text: str) -> T:
    """Read a parameter of API v3; its error names the parameter."""
    try:
        return read(text)
    except ParameterError as error:
        raise ParameterError(f"malformed parameter {name}: {error}") from None


def count(name: str, text: str, default: int) -> int:
    """Read how many are wanted, at least one."""
    number = malformed(name, _whole, text) if text else default
    if number <= 0:
        raise ParameterError(f"malformed parameter {name}: expected a number greater than 0, got {number}")
    return number


def required_service(params: QueryParams) -> str:
    """Read ``service``, which must be there."""
    service = _first(params, "service")
    if not service:
        raise ParameterError("parameter 'service' is required")
    return service


def dependency_times(params: QueryParams) -> tuple[int, int]:
    """Read ``endTs`` and ``lookback``, both in milliseconds; give start and end in nanoseconds since the epoch."""
    given = _time(params, "endTs", _MILLISECOND)
    end = time.time_ns() if given is None else given
    text = _first(params, "lookback")
    lookback = _named("lookback", _whole, text) if text else _DEPENDENCY_LOOKBACK
    return end - lookback * _MILLISECOND, end


def pretty(params: QueryParams) -> bool:
    """Say whether ``prettyPrint`` asks for indented JSON."""
    return _first(params, "prettyPrint") not in {"", "false"}


def _first(params: QueryParams, name: str) -> str:
    return next(iter(params.getlist(name)), "")


def _trace_ids(params: QueryParams) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(map(trace_id, params.getlist("traceID"))))
    except ParameterError as error:
        raise ParameterError(f"cannot parse traceID param: {error}") from None


def _time(params: QueryParams, name: str, unit: int) -> int | None:
    text = _first(params, name)
    return _named(name, _whole, text) * unit if text else None


def _limit(params: QueryParams) -> int:
    text = _first(params, "limit")
    limit = _whole(text) if text else _DEFAULT_LIMIT
    if limit <= 0:
        raise ParameterError("search depth must be greater than 0 and less than max traces")
    return limit


def _duration(params: QueryParams, name: str) -> int | None:
    text = _first(params, name)
    return (_named(name, go_duration, text) or None) if text else None


def _duration_v3(params: QueryParams, name: str) -> int | None:
    text = _first(params, name)
    return (malformed(name, go_duration, text) or None) if text else None


def _moment(text: str) -> int:
    """Read a time such as 2026-01-31T12:00:00.123456789Z; give nanoseconds since the epoch."""
    match = _RFC_3339.fullmatch(text)
    try:
        if match:
            seconds = int(datetime.fromisoformat(match["seconds"] + match["zone"]).timestamp())
            return seconds * _SECOND + int(f"{match['fraction'] or '':0<9}")
    except ValueError:
        pass  # the 31st of February
    raise ParameterError(f'parsing time {_quoted(text)} as "2006-01-02T15:04:05.999999999Z07:00"')


def _tags(params: QueryParams) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in params.getlist("tag"):
        key, colon, value = tag.partition(":")
        if not colon:
            raise ParameterError(f"malformed 'tag' parameter, expecting key:value, received: {tag}")
        tags[key] = value
    for document in params.getlist("tags"):
        tags.update(_tag_object(document))
    return tags


def _tag_object(document: str) -> Mapping[str, str]:
    try:
        tags = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"malformed 'tags' parameter, cannot unmarshal JSON: {error}") from None
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise ParameterError("malformed 'tags' parameter, cannot unmarshal JSON: expected an object of texts")
    return tags


def _named(name: str, read: Callable[[str], int], text: str) -> int:
    try:
        return read(text)
    except ParameterError as error:
        raise ParameterError(f"unable to parse param '{name}': {error}") from None


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        problem = "value out of range" if re.fullmatch(r"[+-]?[0-9]+", text) else "invalid syntax"
        raise ParameterError(f"strconv.ParseInt: parsing {_quoted(text)}: {problem}")
    if abs(int(text)) > _LARGEST_INT:
        raise ParameterError(f"strconv.ParseInt: parsing {_quoted(text)}: value out of range")
    return int(text)


def go_duration(text: str) -> int:
    """Read a duration such as 1h2m, 1.5s, 20ms, 100us, 7ns or 0; give nanoseconds."""
    match = _DURATION.fullmatch(text)
    if text in {"0", "+0", "-0"}:
        return 0
    if match is None:
        raise ParameterError(f"time: invalid duration {_quoted(text)}")
    total = sum(_part(number, unit, text) for number, unit in _PART.findall(match[2]))
    return -total if match[1] == "-" else total


def _part(number: str, unit: str, text: str) -> int:
    if not unit:
        raise ParameterError(f"time: missing unit in duration {_quoted(text)}")
    if unit not in _UNITS:
        raise ParameterError(f"time: unknown unit {_quoted(unit)} in duration {_quoted(text)}")
    return int(Decimal(number) * _UNITS[unit])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
