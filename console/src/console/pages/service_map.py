"""The service map."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.live import list_version
from console.pages.map_layout import NODE_HEIGHT, NODE_WIDTH, PLATE_HEIGHT, PLATE_WIDTH, busiest, lay_out
from console.pages.render import Renderer
from console.service_map import Edge, service_map
from console.store import TraceStore

WINDOWS = {"1m": 60, "5m": 300, "1h": 3600}  # the name in the address: seconds

_DEFAULT_WINDOW = "5m"


def window_of(request: Request) -> tuple[str, float]:
    """Read over how long to count; give its name and its seconds."""
    name = request.query_params.get("window", _DEFAULT_WINDOW)
    name = name if name in WINDOWS else _DEFAULT_WINDOW
    return name, float(WINDOWS[name])


class MapPage:
    """Shows who calls whom; an edge leads to the traces with that call."""

    def __init__(self, store: TraceStore, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its route; the handler runs in a worker thread."""
        return [Route("/map", self.show)]

    def show(self, request: Request) -> Response:
        """Show the map, and its figures as a table."""
        name, seconds = window_of(request)
        counted = service_map(self._store, window=seconds)
        drawn = busiest(counted)
        return self._renderer.page(
            request,
            "map.html",
            version_shown=list_version(self._store),
            layout=lay_out(drawn),
            edges=drawn.edges,
            hidden=len(counted.edges) - len(drawn.edges),
            node_width=NODE_WIDTH,
            node_height=NODE_HEIGHT,
            plate_width=PLATE_WIDTH,
            plate_height=PLATE_HEIGHT,
            seconds=drawn.seconds,
            windows=list(WINDOWS),
            window=name,
            traces_of=_traces_of,
        )


def _traces_of(edge: Edge) -> str:
    """Give the address of the traces in which a call is."""
    return f"/?{urlencode({'caller': edge.caller, 'callee': edge.callee})}"
