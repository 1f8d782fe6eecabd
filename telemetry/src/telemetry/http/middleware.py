"""The ASGI middleware: applies the edge's policy, starts the span, follows the response, and ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from time import time_ns

from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import Link, SpanKind, Tracer, set_span_in_context

from telemetry.asgi import ASGIApp, Receive, Scope, Send
from telemetry.context.inbound import CallerContext
from telemetry.context.tenant import context_of_tenant
from telemetry.context.unrecorded import UnrecordedContext, unrecorded
from telemetry.context.w3c import TRACEPARENT, TRACESTATE, UnsampledSpan
from telemetry.edge.policy import Edge, EdgePolicy, public
from telemetry.http.capture import Capture, Captured
from telemetry.http.client import Client
from telemetry.http.connections import ConnectionMetrics
from telemetry.http.metrics import HttpServerMetrics, RequestTimer
from telemetry.http.request import HeaderGetter, RequestAttributes, known_method, span_name
from telemetry.http.response import Response
from telemetry.http.unrecorded_response import UnrecordedResponse
from telemetry.http.watch import Watch
from telemetry.http.websocket import WebSocket


class TracingMiddleware:
    """The outermost middleware of an ASGI application.

    Args:
        app: The traced application.
        tracer: Starts the spans.
        propagator: Extracts the caller's context from the headers.
        policy: Decides which callers are trusted; its exceptions are raised inside the request's span.
        exclude: Paths without a span.
        response_header: Lower-case name of the response header with the trace id.
        capture: Which headers and query parameters the spans show.
        cancel_on_disconnect: Cancel the application when the client disconnects before the response is complete,
            and the application does not wait for a disconnect itself.
        metrics: Measures the requests; None measures nothing.
        connections: The same for WebSockets.
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
        capture: Capture | None = None,
        cancel_on_disconnect: bool = True,
        metrics: HttpServerMetrics | None = None,
        connections: ConnectionMetrics | None = None,
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._caller = CallerContext(propagator)
        self._carriers = _carriers(propagator)
        self._policy = policy
        self._exclude = frozenset(exclude)
        self._header = response_header.encode("ascii")
        self._captured = Captured(capture or Capture())
        self._cancels = cancel_on_disconnect
        self._last_watch: Watch | None = None
        self._metrics = metrics
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scope["fastapi.telemetry"] = None  # FastAPI's instrumentation traces where this key is missing
        kind = scope["type"]
        if kind not in ("http", "websocket") or scope["path"] in self._exclude:
            await self._app(scope, receive, send)
            return
        started = time_ns()
        tenant: str | None = None
        own = parent = _NOTHING
        links: Sequence[Link] = ()
        refusal: Exception | None = None
        try:
            edge = await self._policy(scope)
            own = parent = _of_tenant(edge.tenant)
            tenant = edge.tenant
            parent, links = self._parent(scope, edge, own)
        except Exception as error:  # noqa: BLE001  raised again in the application's place
            refusal = error
        attributes = RequestAttributes(scope, self._captured)
        span = self._tracer.start_span(span_name(scope), parent, SpanKind.SERVER, attributes, links, start_time=started)
        app = self._app if refusal is None else _raising(refusal)
        if type(span) is UnsampledSpan and parent is own:
            context: Context = unrecorded(span, tenant)
        else:
            context = set_span_in_context(span, parent)
        # Before the span is current: the watch keeps the context that it is created in.
        client = Client(scope, receive, self._watch() if self._cancels and kind == "http" else None)
        token = attach(context)
        try:
            if kind == "http":
                timer = None if self._metrics is None else _begin(self._metrics, scope, context)
                if timer is None and isinstance(context, UnrecordedContext):
                    await _serve(app, scope, client, UnrecordedResponse(context.span, send, client, self._header))
                else:
                    response = Response(span, scope, send, client, self._header, self._captured, timer)
                    await _serve(app, scope, client, response)
            else:
                await WebSocket(span, scope, receive, send, self._header, self._connections).serve(app)
        finally:
            detach(token)

    def _watch(self) -> Watch:
        """Return the watch of the running loop; only tests have more than one loop."""
        loop = asyncio.get_running_loop()
        if self._last_watch is None or self._last_watch.loop is not loop:
            self._last_watch = Watch(loop)
        return self._last_watch

    def _parent(self, scope: Scope, edge: Edge, own: Context) -> tuple[Context, Sequence[Link]]:
        if self._carriers is not None:
            for name, _value in scope["headers"]:
                if name in self._carriers:
                    break
            else:
                return own, ()
        return self._caller.read(scope, _GETTER, own, trusted=edge.continue_trace, kept=edge.baggage)


_NOTHING = Context()
_GETTER = HeaderGetter()
_STANDARD = frozenset({TRACEPARENT, TRACESTATE, "baggage"})


def _carriers(propagator: TextMapPropagator) -> frozenset[bytes] | None:
    """Return the headers that carry context; None when unknown: `fields` are those that `inject` writes."""
    names = propagator.fields
    return frozenset(name.encode("ascii") for name in names) if names <= _STANDARD else None


def _of_tenant(tenant: str | None) -> Context:
    return _NOTHING if tenant is None else context_of_tenant(tenant)


def _raising(error: Exception) -> ASGIApp:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    return app


def _begin(metrics: HttpServerMetrics, scope: Scope, context: Context) -> RequestTimer:
    method = known_method(scope["method"])
    return metrics.begin(method, scope.get("scheme", "http"), scope.get("http_version", "1.1"), context)


async def _serve(app: ASGIApp, scope: Scope, client: Client, response: Response | UnrecordedResponse) -> None:
    try:
        await app(scope, client.receive, response.send)
    except asyncio.CancelledError:
        if not client.settle():
            response.cut()
            raise
    except Exception as error:
        response.fail(error)
        raise
    finally:
        client.settle()
        response.end()
