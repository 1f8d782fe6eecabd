"""The endpoints of Jaeger's query API, as its page, its users' scripts and trace tests call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.answers import Answers
from console.jaeger import params
from console.jaeger.write import TraceJson, short_id, write_trace
from console.store import TraceStore

_Endpoint = Callable[[Request], Response]
_MESSAGE_NOT_FOUND = "trace not found"


def routes(store: TraceStore) -> list[Route]:
    """Make the routes below ``/api``; their handlers run in worker threads, so that a long search blocks nobody."""
    api = _Api(store)
    return [
        Route("/api/services", api.services),
        Route("/api/services/{service:path}/operations", api.operation_names),
        Route("/api/operations", api.operations),
        Route("/api/traces", api.search),
        Route("/api/traces/{trace_id}", api.trace),
        Route("/api/dependencies", api.dependencies),
    ]


def _refuses_bad_parameters(endpoint: Callable[[_Api, Request], Response]) -> Callable[[_Api, Request], Response]:
    @wraps(endpoint)
    def checked(self: _Api, request: Request) -> Response:
        try:
            return endpoint(self, request)
        except params.ParameterError as error:
            return _failure(HTTPStatus.BAD_REQUEST, str(error))

    return checked


class _Api:
    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._answers = Answers()

    def services(self, request: Request) -> Response:
        services = self._store.services()
        return _answer(request, services or None, total=len(services))

    def operation_names(self, request: Request) -> Response:
        operations = self._store.operations(request.path_params["service"])
        names = sorted({operation.name for operation in operations})
        return _answer(request, names or None, total=len(names))

    @_refuses_bad_parameters
    def operations(self, request: Request) -> Response:
        service = params.required_service(request.query_params)
        operations = self._store.operations(service, request.query_params.get("spanKind", ""))
        data = [{"name": operation.name, "spanKind": operation.kind} for operation in operations]
        return _answer(request, data, total=len(data))

    @_refuses_bad_parameters
    def search(self, request: Request) -> Response:
        search = params.trace_search(request.query_params)
        if search.trace_ids:
            return self._by_ids(request, search.trace_ids)
        return _answer(request, [write_trace(trace) for trace in self._store.search(search.query)])

    @_refuses_bad_parameters
    def trace(self, request: Request) -> Response:
        trace_id = params.trace_id(request.path_params["trace_id"])
        summary = self._store.summary(trace_id)
        if summary is None:
            return _failure(HTTPStatus.NOT_FOUND, _MESSAGE_NOT_FOUND)
        indent = _indent(request)
        body = self._answers.get((*summary.version, indent), lambda: self._written(trace_id, indent))
        return Response(body, media_type="application/json")

    def _written(self, trace_id: str, indent: int | None) -> bytes:
        trace = self._store.trace(trace_id)
        return _body([write_trace(trace)] if trace else [], 0, None, indent).encode()

    @_refuses_bad_parameters
    def dependencies(self, request: Request) -> Response:
        service = request.query_params.get("service", "")
        links = self._store.dependencies(*params.dependency_times(request.query_params))
        data = [
            {"parent": link.parent, "child": link.child, "callCount": link.calls}
            for link in links
            if service in {"", link.parent, link.child}
        ]
        return _answer(request, data)

    def _by_ids(self, request: Request, trace_ids: tuple[str, ...]) -> Response:
        traces: list[TraceJson] = []
        errors: list[dict[str, str]] = []
        for trace_id in trace_ids:
            trace = self._store.trace(trace_id)
            if trace is None:
                errors.append({"msg": _MESSAGE_NOT_FOUND, "traceID": short_id(trace_id)})
            else:
                traces.append(write_trace(trace))
        return _answer(request, traces, errors=errors or None)


def _answer(request: Request, data: object, *, total: int = 0, errors: object = None) -> Response:
    return Response(_body(data, total, errors, _indent(request)), media_type="application/json")


def _indent(request: Request) -> int | None:
    return 4 if params.pretty(request.query_params) else None


def _failure(status: HTTPStatus, message: str) -> Response:
    """Answer as Jaeger does: JSON that calls itself plain text."""
    body = _body(None, 0, [{"code": status, "msg": message}], None) + "\n"
    return Response(body, status, media_type="text/plain")


def _body(data: object, total: int, errors: object, indent: int | None) -> str:
    document = {"data": data, "total": total, "limit": 0, "offset": 0, "errors": errors}
    separators = None if indent else (",", ":")
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)
