from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from grpc import aio
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import INVALID_SPAN, StatusCode

from telemetry import ConfigError, ErrorClass, MissingTenant, Severity, Telemetry, extract_error_details, record_error
from telemetry.errors import DatabaseUnavailable, classify
from telemetry.tenant import InvalidTenant


class PaymentDeclinedError(Exception):
    pass


def rpc_error(code: grpc.StatusCode, details: str | None = "no such user") -> aio.AioRpcError:
    return aio.AioRpcError(code, aio.Metadata(), aio.Metadata(), details)


def raised(error: Exception) -> Exception:
    """Give the error with a trace back of its own."""
    try:
        raise error
    except type(error) as same:
        return same


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (asyncio.CancelledError(), ErrorClass.CANCELLED),
        (TimeoutError(), ErrorClass.TIMEOUT),
        (ConnectionRefusedError(), ErrorClass.UNAVAILABLE),
        (ConnectionResetError(), ErrorClass.UNAVAILABLE),
        (BrokenPipeError(), ErrorClass.UNAVAILABLE),
        (PermissionError(), ErrorClass.PERMISSION),
        (FileNotFoundError(), ErrorClass.NOT_FOUND),
        (ConfigError(), ErrorClass.CONFIGURATION),
        (MissingTenant(), ErrorClass.UNAUTHENTICATED),
        (InvalidTenant(), ErrorClass.UNAUTHENTICATED),
        (DatabaseUnavailable(), ErrorClass.UNAVAILABLE),
        (ValueError(), ErrorClass.INTERNAL),
        (PaymentDeclinedError(), ErrorClass.INTERNAL),
        (KeyboardInterrupt(), ErrorClass.INTERNAL),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_classified_by_its_type(error: BaseException, kind: ErrorClass) -> None:
    assert classify(error) is kind


@pytest.mark.parametrize(
    ("code", "kind", "severity"),
    [
        (grpc.StatusCode.CANCELLED, ErrorClass.CANCELLED, Severity.DEBUG),
        (grpc.StatusCode.UNKNOWN, ErrorClass.INTERNAL, Severity.ERROR),
        (grpc.StatusCode.INVALID_ARGUMENT, ErrorClass.VALIDATION, Severity.INFO),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ErrorClass.TIMEOUT, Severity.ERROR),
        (grpc.StatusCode.NOT_FOUND, ErrorClass.NOT_FOUND, Severity.INFO),
        (grpc.StatusCode.ALREADY_EXISTS, ErrorClass.CONFLICT, Severity.INFO),
        (grpc.StatusCode.PERMISSION_DENIED, ErrorClass.PERMISSION, Severity.WARNING),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorClass.RATE_LIMITED, Severity.WARNING),
        (grpc.StatusCode.FAILED_PRECONDITION, ErrorClass.CONFLICT, Severity.INFO),
        (grpc.StatusCode.ABORTED, ErrorClass.CONFLICT, Severity.INFO),
        (grpc.StatusCode.OUT_OF_RANGE, ErrorClass.VALIDATION, Severity.INFO),
        (grpc.StatusCode.UNIMPLEMENTED, ErrorClass.UNIMPLEMENTED, Severity.ERROR),
        (grpc.StatusCode.INTERNAL, ErrorClass.INTERNAL, Severity.ERROR),
        (grpc.StatusCode.UNAVAILABLE, ErrorClass.UNAVAILABLE, Severity.ERROR),
        (grpc.StatusCode.DATA_LOSS, ErrorClass.INTERNAL, Severity.ERROR),
        (grpc.StatusCode.UNAUTHENTICATED, ErrorClass.UNAUTHENTICATED, Severity.WARNING),
    ],
)
def test_a_grpc_error_is_described_by_its_code(code: grpc.StatusCode, kind: ErrorClass, severity: Severity) -> None:
    details = extract_error_details(rpc_error(code))

    assert details == {
        "error.type": code.name,
        "error.message": "no such user",
        "error.class": kind.value,
        "error.severity": severity.value,
        "rpc.response.status_code": code.name,
    }


def test_every_code_has_a_class() -> None:
    classes = {code: classify(rpc_error(code)) for code in grpc.StatusCode if code is not grpc.StatusCode.OK}

    assert [code.name for code, kind in classes.items() if kind is ErrorClass.INTERNAL] == [
        "UNKNOWN",
        "INTERNAL",
        "DATA_LOSS",
    ]


def test_a_grpc_error_without_details_has_an_empty_message() -> None:
    assert extract_error_details(rpc_error(grpc.StatusCode.UNAVAILABLE, None))["error.message"] == ""


def test_a_python_error_is_described_by_its_qualified_type() -> None:
    assert extract_error_details(ValueError("not a number")) == {
        "error.type": "ValueError",
        "error.message": "not a number",
        "error.class": "internal",
        "error.severity": "error",
    }
    assert str(extract_error_details(PaymentDeclinedError())["error.type"]).endswith("test_errors.PaymentDeclinedError")


def test_an_error_is_recorded_once_with_status_class_and_attributes(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        error = raised(TimeoutError("the warehouse did not answer"))
        record_error(span, error, attributes={"warehouse": "north"})
        record_error(span, error)

    (recorded,) = spans
    (event,) = recorded.events
    assert event.name == "exception"
    assert event.attributes["exception.type"] == "TimeoutError"
    assert event.attributes["exception.message"] == "the warehouse did not answer"
    assert "test_errors.py" in event.attributes["exception.stacktrace"]
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


def test_a_message_may_replace_the_errors_own(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        record_error(span, ValueError("42"), "the order cannot be priced")

    assert spans[0].status.description == "the order cannot be priced"


def test_a_span_that_is_not_recorded_or_has_ended_is_left_alone(telemetry: Telemetry, spans: list[Any]) -> None:
    record_error(INVALID_SPAN, ValueError())
    span = telemetry.tracer("tests").start_span("work")
    span.end()
    record_error(span, ValueError())

    assert not spans[0].events
    assert spans[0].status.status_code is StatusCode.UNSET


@given(st.text())
def test_any_message_is_told_as_it_is(message: str) -> None:
    assert extract_error_details(ValueError(message))["error.message"] == message
