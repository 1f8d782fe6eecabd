"""One trace: its waterfall, its spans, and what can be copied of it."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from console.jaeger.params import ParameterError, trace_id
from console.model import Trace
from console.pages import span
from console.pages.curl import curl, request_span
from console.pages.render import Renderer
from console.pages.trace_test import trace_test
from console.pages.waterfall import Waterfall
from console.stores import Stores

_ROWS_A_CHUNK = 96
_MOST_CAUSES = 5


class TracePages:
    """Shows one trace, and parts of it."""

    def __init__(self, stores: Stores, renderer: Renderer) -> None:
        self._stores = stores
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its routes; the handlers run in worker threads."""
        return [
            Route("/trace/{trace_id}", self.show),
            Route("/trace/{trace_id}/curl", self.curl),
            Route("/trace/{trace_id}/test", self.test),
            Route("/trace/{trace_id}/span/{span_id}", self.span),
            Route("/trace/{trace_id}/span/{span_id}/curl", self.span_curl),
        ]

    def show(self, request: Request) -> Response:
        """Show the waterfall, and the span that the address names."""
        trace = self._trace(request)
        if trace is None:
            return self._missing(request)
        waterfall = self._waterfall(trace)
        causes = waterfall.causes()
        selected = request.query_params.get("span", "")
        return self._renderer.stream(
            request,
            "trace.html",
            trace=trace,
            trace_path=request.url.path,
            version_shown=f"{len(trace.spans)}.{len(waterfall.records)}",
            causes=causes[:_MOST_CAUSES],
            more_causes=max(0, len(causes) - _MOST_CAUSES),
            shares=waterfall.shares(),
            ticks=waterfall.ticks(),
            rows=waterfall.rows(),
            chunk=_ROWS_A_CHUNK,
            has_logs=bool(waterfall.records),
            has_request=request_span(trace) is not None,
            selected=selected,
            panel=span.view(waterfall, selected),
        )

    def span(self, request: Request) -> Response:
        """Show one span by itself: what the script puts beside the waterfall."""
        trace = self._trace(request)
        panel = trace and span.view(self._waterfall(trace), request.path_params["span_id"])
        if trace is None or panel is None:
            return self._missing(request)
        return self._renderer.page(request, "_span.html", panel=panel, trace_path=f"/trace/{trace.trace_id}")

    def curl(self, request: Request) -> Response:
        """Give the command that sends the trace's request again."""
        trace = self._trace(request)
        requested = trace and request_span(trace)
        return _text(curl(requested) if requested else "")

    def span_curl(self, request: Request) -> Response:
        """The same for one span."""
        trace, wanted = self._trace(request), request.path_params["span_id"]
        found = next((each for each in trace.spans if each.span_id == wanted), None) if trace else None
        return _text(curl(found) if found else "")

    def test(self, request: Request) -> Response:
        """Give the trace test of this trace."""
        trace = self._trace(request)
        return _text(trace_test(trace) if trace else "")

    def _trace(self, request: Request) -> Trace | None:
        try:
            return self._stores.traces.trace(trace_id(request.path_params["trace_id"]))
        except ParameterError:
            return None

    def _waterfall(self, trace: Trace) -> Waterfall:
        return Waterfall(trace, self._stores.logs.of_trace(trace.trace_id))

    def _missing(self, request: Request) -> Response:
        return self._renderer.page(
            request, "missing.html", HTTPStatus.NOT_FOUND, trace_id=request.path_params["trace_id"]
        )


def _text(text: str) -> Response:
    """Answer with a text; an empty one says that there is no such thing."""
    return PlainTextResponse(text or "there is no such thing here\n", HTTPStatus.OK if text else HTTPStatus.NOT_FOUND)
