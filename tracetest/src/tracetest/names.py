"""The names that services and their trace tests must agree on.

They are written here once more, so that the kit needs no instrumentation of this repository: attributes of
OpenTelemetry's semantic conventions, and of the errors, tenants and metadata of the conformance suite. A test compares
them with those of `telemetry`.
"""

from __future__ import annotations

import re

from grpc import StatusCode
from opentelemetry.semconv._incubating.attributes.rpc_attributes import (
    RPC_METHOD,
    RPC_RESPONSE_STATUS_CODE,
    RPC_SYSTEM_NAME,
)
from opentelemetry.semconv.attributes.db_attributes import DB_SYSTEM_NAME
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.exception_attributes import EXCEPTION_TYPE
from opentelemetry.semconv.attributes.http_attributes import HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME

__all__ = [
    "DB_SYSTEM_NAME",
    "ERROR_TYPE",
    "EXCEPTION_TYPE",
    "HTTP_REQUEST_METHOD",
    "HTTP_RESPONSE_STATUS_CODE",
    "RPC_METHOD",
    "RPC_RESPONSE_STATUS_CODE",
    "RPC_SYSTEM_GRPC",
    "RPC_SYSTEM_NAME",
    "SERVER_ADDRESS",
    "SERVER_ERRORS",
    "SERVER_PORT",
    "SERVICE_NAME",
    "TENANT_ID",
    "TENANT_METADATA",
    "is_tenant",
]

RPC_SYSTEM_GRPC = "grpc"
TENANT_ID = "tenant.id"
TENANT_METADATA = "x-tenant-id"

# On a server span only these codes are errors: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
SERVER_ERRORS = frozenset(
    {
        StatusCode.UNKNOWN,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.INTERNAL,
        StatusCode.UNAVAILABLE,
        StatusCode.DATA_LOSS,
    }
)

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_tenant(text: str) -> bool:
    """Return whether the text is a valid tenant id: 1 to 63 of a-z, 0-9 and '-', not starting with '-'."""
    return _TENANT.fullmatch(text) is not None
