"""The alerts that Alertmanager told of, and the way from one to a trace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.jaeger.params import ParameterError
from console.pages.filters import Given
from console.pages.live import alerts_version
from console.pages.render import Renderer
from console.store import TraceFilter
from console.store.alerts import Alert
from console.stores import Stores

_WEB = ("http://", "https://")


class AlertPages:
    """Shows what fires and what has ended, and leads from an alert to a trace that it is about."""

    def __init__(self, stores: Stores, renderer: Renderer) -> None:
        self._stores = stores
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make their routes; the handlers run in worker threads."""
        return [Route("/alerts", self.show), Route("/exemplar", self.lead)]

    def show(self, request: Request) -> Response:
        """Show a line an alert, those that fire first."""
        version = alerts_version(self._stores.alerts)
        return self._renderer.page(
            request,
            "alerts.html",
            version_shown=version,
            alerts=self._stores.alerts.all(),
            link=_link,
            origin=str(request.base_url).rstrip("/"),
        )

    def lead(self, request: Request) -> Response:
        """Lead to the latest trace that the list's filters let through; to the list if there is none."""
        given = Given.of(request.query_params)
        try:
            wanted = given.filter()
        except ParameterError:  # the list says what is wrong with it
            wanted = None
        newest = self._newest(wanted) if wanted else ""
        return RedirectResponse(f"/trace/{newest}" if newest else given.href())

    def _newest(self, wanted: TraceFilter) -> str:
        return next((trace.trace_id for trace in self._stores.traces.page(wanted, limit=1).traces), "")


def _link(alert: Alert, name: str) -> str:
    """Give an annotation that is an address of the web; "" for any other: who writes it could have a page run it."""
    text = alert.annotations.get(name, "")
    return text if text.startswith(_WEB) else ""
