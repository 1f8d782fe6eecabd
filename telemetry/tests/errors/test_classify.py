from __future__ import annotations

import asyncio

import grpc
import httpx
import pytest
import sqlalchemy.exc
from grpc import aio

from telemetry import ConfigError, ErrorClass, MissingTenant
from telemetry.context.tenant import InvalidTenant
from telemetry.errors import DatabaseUnavailable, classify


class PaymentDeclinedError(Exception):
    error_class = "conflict"


class OddError(Exception):
    error_class = "no such class"


def response_error(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://prices/v1")
    return httpx.HTTPStatusError("failed", request=request, response=httpx.Response(status, request=request))


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
        (NotImplementedError(), ErrorClass.UNIMPLEMENTED),
        (ConfigError(), ErrorClass.CONFIGURATION),
        (MissingTenant(), ErrorClass.UNAUTHENTICATED),
        (InvalidTenant(), ErrorClass.UNAUTHENTICATED),
        (DatabaseUnavailable(), ErrorClass.UNAVAILABLE),
        (ValueError(), ErrorClass.INTERNAL),
        (OddError(), ErrorClass.INTERNAL),
        (grpc.RpcError(), ErrorClass.DEPENDENCY),
        (PaymentDeclinedError(), ErrorClass.CONFLICT),
        (KeyboardInterrupt(), ErrorClass.INTERNAL),
        (httpx.ReadTimeout("slow"), ErrorClass.TIMEOUT),
        (httpx.ConnectError("refused"), ErrorClass.UNAVAILABLE),
        (httpx.RemoteProtocolError("nonsense"), ErrorClass.DEPENDENCY),
        (sqlalchemy.exc.IntegrityError("INSERT", {}, Exception()), ErrorClass.CONFLICT),
        (sqlalchemy.exc.OperationalError("INSERT", {}, Exception()), ErrorClass.UNAVAILABLE),
        (sqlalchemy.exc.TimeoutError(), ErrorClass.UNAVAILABLE),
        (sqlalchemy.exc.ProgrammingError("SELEC", {}, Exception()), ErrorClass.DEPENDENCY),
        (sqlalchemy.exc.NoResultFound(), ErrorClass.NOT_FOUND),
        (ExceptionGroup("two", [FileNotFoundError(), TimeoutError()]), ErrorClass.TIMEOUT),
        (ExceptionGroup("deep", [ExceptionGroup("one", [PaymentDeclinedError()])]), ErrorClass.CONFLICT),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_classified_by_its_own_word_or_its_type(error: BaseException, kind: ErrorClass) -> None:
    assert classify(error) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.CANCELLED, ErrorClass.CANCELLED),
        (grpc.StatusCode.UNKNOWN, ErrorClass.DEPENDENCY),
        (grpc.StatusCode.INVALID_ARGUMENT, ErrorClass.VALIDATION),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ErrorClass.TIMEOUT),
        (grpc.StatusCode.NOT_FOUND, ErrorClass.NOT_FOUND),
        (grpc.StatusCode.ALREADY_EXISTS, ErrorClass.CONFLICT),
        (grpc.StatusCode.PERMISSION_DENIED, ErrorClass.PERMISSION),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorClass.RATE_LIMITED),
        (grpc.StatusCode.FAILED_PRECONDITION, ErrorClass.CONFLICT),
        (grpc.StatusCode.ABORTED, ErrorClass.CONFLICT),
        (grpc.StatusCode.OUT_OF_RANGE, ErrorClass.VALIDATION),
        (grpc.StatusCode.UNIMPLEMENTED, ErrorClass.DEPENDENCY),
        (grpc.StatusCode.INTERNAL, ErrorClass.DEPENDENCY),
        (grpc.StatusCode.UNAVAILABLE, ErrorClass.UNAVAILABLE),
        (grpc.StatusCode.DATA_LOSS, ErrorClass.DEPENDENCY),
        (grpc.StatusCode.UNAUTHENTICATED, ErrorClass.UNAUTHENTICATED),
    ],
)
def test_a_failed_call_is_classified_by_its_code(code: grpc.StatusCode, kind: ErrorClass) -> None:
    assert classify(aio.AioRpcError(code, aio.Metadata(), aio.Metadata())) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, ErrorClass.DEPENDENCY),
        (408, ErrorClass.TIMEOUT),
        (429, ErrorClass.RATE_LIMITED),
        (500, ErrorClass.DEPENDENCY),
        (503, ErrorClass.UNAVAILABLE),
        (504, ErrorClass.TIMEOUT),
    ],
)
def test_another_services_response_is_classified_by_its_status(status: int, kind: ErrorClass) -> None:
    assert classify(response_error(status)) is kind
