"""Rate, errors and durations by route."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.live import ring_version
from console.pages.render import Renderer
from console.pages.service_map import WINDOWS, window_of
from console.route_stats import RouteStats, route_stats
from console.stores import Stores

_MOST_EXEMPLARS = 5


class MetricsPage:
    """Shows what the services have measured of each route, with calls to look at."""

    def __init__(self, stores: Stores, renderer: Renderer) -> None:
        self._stores = stores
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its route; the handler runs in a worker thread."""
        return [Route("/metrics", self.show)]

    def show(self, request: Request) -> Response:
        """Show a line a route."""
        name, seconds = window_of(request)
        held = self._stores.traces
        return self._renderer.page(
            request,
            "metrics.html",
            version_shown=ring_version(self._stores.metrics),
            routes=route_stats(self._stores.metrics, window=seconds),
            points=_points,
            exemplars=lambda stats: [each for each in stats.exemplars if held.summary(each.trace_id)][:_MOST_EXEMPLARS],
            windows=list(WINDOWS),
            window=name,
        )


def _points(stats: RouteStats) -> str:
    """Give the points of the line of its rates, in a box of 100 by 20."""
    highest = max(stats.rates, default=0.0) or 1.0
    last = max(1, len(stats.rates) - 1)
    return " ".join(f"{100 * at / last:.1f},{20 - 20 * rate / highest:.1f}" for at, rate in enumerate(stats.rates))
