"""The pages: server-rendered, with one script that makes them quicker, and nothing from the network."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import Route

from console.pages.alerts import AlertPages
from console.pages.compare import ComparePages
from console.pages.export import ExportPages
from console.pages.live import Live
from console.pages.logs import LogPages
from console.pages.metrics import MetricsPage
from console.pages.render import Renderer, Site
from console.pages.scenarios import ScenarioPages
from console.pages.service_map import MapPage
from console.pages.trace import TracePages
from console.pages.traces import TraceList
from console.pages.why import WhyPage
from console.scenarios import Runner
from console.stores import Stores

__all__ = ["Pages"]


class _Part(Protocol):
    def routes(self) -> list[Route]: ...


class Pages:
    """Everything that answers with HTML.

    Args:
        stores: what is shown.
        jaeger_url: where to link to, if anywhere.
        runner: runs the scenarios; without one there is no page of them.
    """

    def __init__(self, stores: Stores, jaeger_url: str = "", runner: Runner | None = None) -> None:
        renderer = Renderer(Site(jaeger_url, scenarios=runner is not None))
        self._parts: list[_Part] = [
            renderer,
            Live(stores),
            TraceList(stores.traces, renderer),
            TracePages(stores, renderer),
            ExportPages(stores),
            ComparePages(stores.traces, renderer),
            LogPages(stores, renderer),
            MapPage(stores.traces, renderer),
            MetricsPage(stores, renderer),
            AlertPages(stores, renderer),
            WhyPage(stores.traces, renderer),
        ]
        if runner is not None:
            self._parts.append(ScenarioPages(runner, stores.traces, renderer))

    def routes(self) -> list[Route]:
        """Make the routes of all pages."""
        return [route for part in self._parts for route in part.routes()]
