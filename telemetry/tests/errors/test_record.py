from __future__ import annotations

import logging
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, StatusCode

from telemetry import ConfigError, ErrorClass, Telemetry, TelemetryConfig, record_error


def raised(error: Exception) -> Exception:
    """Give the error with a trace back of its own."""
    try:
        raise error
    except type(error) as same:
        return same


def test_an_error_is_recorded_once_with_status_class_and_attributes(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        error = raised(TimeoutError("the warehouse did not answer"))
        record_error(span=span, err=error, message="", attributes={"warehouse": "north"})
        record_error(span, error)

    (recorded,) = spans
    (event,) = recorded.events
    assert event.name == "exception"
    assert event.attributes["exception.type"] == "TimeoutError"
    assert event.attributes["exception.message"] == "the warehouse did not answer"
    assert "test_record.py" in event.attributes["exception.stacktrace"]
    assert event.attributes["exception.stacktrace"].endswith("TimeoutError: the warehouse did not answer\n")
    assert recorded.status.status_code is StatusCode.ERROR
    assert recorded.status.description == "the warehouse did not answer"
    assert recorded.attributes == {
        "error.type": "TimeoutError",
        "error.class": "timeout",
        "error.severity": "error",
        "warehouse": "north",
    }


def test_two_errors_are_two_records(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, TimeoutError("first"))
        record_error(span, TimeoutError("second"))
        record_error(span, OSError("second"))

    assert len(spans[0].events) == 3


def test_an_error_that_passes_two_layers_fails_both_spans_and_is_recorded_by_the_first(
    telemetry: Telemetry, spans: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    tracer, error = telemetry.tracer("tests"), raised(ValueError("no"))
    with tracer.start_as_current_span("outer") as outer:
        with tracer.start_as_current_span("inner") as inner:
            record_error(inner, error, sink="both")
        record_error(outer, error, sink="both")

    inner_span, outer_span = spans
    assert [len(inner_span.events), len(outer_span.events)] == [1, 0]
    assert inner_span.status.status_code is outer_span.status.status_code is StatusCode.ERROR
    assert inner_span.attributes == outer_span.attributes
    assert len(caplog.records) == 1


def test_an_error_that_comes_back_in_another_trace_is_recorded_again(telemetry: Telemetry, spans: list[Any]) -> None:
    error = ValueError("kept for ever")
    for _request in range(2):
        with telemetry.tracer("tests").start_as_current_span("work") as span:
            record_error(span, error)

    assert [len(each.events) for each in spans] == [1, 1]


def test_an_error_that_was_recorded_by_the_api_is_not_recorded_again(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        error = raised(ValueError("no"))
        span.record_exception(error)
        record_error(span, error)

    assert len(spans[0].events) == 1


@pytest.mark.parametrize(("sink", "events", "lines"), [("event", 1, 0), ("log", 0, 1), ("both", 1, 1)])
def test_the_record_goes_where_it_is_asked_to(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry, spans: list[Any], caplog: pytest.LogCaptureFixture, sink: Any, events: int, lines: int
) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, raised(TimeoutError("slow")), sink=sink)

    assert (len(spans[0].events), len(caplog.records)) == (events, lines)
    assert spans[0].status.status_code is StatusCode.ERROR


def test_a_log_record_has_the_level_and_the_attributes_of_the_error(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span, caplog.at_level(logging.DEBUG):
        record_error(span, FileNotFoundError("no page"), attributes={"name": "x", "page.id": 7}, sink="log")

    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == ("telemetry.errors", logging.INFO, "no page")
    shown = vars(record)
    assert shown["error.class"] == "not_found"
    assert shown["exception.type"] == "FileNotFoundError"
    assert (shown["error.name"], shown["page.id"]) == ("x", 7)
    assert record.exc_info is None


def test_secrets_reach_neither_span_nor_log(
    telemetry: Telemetry, spans: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    error = ExceptionGroup("password=hunter2", [ValueError("secret: hunter2")])
    error.__cause__ = raised(KeyError("token=hunter2"))
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, raised(error), sink="both")

    (event,) = spans[0].events
    assert "direct cause" in event.attributes["exception.stacktrace"]
    everything = f"{event.attributes} {spans[0].attributes} {spans[0].status.description} {vars(caplog.records[0])}"
    assert "hunter2" not in everything


def test_a_message_may_replace_the_errors_own(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, ValueError("42"), "the order cannot be priced")

    assert spans[0].status.description == "the order cannot be priced"


def test_who_knows_the_class_better_says_so(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, ValueError("42"), kind=ErrorClass.UNAVAILABLE)

    assert spans[0].attributes["error.class"] == "unavailable"


def test_a_span_that_is_not_recorded_or_has_ended_is_left_alone(telemetry: Telemetry, spans: list[Any]) -> None:
    record_error(INVALID_SPAN, ValueError())
    span = telemetry.tracer("tests").start_span("work")
    span.end()
    record_error(span, ValueError())

    assert not spans[0].events
    assert spans[0].status.status_code is StatusCode.UNSET


def test_a_very_deep_stack_is_cut(telemetry: Telemetry, spans: list[Any]) -> None:
    def fall(depth: int) -> None:
        if not depth:
            raise ValueError("x" * 100_000)
        fall(depth - 1)

    with telemetry.tracer("tests").start_as_current_span("work") as span:
        try:
            fall(400)
        except ValueError as error:
            record_error(span, error)

    assert len(spans[0].events[0].attributes["exception.stacktrace"]) < 17_000
    assert len(spans[0].status.description) < 3000


class MuteError(Exception):
    """Nothing of it can be read."""

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_an_error_of_which_nothing_can_be_read_is_recorded_all_the_same(
    telemetry: Telemetry, spans: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, raised(MuteError()), sink="both")
        record_error(span, raised(KeyError(MuteError())), sink="both")
        record_error(span, ExceptionGroup("several", [MuteError()]), sink="both")

    assert [event.attributes["exception.message"] for event in spans[0].events] == [
        "(its text cannot be made)",
        "(its text cannot be made)",
        "several (1 sub-exception)",
    ]
    assert len(caplog.records) == 3


_use_span: Any = trace.use_span


def test_a_sink_that_is_none_is_refused() -> None:
    sink: Any = "nowhere"
    with pytest.raises(ConfigError, match="error_sink='nowhere': expected one of event, log, both"):
        TelemetryConfig(service_name="test", error_sink=sink)
