from __future__ import annotations

import logging
from typing import Any

import grpc
import httpx
import pytest
import sqlalchemy
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc import aio
from hypothesis import given
from hypothesis import strategies as st

from telemetry import Telemetry, extract_error_details, record_error
from telemetry.logs.formatter import JsonFormatter

VALUES_IN_ERRORS = [
    'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(Ada L) already exists.',
    'null value in column "name"\nDETAIL:  Failing row contains (7, Ada L,\n null).',
    'invalid input syntax for type uuid: "Ada L"',
    "invalid input for query argument $1: 'Ada L' (expected int)",
]


def rpc_error(
    code: grpc.StatusCode, details: str | None = "no such user", trailing: aio.Metadata | None = None
) -> aio.AioRpcError:
    return aio.AioRpcError(code, aio.Metadata(), trailing or aio.Metadata(), details)


def rich(*details: Any) -> aio.Metadata:
    packed = []
    for each in details:
        packed.append(Packed())
        packed[-1].Pack(each)
    status = status_pb2.Status(code=3, message="no", details=packed)
    return aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))


@pytest.mark.parametrize(
    ("code", "kind", "severity"),
    [
        (grpc.StatusCode.NOT_FOUND, "not_found", "info"),
        (grpc.StatusCode.UNAVAILABLE, "unavailable", "error"),
        (grpc.StatusCode.INTERNAL, "dependency", "error"),
        (grpc.StatusCode.CANCELLED, "cancelled", "debug"),
    ],
)
def test_a_grpc_error_is_described_by_its_code(code: grpc.StatusCode, kind: str, severity: str) -> None:
    assert extract_error_details(rpc_error(code)) == {
        "error.type": code.name,
        "error.message": "no such user",
        "error.class": kind,
        "error.severity": severity,
        "rpc.response.status_code": code.name,
    }


def test_the_details_of_a_rich_status_are_told() -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(field="email", description="ada@example.com is taken")
    error = rpc_error(
        grpc.StatusCode.INVALID_ARGUMENT,
        trailing=rich(
            error_details_pb2.ErrorInfo(reason="EMAIL_TAKEN", domain="shop", metadata={"token": "hunter2"}),
            error_details_pb2.BadRequest(field_violations=[violation]),
            error_details_pb2.RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),
            error_details_pb2.Help(),
        ),
    )

    details = extract_error_details(error)

    assert details["error.reason"] == "EMAIL_TAKEN"
    assert details["error.domain"] == "shop"
    assert details["error.violations"] == ("email: REDACTED is taken",)
    assert details["error.retry_delay"] == 1.5
    assert "hunter2" not in str(details)


def test_preconditions_are_violations_too() -> None:
    violation = error_details_pb2.PreconditionFailure.Violation(type="STOCK", subject="book-1", description="none left")
    trailing = rich(error_details_pb2.PreconditionFailure(violations=[violation]))

    details = extract_error_details(rpc_error(grpc.StatusCode.FAILED_PRECONDITION, trailing=trailing))

    assert details["error.violations"] == ("book-1: none left",)


@given(st.binary())
def test_a_rich_status_that_is_junk_is_left_out(junk: bytes) -> None:
    trailing = aio.Metadata(("grpc-status-details-bin", junk), ("grpc-status-details-bin", b"\xff"))

    assert extract_error_details(rpc_error(grpc.StatusCode.INTERNAL, trailing=trailing))["error.type"] == "INTERNAL"


@given(st.binary())
def test_a_rich_detail_that_is_junk_is_left_out(junk: bytes) -> None:
    packed = Packed(type_url="type.googleapis.com/google.rpc.BadRequest", value=junk)
    trailing = aio.Metadata(("grpc-status-details-bin", status_pb2.Status(details=[packed]).SerializeToString()))

    assert extract_error_details(rpc_error(grpc.StatusCode.INTERNAL, trailing=trailing))["error.type"] == "INTERNAL"


def test_a_grpc_error_without_details_has_an_empty_message() -> None:
    assert extract_error_details(rpc_error(grpc.StatusCode.UNAVAILABLE, None))["error.message"] == ""


async def test_an_http_clients_error_tells_the_exchange_and_no_query() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(503))
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.get("https://prices.example/v1?token=hunter2")
    with pytest.raises(httpx.HTTPStatusError) as raised:
        response.raise_for_status()

    details = extract_error_details(raised.value)

    assert details["error.type"] == "503"
    assert details["error.class"] == "unavailable"
    assert details["http.response.status_code"] == 503
    assert details["http.request.method"] == "GET"
    assert details["server.address"] == "prices.example"
    assert "hunter2" not in str(details)


def test_an_http_clients_error_that_knows_no_request_is_described_too() -> None:
    details = extract_error_details(httpx.ConnectError("refused"))

    assert (details["error.type"], details["error.class"]) == ("httpx.ConnectError", "unavailable")


def test_a_databases_error_tells_its_code_and_no_values() -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    insert = sqlalchemy.text("INSERT INTO users VALUES (:email)")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE users (email TEXT PRIMARY KEY)"))
        connection.execute(insert, {"email": "hunter2"})
        with pytest.raises(sqlalchemy.exc.IntegrityError) as raised:
            connection.execute(insert, {"email": "hunter2"})
    engine.dispose()

    details = extract_error_details(raised.value)

    assert details["error.message"] == "UNIQUE constraint failed: users.email"
    assert details["error.class"] == "conflict"
    assert details["db.response.status_code"] == "SQLITE_CONSTRAINT_PRIMARYKEY"
    assert "hunter2" not in str(details)


class DriverError(Exception):
    sqlstate = "23505"


def fail(error: Exception, cause: Exception) -> None:
    if error is cause:
        raise error
    raise error from cause


@pytest.mark.parametrize("text", VALUES_IN_ERRORS)
@pytest.mark.parametrize("wrapped", ["", "by SQLAlchemy", "by a domain"])
def test_the_values_of_rows_and_parameters_are_not_told(
    telemetry: Telemetry, spans: list[Any], caplog: pytest.LogCaptureFixture, text: str, wrapped: str
) -> None:
    caplog.set_level(logging.INFO)
    driver = DriverError(text)
    outer: Exception = {
        "": driver,
        "by SQLAlchemy": sqlalchemy.exc.IntegrityError("INSERT INTO users VALUES ($1)", {"email": "Ada L"}, driver),
        "by a domain": RuntimeError("cannot be saved"),
    }[wrapped]
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        try:
            fail(outer, driver)
        except Exception as error:
            record_error(span, error, sink="both")
            logging.getLogger("test.shop").exception("it failed")
    lines = [JsonFormatter("shop").format(record) for record in caplog.records]

    assert len(lines) == 2
    assert "Ada L" not in "".join(lines) + str(spans[0].attributes) + str(spans[0].events[0].attributes)
    assert "Ada L" not in str(spans[0].status.description)
    assert "users_email_key" in "".join(lines) or "users_email_key" not in text
