"""The endpoints of Jaeger's query API, as its page, its users' scripts and trace tests call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.answers import Answers, compact_json
from console.jaeger import params
from console.jaeger.write import short_id, write_trace
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
        found = (self._trace(each.trace_id) for each in self._store.search(search.query))
        return _traces(request, [trace for trace in found if trace])

    @_refuses_bad_parameters
    def trace(self, request: Request) -> Response:
        trace = self._trace(params.trace_id(request.path_params["trace_id"]))
        return _traces(request, [trace]) if trace else _failure(HTTPStatus.NOT_FOUND, _MESSAGE_NOT_FOUND)

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
        traces = [(trace_id, self._trace(trace_id)) for trace_id in trace_ids]
        errors = [{"msg": _MESSAGE_NOT_FOUND, "traceID": short_id(trace_id)} for trace_id, trace in traces if not trace]
        return _traces(request, [trace for _, trace in traces if trace], errors=errors or None)

    def _trace(self, trace_id: str) -> bytes:
        """Write a trace; nothing when it is not there."""
        summary = self._store.summary(trace_id)
        return self._answers.get(summary.version, lambda: self._written(trace_id)) if summary else b""

    def _written(self, trace_id: str) -> bytes:
        trace = self._store.trace(trace_id)
        return compact_json(write_trace(trace)) if trace else b""


def _traces(request: Request, traces: list[bytes], *, errors: object = None) -> Response:
    """Answer with traces that are written already."""
    return _respond(request, _body(b"[" + b",".join(traces) + b"]", errors=errors))


def _answer(request: Request, data: object, *, total: int = 0) -> Response:
    return _respond(request, _body(compact_json(data), total=total))


def _respond(request: Request, body: bytes) -> Response:
    if params.pretty(request.query_params):
        body = json.dumps(json.loads(body), ensure_ascii=False, indent=4).encode()
    return Response(body, media_type="application/json")


def _failure(status: HTTPStatus, message: str) -> Response:
    """Answer as Jaeger does: JSON that calls itself plain text."""
    body = _body(b"null", errors=[{"code": status, "msg": message}]) + b"\n"
    return Response(body, status, media_type="text/plain")


def _body(data: bytes, *, total: int = 0, errors: object = None) -> bytes:
    rest = compact_json({"total": total, "limit": 0, "offset": 0, "errors": errors})
    return b'{"data":' + data + b"," + rest[1:]
