"""The list of traces."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.jaeger.params import ParameterError
from console.pages.filters import STATUSES, Given, cursor
from console.pages.live import list_version
from console.pages.render import Renderer
from console.store import TraceFilter, TraceStore

_A_PAGE = 100


class TraceList:
    """Shows the traces that match, those that came last first."""

    def __init__(self, store: TraceStore, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its route; the handler runs in a worker thread."""
        return [Route("/", self.show)]

    def show(self, request: Request) -> Response:
        """Show one page of the list; a pasted trace id leads to its trace."""
        given = Given.of(request.query_params)
        if given.trace_id:
            return RedirectResponse(f"/trace/{given.trace_id}")
        try:
            wanted, problem = given.filter(), ""
        except ParameterError as error:
            wanted, problem = TraceFilter(), str(error)
        page = self._store.page(wanted, before=cursor(request.query_params), limit=_A_PAGE)
        facets = self._store.facets()
        return self._renderer.page(
            request,
            "traces.html",
            given=given,
            filtered=given != Given(),
            problem=problem,
            page=page,
            longest=max((trace.duration for trace in page.traces), default=0),
            older_href=given.href(before=page.older),
            export_href=given.href("/export"),
            facets=facets,
            statuses=[*STATUSES, *(status for status in facets.statuses if status.lower() not in STATUSES)],
            version_shown=list_version(self._store),
            usage=self._store.usage(),
            origin=str(request.base_url).rstrip("/"),
        )
