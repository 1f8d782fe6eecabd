from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import StatusCode

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure, record_error


def raised(error: Exception) -> Exception:
    """Give the error with a trace back of its own."""
    try:
        raise error
    except type(error) as same:
        return same


_use_span: Any = trace.use_span


def work(span: Any, error: Exception, *, handles: bool) -> None:
    try:
        raise error
    except LookupError:
        if handles:
            record_error(span, error, "the shelf is empty", {"shelf": 7})
        raise


@pytest.mark.parametrize("twice", [True, False], ids=["and by the handler before", ""])
@pytest.mark.parametrize("how", ["start_as_current_span", "with start_span", "use_span"])
def test_what_leaves_a_span_is_recorded_once_and_without_secrets(
    telemetry: Telemetry,
    spans: list[Any],
    how: str,
    twice: bool,  # noqa: FBT001  a parameter
) -> None:
    tracer = telemetry.tracer("tests")
    made: Any = {
        "start_as_current_span": lambda: tracer.start_as_current_span("work"),
        "with start_span": lambda: tracer.start_span("work"),
        "use_span": lambda: _use_span(tracer.start_span("work"), end_on_exit=True),  # type: ignore[no-untyped-call]
    }[how]()
    secret = LookupError("password=hunter2")
    with pytest.raises(LookupError), made as span:
        work(span, secret, handles=twice)

    (recorded,) = spans
    (event,) = recorded.events
    assert "hunter2" not in str(event.attributes)
    assert event.attributes["exception.type"] == "LookupError"
    assert recorded.status.status_code is StatusCode.ERROR
    if how != "use_span":  # that writes its own words
        assert recorded.status.description == ("the shelf is empty" if twice else "LookupError: password=REDACTED")


def test_a_span_that_was_asked_not_to_records_nothing(telemetry: Telemetry, spans: list[Any]) -> None:
    tracer = telemetry.tracer("tests")
    options: list[dict[str, Any]] = [
        {"record_exception": False, "set_status_on_exception": False},
        {"record_exception": True, "set_status_on_exception": False},
        {"record_exception": False, "set_status_on_exception": True},
    ]
    for each in options:
        with pytest.raises(LookupError), tracer.start_as_current_span("work", **each):
            raise LookupError("no")

    assert [len(span.events) for span in spans] == [0, 1, 0]
    assert [span.status.status_code for span in spans] == [StatusCode.UNSET, StatusCode.UNSET, StatusCode.ERROR]
    assert spans[2].status.description == "LookupError: no"


def test_record_exception_takes_attributes_and_a_time(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        span.record_exception(raised(LookupError("no")), {"shelf": 7}, timestamp=123)

    (event,) = spans[0].events
    assert (event.timestamp, event.attributes["shelf"]) == (123, 7)
    assert spans[0].status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(("sink", "events", "lines"), [("event", 1, 0), ("log", 0, 1), ("both", 1, 1)])
def test_the_service_says_where_exceptions_go(
    caplog: pytest.LogCaptureFixture, sink: Any, events: int, lines: int
) -> None:
    ended: list[Any] = []
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), error_sink=sink)

    class Ended(SpanProcessor):
        def on_end(self, span: Any) -> None:
            ended.append(span)

    with configure(config, span_processors=[Ended()]) as telemetry:
        tracer = telemetry.tracer("tests")
        with tracer.start_as_current_span("a") as span:
            record_error(span, raised(LookupError("first")))
        with tracer.start_as_current_span("b") as span:
            span.record_exception(raised(LookupError("second")))

    assert [len(span.events) for span in ended] == [events, events]
    assert [record.getMessage() for record in caplog.records] == ["first", "second"] * lines
