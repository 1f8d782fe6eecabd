"""An error as attributes."""

from __future__ import annotations

from grpc import RpcError
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors.chain import causes, leaves
from telemetry.errors.classes import HANDLING, ErrorClass
from telemetry.errors.classify import classify
from telemetry.errors.remote import database_code, grpc_details, http_details
from telemetry.errors.texts import message_of, summary_of, type_name
from telemetry.redaction import redact


def extract_error_details(err: BaseException) -> dict[str, AttributeValue]:
    """Return the attributes that describe an error on a span or log line, without secrets.

    The keys are attribute names. Always present: ``error.type`` (a gRPC code's name, an HTTP status, else the type's
    qualified name), ``error.message``, ``error.class``, ``error.severity``. Where the error has more:

    - a gRPC call: ``rpc.response.status_code``, and of ``google.rpc.Status``: ``error.reason`` and ``error.domain``
      (ErrorInfo), ``error.violations`` (BadRequest, PreconditionFailure), ``error.retry_delay`` (RetryInfo, seconds);
    - an HTTP client (httpx, requests, aiohttp): ``http.request.method``, ``server.address``,
      ``http.response.status_code``;
    - SQLAlchemy: ``db.response.status_code`` (SQLSTATE or SQLite's name), never the statement's values;
    - ``error.causes``, nearest first, and for a group ``error.members``: type and message of each, bounded in number.
    """
    return details_of(err, classify(err))


def details_of(error: BaseException, kind: ErrorClass) -> dict[str, AttributeValue]:
    """Return the attributes of an error whose class is known."""
    details: dict[str, AttributeValue] = {
        semconv.ERROR_TYPE: type_name(error),
        semconv.ERROR_MESSAGE: message_of(error),
        semconv.ERROR_CLASS: kind.value,
        semconv.ERROR_SEVERITY: HANDLING[kind].severity.value,
    }
    details |= grpc_details(error) if isinstance(error, RpcError) else http_details(error)
    for name in (semconv.HTTP_RESPONSE_STATUS_CODE, semconv.RPC_RESPONSE_STATUS_CODE):
        if name in details:
            details[semconv.ERROR_TYPE] = str(details[name])
    if (code := database_code(error)) is not None:
        details[semconv.DB_RESPONSE_STATUS_CODE] = code
    if behind := tuple(map(summary_of, causes(error))):
        details[semconv.ERROR_CAUSES] = behind
    if isinstance(error, BaseExceptionGroup):
        details[semconv.ERROR_MEMBERS] = tuple(map(summary_of, leaves(error)))
    return {name: _safe(value) for name, value in details.items()}


def _safe(value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return redact(value)
    return tuple(redact(each) for each in value if isinstance(each, str)) if isinstance(value, tuple) else value
