"""Every failure as the caller sees it: ``application/problem+json`` (RFC 9457) with the trace id in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway import domain
from telemetry import ErrorClass, current_trace_id
from telemetry.errors import HANDLING
from telemetry.errors.table import ErrorTable, find_code
from telemetry.http import route_of

MEDIA_TYPE = "application/problem+json"

_RETRY_AFTER = {"Retry-After": "1"}
_MOST_ERRORS = 20
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its HTTP status and the title that all problems of the kind share."""

    status: int
    title: str
    headers: Mapping[str, str] | None = None

    @property
    def uri(self) -> str:
        """The problem type: a name, not an address."""
        return "urn:throughline:problem:" + self.title.lower().replace(" ", "-")


def _kind(of: ErrorClass, title: str, headers: Mapping[str, str] | None = None) -> Kind:
    return Kind(HANDLING[of].http_status, title, headers)


MALFORMED = Kind(400, "Malformed request")
INVALID = _kind(ErrorClass.VALIDATION, "Invalid input")
TOO_LARGE = Kind(413, "Body too large", {"Connection": "close"})
TOO_SLOW = Kind(408, "Body too slow", {"Connection": "close"})
NOT_READY = _kind(ErrorClass.UNAVAILABLE, "Not ready", _RETRY_AFTER)
INTERNAL = _kind(ErrorClass.INTERNAL, "Internal error")

KINDS: ErrorTable[Kind] = {
    domain.InvalidInput: INVALID,
    domain.Unauthenticated: _kind(ErrorClass.UNAUTHENTICATED, "Unauthenticated"),
    domain.Forbidden: _kind(ErrorClass.PERMISSION, "Forbidden"),
    domain.NotFound: _kind(ErrorClass.NOT_FOUND, "Not found"),
    domain.Conflict: _kind(ErrorClass.CONFLICT, "Conflict"),
    domain.ServiceOverloaded: _kind(ErrorClass.RATE_LIMITED, "Too many requests", _RETRY_AFTER),
    domain.ServiceFailed: _kind(ErrorClass.DEPENDENCY, "Service failed"),
    domain.ServiceUnavailable: _kind(ErrorClass.UNAVAILABLE, "Service unavailable", _RETRY_AFTER),
    domain.ServiceTimeout: _kind(ErrorClass.TIMEOUT, "Service timeout", _RETRY_AFTER),
}

_HTTP_KINDS: dict[int, tuple[Kind, str]] = {
    400: (MALFORMED, "the body is not JSON in UTF-8"),
    404: (Kind(404, "No such resource"), "there is nothing at this path"),
    405: (Kind(405, "Method not allowed"), "this path does not take this method"),
    408: (TOO_SLOW, "the body took too long to arrive"),
    413: (TOO_LARGE, "the body is larger than 1 MiB"),
    415: (Kind(415, "Unsupported media type"), "the body must be of type application/json"),
}


def problem(path: str, kind: Kind, detail: str, errors: Sequence[Mapping[str, str]] | None = None) -> dict[str, object]:
    """Give a problem's members; `errors` tells place by place what is wrong with the request."""
    members: dict[str, object] = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": quote(path, errors="replace"),
    }
    if trace_id := current_trace_id():
        members["trace_id"] = trace_id
    if errors is not None:
        members["errors"] = errors
    return members


def render(members: Mapping[str, object]) -> bytes:
    """Give the members as JSON; half a surrogate pair, which JSON can smuggle in, becomes a question mark."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def problem_response(
    path: str,
    kind: Kind,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Give the response; `headers` come on top of those of the kind."""
    return Response(
        render(problem(path, kind, detail, errors)),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={**(kind.headers or {}), **(headers or {})},
    )


def domain_problem(path: str, error: domain.GatewayError) -> dict[str, object]:
    """Give a problem's members for a domain error, for use inside a stream that has begun."""
    return problem(path, _kind_of(error), str(error))


def install_handlers(app: FastAPI) -> None:
    """Make the application answer every failure with a problem."""
    app.add_exception_handler(domain.GatewayError, _on_domain_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(Exception, _on_exception)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    headers = {"WWW-Authenticate": _challenge(error)} if isinstance(error, domain.Unauthenticated) else None
    return problem_response(request.url.path, _kind_of(error), str(error), headers=headers)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else INTERNAL.status
    kind, detail = _HTTP_KINDS.get(status, (Kind(status, "Request refused"), "the request cannot be served"))
    headers = {"Allow": _allowed_methods(request)} if status == _HTTP_METHOD_NOT_ALLOWED else None
    return problem_response(request.url.path, kind, detail, headers=headers)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    if found and found[0]["type"] == "json_invalid":
        detail = f"the body is not JSON: {found[0]['ctx']['error']} at character {found[0]['loc'][1]}"
        return problem_response(request.url.path, MALFORMED, detail)
    errors = [_field_error(each["loc"], each["msg"]) for each in found[:_MOST_ERRORS]]
    detail = "; ".join(f"{each['location']} {each['pointer']}: {each['detail']}" for each in errors[:3])
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""  # noqa: PLR2004  as many as the detail shows
    return problem_response(request.url.path, INVALID, detail + more, errors=errors)


async def _on_exception(request: Request, _error: Exception) -> Response:
    return problem_response(request.url.path, INTERNAL, "something went wrong inside; quote the trace id to report it")


_HTTP_METHOD_NOT_ALLOWED = 405


def _kind_of(error: Exception) -> Kind:
    return find_code(error, KINDS) or INTERNAL


def _challenge(error: domain.Unauthenticated) -> str:
    """RFC 6750, section 3: no error code when there was no token."""
    if not error.token_given:
        return 'Bearer realm="throughline"'
    return f'Bearer realm="throughline", error="invalid_token", error_description="{error}"'


def _allowed_methods(request: Request) -> str:
    """All methods of the path: the router knows those of the first route that it tried alone."""
    paths: Mapping[str, Mapping[str, object]] = request.app.openapi()["paths"]
    return ", ".join(sorted(method.upper() for method in paths.get(route_of(request.scope) or "", {"get": None})))


def _field_error(location: Sequence[str | int], message: str) -> dict[str, str]:
    """Give the part of the request and an RFC 6901 pointer into it."""
    where, *rest = location or ("body",)
    names = (str(part)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for part in rest)
    return {"location": str(where), "pointer": "".join(f"/{name}" for name in names), "detail": message}
