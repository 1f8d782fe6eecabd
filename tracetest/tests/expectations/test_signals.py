"""What was logged and measured within a trace, and how a message tells what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from dirty_equals import IsFloat

from tracetest import LogRecord, Measurement, Trace, log, metric

PLACED = LogRecord(service="order", body="placed", severity="INFO", span_id="01", attributes={"order.items": 2})
LATENCY = Measurement(
    service="gateway",
    name="http.server.request.duration",
    unit="s",
    value=0.25,
    span_id="01",
    attributes={"http.route": "/v1/orders"},
)
TRACE = Trace("ff", (), logs=(PLACED,), metrics=(LATENCY,))


def told(expectation: Any, trace: Trace = TRACE) -> str:
    with pytest.raises(AssertionError) as caught:
        trace.expect(expectation)
    return str(caught.value)


def test_what_is_as_expected_passes() -> None:
    TRACE.expect(
        log(),
        log("order", "placed", severity="INFO", attributes={"order.items": 2, "error.type": None}).times(1),
        log(severity="ERROR").times(0),
        metric("http.server.request.duration"),
        metric(
            "http.server.request.duration",
            service="gateway",
            value=IsFloat(lt=1),
            attributes={"http.route": "/v1/orders"},
        ),
    )


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        (log("user", "placed"), "service is 'order', expected 'user'"),
        (log("order", "cancelled"), "body is 'placed', expected 'cancelled'"),
        (log("order", "placed", severity="ERROR"), "severity is INFO, expected ERROR"),
        (log("order", attributes={"order.items": 3}), "attribute order.items is 2, expected 3"),
        (log("order").times(2), "it is there 1 times, expected 2"),
        (log("order").times(0), "it is there 1 times, expected none"),
        (metric("rpc.server.call.duration"), "name is 'http.server.request.duration'"),
        (metric("http.server.request.duration", service="user"), "service is 'gateway', expected 'user'"),
        (metric("http.server.request.duration", value=1.0), "value is 0.25, expected 1.0"),
        (metric("http.server.request.duration", attributes={"http.route": "/"}), "attribute http.route is"),
        (metric("http.server.request.duration").times(at_most=0), "it is there 1 times, expected none"),
    ],
)
def test_what_differs_in_one_way_fails_and_the_way_is_named(expectation: Any, message: str) -> None:
    assert message in told(expectation)


def test_what_is_there_is_shown() -> None:
    assert "order INFO placed" in told(log("order", "cancelled"))
    assert "gateway http.server.request.duration 0.25 s" in told(metric("other"))


def test_where_nobody_keeps_them_nothing_can_be_said_about_them() -> None:
    nobody = Trace("ff", ())

    assert "nobody keeps log records" in told(log().times(0), nobody)
    assert "nobody keeps measurements" in told(metric("other"), nobody)
