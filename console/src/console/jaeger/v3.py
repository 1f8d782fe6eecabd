"""The endpoints of Jaeger's API v3, whose traces are OTLP's JSON (https://www.jaegertracing.io/docs/2.13/apis/).

Spans are given as they came, each trace's together; what Jaeger writes into them when it answers (its warnings, end
times that lie after the start) is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.answers import Answers, compact_json
from console.jaeger import params
from console.otlp.pack import pack
from console.otlp.transcode import protobuf_to_json
from console.receive.signals import TRACES
from console.store.traces import TraceStore

Api = TypeVar("Api")


def refuses_bad_parameters(endpoint: Callable[[Api, Request], Response]) -> Callable[[Api, Request], Response]:
    """Answer with 400 and the reason when the endpoint raises ParameterError."""

    @wraps(endpoint)
    def checked(self: Api, request: Request) -> Response:
        try:
            return endpoint(self, request)
        except params.ParameterError as error:
            return _failure(HTTPStatus.BAD_REQUEST, str(error))

    return checked


def json_answer(document: dict[str, Any]) -> Response:
    """Answer with JSON."""
    return Response(compact_json(document), media_type="application/json")


class ApiV3:
    """``/api/v3``."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._answers = Answers()

    def routes(self) -> list[Route]:
        """Make the routes; their handlers run in worker threads."""
        return [
            Route("/api/v3/services", self.services),
            Route("/api/v3/operations", self.operations),
            Route("/api/v3/traces", self.search),
            Route("/api/v3/traces/{trace_id}", self.trace),
        ]

    def services(self, _request: Request) -> Response:
        """Give the names of all services."""
        return json_answer({"services": self._store.services()})

    def operations(self, request: Request) -> Response:
        """Give what a service does."""
        query = request.query_params
        found = self._store.operations(query.get("service", ""), query.get("span_kind", ""))
        return json_answer(
            {"operations": [{"name": each.name} | ({"spanKind": each.kind} if each.kind else {}) for each in found]}
        )

    @refuses_bad_parameters
    def search(self, request: Request) -> Response:
        """Give the traces that match."""
        return self._traces(
            [each.trace_id for each in self._store.search(params.trace_search_v3(request.query_params))]
        )

    @refuses_bad_parameters
    def trace(self, request: Request) -> Response:
        """Give one trace."""
        trace_id = params.malformed("trace_id", params.trace_id, request.path_params["trace_id"])
        return self._traces([trace_id])

    def _traces(self, trace_ids: list[str]) -> Response:
        resource_spans = [part for trace_id in trace_ids if (part := self._resource_spans(trace_id))]
        if not resource_spans:
            return _failure(HTTPStatus.NOT_FOUND, "No traces found")
        joined = b",".join(resource_spans)
        return Response(b'{"result":{"resourceSpans":[' + joined + b"]}}", media_type="application/json")

    def _resource_spans(self, trace_id: str) -> bytes:
        """Write what a trace adds to the list of an answer; nothing when it is not there."""
        summary = self._store.summary(trace_id)
        return self._answers.get(summary.version, lambda: self._written(trace_id)) if summary else b""

    def _written(self, trace_id: str) -> bytes:
        document = protobuf_to_json(pack(self._store.stored(trace_id)), TRACES.request)
        return compact_json(document.get(TRACES.things, []))[1:-1]


def _failure(status: HTTPStatus, message: str) -> Response:
    body = compact_json({"error": {"httpCode": status, "message": message}})
    return Response(body, status, media_type="application/json")
