"""The interface's description: problems have their own media type, and routes that need a token say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.security import HTTPBearer

from gateway import schemas
from gateway.problems import MEDIA_TYPE

# Only so that /docs asks for a token: `edge.EdgeRoute` is what refuses, before the body is read.
bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="bearer", description="See `gateway.token`.")

_DESCRIPTIONS = {
    400: "The body is not JSON.",
    401: "There is no bearer token, or it is not good.",
    404: "The tenant has no such thing.",
    409: "The request does not fit what is already there.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not of type application/json.",
    422: "The request is not valid; `errors` says where.",
    502: "A service failed.",
    503: "A service is not available; try again.",
    504: "A service did not answer in time.",
}
_READS = (401, 422, 502, 503, 504)
_WRITES = (400, 413, 415)


def read_problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """Give the problems that a route without a body can answer with."""
    return problems(*_READS, *more)


def write_problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """Give the problems that a route with a body can answer with."""
    return problems(*_READS, *_WRITES, *more)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Give what FastAPI's ``responses`` wants for these statuses."""
    return {status: {"model": schemas.Problem, "description": _DESCRIPTIONS[status]} for status in sorted(statuses)}


def describe(app: FastAPI) -> None:
    """Give the application its description, made at the first request for it."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            for response in _responses(schema):
                _rename_media_type(response)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _responses(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    return [response for operation in operations for response in operation["responses"].values()]


def _rename_media_type(response: dict[str, Any]) -> None:
    """FastAPI writes a model under the media type of the route's own response."""
    content = response.get("content", {})
    for media_type, described in list(content.items()):
        if described.get("schema", {}).get("$ref", "").endswith("/Problem"):
            content[MEDIA_TYPE] = content.pop(media_type)
