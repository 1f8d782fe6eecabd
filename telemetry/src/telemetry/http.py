"""The HTTP side: one SERVER span a request, as pure ASGI, outermost.

The stock ASGI instrumentation makes three spans a request, trusts every inbound context and writes old attribute names;
docs/adr/0003 tells what of it is used here and why the rest is not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from time import time_ns
from typing import Any

from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.textmap import Getter, TextMapPropagator
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.util.http import sanitize_method
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors import record_error
from telemetry.tenant import with_tenant

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_SERVER_ERROR = 500
_LONGEST_USER_AGENT = 256


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge decides of a request before its span opens.

    Attributes:
        continue_trace: The caller is trusted: his trace goes on here. Otherwise his context becomes a link.
        tenant: Who the request is for, out of a verified token; None when nobody is known.
    """

    continue_trace: bool = False
    tenant: str | None = None


EdgePolicy = Callable[[Scope], Awaitable[Edge]]


async def public(_scope: Scope) -> Edge:
    """Trust nobody: every inbound context becomes a link."""
    return Edge()


class TracingMiddleware:
    """Wraps an ASGI application, from outside of everything else in it.

    Args:
        app: What is traced.
        tracer: Makes the spans.
        propagator: Reads the caller's context; what else it finds, such as baggage, is dropped unless he is trusted.
        policy: Says whom to trust.
        exclude: Paths that get no span.
        response_header: Lower-case name of the header that tells the trace id.
    """

    def __init__(  # noqa: PLR0913  each is a choice of its own, named by keyword
        self,
        app: ASGIApp,
        *,
        tracer: Tracer,
        propagator: TextMapPropagator,
        policy: EdgePolicy = public,
        exclude: Collection[str] = (),
        response_header: str = "x-trace-id",
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._propagator = propagator
        self._policy = policy
        self._exclude = frozenset(exclude)
        self._header = response_header.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scope["fastapi.telemetry"] = None  # FastAPI traces by itself where this key is missing
        if scope["type"] != "http" or scope["path"] in self._exclude:
            await self._app(scope, receive, send)
            return
        started = time_ns()
        edge = await self._policy(scope)
        parent, links = self._parent(scope, edge)
        name = _method(scope)
        span = self._tracer.start_span(
            name, parent, SpanKind.SERVER, _request_attributes(scope), links, start_time=started
        )
        response = _Response(span, scope, name, send, self._header)
        token = attach(set_span_in_context(span, parent))
        try:
            await self._app(scope, receive, response.send)
        except Exception as error:
            response.fail(error)
            raise
        finally:
            detach(token)
            response.end()

    def _parent(self, scope: Scope, edge: Edge) -> tuple[Context, list[Link]]:
        inbound = self._propagator.extract(scope, context=Context(), getter=_GETTER)
        caller = get_current_span(inbound).get_span_context()
        parent, links = inbound, []
        if not edge.continue_trace:
            parent, links = Context(), [Link(caller)] if caller.is_valid else []
        return (parent if edge.tenant is None else with_tenant(edge.tenant, parent)), links


class _Response:
    """Follows the response, and ends the span with its last byte."""

    __slots__ = ("_ended", "_header", "_method", "_scope", "_send", "_span", "_status")

    def __init__(self, span: Span, scope: Scope, method: str, send: Send, header: bytes) -> None:
        self._span = span
        self._scope = scope
        self._method = method
        self._send = send
        self._header = header
        self._status: int | None = None
        self._ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            trace_id = format_trace_id(self._span.get_span_context().trace_id).encode("ascii")
            message["headers"] = [*message.get("headers", ()), (self._header, trace_id)]
        await self._send(message)
        # After a 5xx Starlette raises what caused it; the span waits to record that.
        finished = message["type"] == "http.response.body" and not message.get("more_body", False)
        if finished and (self._status or 0) < _SERVER_ERROR:
            self.end()

    def fail(self, error: Exception) -> None:
        if not self._ended:
            self._status = self._status or _SERVER_ERROR
            record_error(self._span, error)

    def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        span, route = self._span, route_of(self._scope)
        if route is not None:
            span.update_name(f"{self._method} {route}")
            span.set_attribute(semconv.HTTP_ROUTE, route)
        if self._status is not None:
            span.set_attribute(semconv.HTTP_RESPONSE_STATUS_CODE, self._status)
            if self._status >= _SERVER_ERROR:
                self._end_as_error()
        span.end()

    def _end_as_error(self) -> None:
        attributes = getattr(self._span, "attributes", None) or {}
        if semconv.ERROR_TYPE not in attributes:
            self._span.set_attribute(semconv.ERROR_TYPE, str(self._status))
            self._span.set_status(Status(StatusCode.ERROR))


def route_of(scope: Scope) -> str | None:
    """Give the route's template, such as ``/v1/users/{user_id}``; None when none matched.

    A route that came by `include_router` tells its own path alone; FastAPI keeps the whole one beside it. What a mount
    took off the path stands in the root path.
    """
    route = scope.get("route")
    if route is None:
        return None
    included = scope.get("fastapi", {}).get("effective_route_context")
    if included is not None and included.original_route is route:
        route = included.starlette_route or included
    path: str | None = getattr(route, "path_format", None) or getattr(route, "path", None)
    if path is None:
        return None
    root_path: str = scope.get("root_path", "")
    return root_path.removeprefix(scope.get("app_root_path", root_path)) + path


def _method(scope: Scope) -> str:
    method = sanitize_method(scope["method"])
    return "HTTP" if method is None or method == "_OTHER" else method


def _request_attributes(scope: Scope) -> dict[str, AttributeValue]:
    method: str = scope["method"]
    known = sanitize_method(method) or "_OTHER"
    attributes: dict[str, AttributeValue] = {
        semconv.HTTP_REQUEST_METHOD: known,
        semconv.URL_PATH: scope["path"],
        semconv.URL_SCHEME: scope.get("scheme", "http"),
        semconv.NETWORK_PROTOCOL_VERSION: scope.get("http_version", "1.1"),
    }
    if known != method:
        attributes[semconv.HTTP_REQUEST_METHOD_ORIGINAL] = method
    if scope.get("server"):
        attributes[semconv.SERVER_ADDRESS], port = scope["server"]
        if port is not None:
            attributes[semconv.SERVER_PORT] = port
    if scope.get("client"):
        attributes[semconv.CLIENT_ADDRESS] = scope["client"][0]
    agent = next((value for key, value in scope["headers"] if key == b"user-agent"), None)
    if agent is not None:
        attributes[semconv.USER_AGENT_ORIGINAL] = agent.decode("latin-1")[:_LONGEST_USER_AGENT]
    return attributes


class _HeaderGetter(Getter[Scope]):
    """Reads ASGI's headers; several of one name are joined, as RFC 9110 says they may be."""

    def get(self, carrier: Scope, key: str) -> list[str] | None:
        wanted = key.lower().encode("ascii")
        found = [value.decode("latin-1") for name, value in carrier["headers"] if name == wanted]
        return [",".join(found)] if found else None

    def keys(self, carrier: Scope) -> list[str]:
        return [name.decode("latin-1") for name, _value in carrier["headers"]]


_GETTER = _HeaderGetter()
