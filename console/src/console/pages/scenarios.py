"""Scenarios: an order, a load, the failure catalogue; each result beside its trace."""

from __future__ import annotations

from http import HTTPStatus

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.pages.forms import Forms
from console.pages.render import Renderer
from console.scenarios import LoadError, Runner
from console.store import TraceStore

_PATH = "/scenarios"
_SHOWN = 50


class ScenarioPages:
    """Runs scenarios and shows what comes of them."""

    def __init__(self, runner: Runner, traces: TraceStore, renderer: Renderer) -> None:
        self._runner = runner
        self._traces = traces
        self._renderer = renderer
        self._forms = Forms()

    def routes(self) -> list[Route]:
        """Make its routes."""
        return [
            Route(_PATH, self.show),
            Route(f"{_PATH}/order", self.order, methods=["POST"]),
            Route(f"{_PATH}/fault", self.fault, methods=["POST"]),
            Route(f"{_PATH}/load", self.load, methods=["POST"]),
            Route(f"{_PATH}/stop", self.stop, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show what can be run, and the results of the last ones."""
        return await to_thread.run_sync(self._page, request, "", HTTPStatus.OK)

    async def order(self, request: Request) -> Response:
        """Place an order."""
        await self._forms.read(request)
        await self._runner.place_order()
        return _back()

    async def fault(self, request: Request) -> Response:
        """Meet a failure of the catalogue."""
        fields = await self._forms.read(request)
        if fields.get("fault") not in {fault.id for fault in self._runner.catalogue}:
            raise HTTPException(HTTPStatus.NOT_FOUND, "fault: expected one that the page has a button for")
        await self._runner.meet(fields["fault"])
        return _back()

    async def load(self, request: Request) -> Response:
        """Begin a load."""
        fields = await self._forms.read(request)
        try:
            self._runner.start_load(_number(fields.get("rate", "")), _number(fields.get("seconds", "")))
        except LoadError as error:
            return await to_thread.run_sync(self._page, request, str(error), HTTPStatus.BAD_REQUEST)
        return _back()

    async def stop(self, request: Request) -> Response:
        """End the load."""
        await self._forms.read(request)
        await self._runner.stop_load()
        return _back()

    def _page(self, request: Request, problem: str, status: HTTPStatus) -> Response:
        results = list(self._runner.results)[:_SHOWN]
        return self._renderer.page(
            request,
            "scenarios.html",
            status,
            token=self._forms.token,
            catalogue=self._runner.catalogue,
            bounds=self._runner.bounds,
            load=self._runner.load,
            problem=problem,
            results=[(result, self._traces.summary(result.answered.trace_id)) for result in results],
        )


def _number(text: str) -> int:
    """Read a whole number; what is none is out of all bounds."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000") else 0


def _back() -> Response:
    return RedirectResponse(_PATH, HTTPStatus.SEE_OTHER)
