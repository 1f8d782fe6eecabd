from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from console.jaeger.params import (
    ParameterError,
    dependency_times,
    go_duration,
    pretty,
    trace_id,
    trace_search,
)

DAY = 24 * 3600 * 1_000_000_000


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("1ns", 1),
        ("1.5us", 1_500),
        ("1µs", 1_000),
        ("1μs", 1_000),
        (".5ms", 500_000),
        ("1.ms", 1_000_000),
        ("1m2s", 62_000_000_000),
        ("+2h", 7_200_000_000_000),
        ("-2h", -7_200_000_000_000),
    ],
)
def test_durations_are_read_as_go_does(text: str, nanoseconds: int) -> None:
    assert go_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "-", "s", ".", ".s", "1 s", "5", "5q", "1s5", "1..5s", "x1s", "1e3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match=r"^time: .*duration"):
        go_duration(text)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        nanoseconds = go_duration(text)
    except ParameterError:
        return
    assert text in {"0", "+0", "-0"} or text[-1] in "smh"
    assert nanoseconds >= 0 or text.startswith("-")


@given(st.text(max_size=40))
def test_any_text_is_a_trace_id_or_refused(text: str) -> None:
    try:
        found = trace_id(text)
    except ParameterError:
        return
    assert len(found) == 32
    assert int(found, 16) == int(text, 16)


@pytest.mark.parametrize("text", ["", "0x1", "1_0", "g", "1" * 33, "é", "x" + "0" * 20])
def test_what_is_no_trace_id_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        trace_id(text)


def test_a_search_is_about_the_last_two_days_unless_it_says_otherwise() -> None:
    before = time.time_ns()
    query = trace_search(QueryParams("service=order")).query
    assert query.end is not None
    assert before <= query.end <= time.time_ns()
    assert query.start is not None
    assert 0 <= query.end - query.start - 2 * DAY < DAY / 1_000
    assert (query.limit, query.min_duration, query.max_duration, query.operation) == (100, None, None, "")


def test_times_of_a_search_are_microseconds() -> None:
    query = trace_search(QueryParams("service=order&start=1&end=2&minDuration=1ms&maxDuration=1s")).query
    assert (query.start, query.end, query.min_duration, query.max_duration) == (1_000, 2_000, 1_000_000, 1_000_000_000)


def test_a_number_of_nothing_is_refused() -> None:
    for limit in ("0", "-1"):
        with pytest.raises(ParameterError, match="search depth must be greater than 0"):
            trace_search(QueryParams(f"service=order&limit={limit}"))


def test_tags_of_all_forms_come_together() -> None:
    params = QueryParams([("service", "s"), ("tag", "a:b:c"), ("tags", '{"d": "e"}'), ("tags", '{"f": ""}')])
    assert trace_search(params).query.tags == {"a": "b:c", "d": "e", "f": ""}


@pytest.mark.parametrize("tags", ["x", "[]", "1", '{"a": 1}', "[" * 100_000])
def test_tags_that_are_no_object_of_texts_are_refused(tags: str) -> None:
    with pytest.raises(ParameterError, match="malformed 'tags' parameter, cannot unmarshal JSON"):
        trace_search(QueryParams([("service", "s"), ("tags", tags)]))


def test_ids_need_no_service_and_count_once() -> None:
    assert trace_search(QueryParams("traceID=1&traceID=01&traceID=2")).trace_ids == (f"{1:032x}", f"{2:032x}")


def test_dependencies_are_about_the_last_day_unless_they_say_otherwise() -> None:
    start, end = dependency_times(QueryParams(""))
    assert end - start == DAY
    assert abs(time.time_ns() - end) < DAY / 1_000
    assert dependency_times(QueryParams("endTs=5&lookback=2")) == (3_000_000, 5_000_000)


@pytest.mark.parametrize(("text", "wanted"), [("", False), ("prettyPrint=false", False), ("prettyPrint=true", True)])
def test_pretty_json_can_be_asked_for(text: str, *, wanted: bool) -> None:
    assert pretty(QueryParams(text)) is wanted
