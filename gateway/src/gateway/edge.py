"""What every route of the interface does before its own work."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from gateway.policy import principal_of
from gateway.services import services_of
from gateway.sse import EventStream
from telemetry.context.deadline import deadline


class EdgeRoute(APIRoute):
    """Refuses strangers, unknown query parameters and bodies that are no JSON before the body is read; sets a deadline.

    FastAPI reads and parses the body before it solves dependencies, so a dependency would come too late.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the handler."""
        handle = super().get_route_handler()
        known = frozenset(_query_names(self.dependant))
        takes_body = self.body_field is not None
        streams = isinstance(self.response_class, type) and issubclass(self.response_class, EventStream)

        async def guarded(request: Request) -> Response:
            principal_of(request)
            _check_query(request, known)
            if takes_body:
                _check_media_type(request)
            services = services_of(request)
            with deadline(services.stream_timeout if streams else services.request_timeout):
                return await handle(request)

        return guarded


def _query_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for each in dependant.dependencies:
        yield from _query_names(each)


def _check_query(request: Request, known: frozenset[str]) -> None:
    seen: set[str] = set()
    errors: list[dict[str, object]] = []
    for name, _value in request.query_params.multi_items():
        if name not in known:
            errors.append(_error(name, f"There is no such parameter: expected {_listed(known)}"))
        elif name in seen:
            errors.append(_error(name, "The parameter is given more than once"))
        seen.add(name)
    if errors:
        raise RequestValidationError(errors)


def _check_media_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise HTTPException(415)


def _error(name: str, message: str) -> dict[str, object]:
    return {"type": "query", "loc": ("query", name), "msg": message}


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
