"""The page: the latest traces, and one trace as a waterfall. No script, nothing from the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from console.jaeger.params import ParameterError, trace_id
from console.model import Attributes, Span, Trace
from console.query import Query, as_text
from console.store import TraceStore
from console.tree import Row, count_text, duration_text, failure_text, rows, started_text, status_text

_MOST_TRACES, _MOST_ROWS = 100, 1_000
_COLOURS = 8
_NARROWEST_PERCENT = 0.2


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service's name and which of the colours it has in its trace."""

    name: str
    colour: int


@dataclass(frozen=True, slots=True)
class TraceView:
    """A trace in one line."""

    trace_id: str
    name: str
    started: str
    duration: str
    spans: int
    services: list[ServiceView]
    errors: int
    tenants: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A span in the waterfall; ``left`` and ``width`` are percent of the trace's duration."""

    span: Span
    guides: str
    service: ServiceView
    status: str
    duration: str
    failure: str
    left: float
    width: float
    attributes: list[tuple[str, str]]
    events: list[tuple[str, str, list[tuple[str, str]]]]


class Pages:
    """Renders the store's traces as HTML; every text is escaped."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._templates = Environment(
            loader=PackageLoader("console"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters["count"] = count_text
        self._style = (resources.files("console") / "templates" / "console.css").read_text(encoding="utf-8")

    def routes(self) -> list[Route]:
        """Make the routes of the page; their handlers run in worker threads."""
        return [
            Route("/", self.traces),
            Route("/trace/{trace_id}", self.trace),
            Route("/console.css", self.style),
        ]

    def traces(self, _request: Request) -> Response:
        """Show the latest traces, the newest first."""
        found = self._store.search(Query(limit=_MOST_TRACES))
        return self._html("traces.html", traces=list(map(_trace_view, found)), usage=self._store.usage())

    def trace(self, request: Request) -> Response:
        """Show one trace."""
        try:
            trace = self._store.trace(trace_id(request.path_params["trace_id"]))
        except ParameterError:
            trace = None
        if trace is None:
            return self._html("missing.html", HTTPStatus.NOT_FOUND, trace_id=request.path_params["trace_id"])
        laid = rows(trace)
        shown = list(_row_views(trace, laid[:_MOST_ROWS]))
        return self._html("trace.html", trace=_trace_view(trace), rows=shown, hidden=len(laid) - len(shown))

    def style(self, _request: Request) -> Response:
        """Give the style sheet."""
        return Response(self._style, media_type="text/css")

    def _html(self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(values), status)


def _trace_view(trace: Trace) -> TraceView:
    return TraceView(
        trace_id=trace.trace_id,
        name=trace.root.name,
        started=started_text(trace),
        duration=duration_text(trace.duration),
        spans=len(trace.spans),
        services=list(_services(trace).values()),
        errors=trace.errors,
        tenants=", ".join(trace.tenants),
    )


def _services(trace: Trace) -> dict[str, ServiceView]:
    return {name: ServiceView(name, index % _COLOURS) for index, name in enumerate(trace.services)}


def _row_views(trace: Trace, laid: Iterable[Row]) -> Iterator[RowView]:
    services = _services(trace)
    total = max(1, trace.duration)
    for row in laid:
        width = max(_NARROWEST_PERCENT, 100 * row.span.duration / total)
        yield RowView(
            span=row.span,
            guides=_guides(row.more),
            service=services[row.span.service],
            status=status_text(row.span),
            duration=duration_text(row.span.duration),
            failure=failure_text(row.span),
            left=round(min(100 - _NARROWEST_PERCENT, 100 * row.offset / total), 3),
            width=round(width, 3),
            attributes=_texts(row.span.attributes),
            events=[
                (event.name, duration_text(max(0, event.time - trace.start)), _texts(event.attributes))
                for event in row.span.events
            ],
        )


def _guides(more: tuple[bool, ...]) -> str:
    above = "".join("│ " if goes_on else "  " for goes_on in more[:-1])
    return above + ("├ " if more[-1] else "└ ") if more else ""


def _texts(attributes: Attributes) -> list[tuple[str, str]]:
    return sorted((key, as_text(value)) for key, value in attributes.items())
