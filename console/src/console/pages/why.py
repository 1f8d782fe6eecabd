"""What changed."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.render import Renderer
from console.pages.service_map import WINDOWS, window_of
from console.store import TraceStore
from console.why import StatisticsMissingError, Windows, compare, held
from console.why.words import figures, headline, met_text, summary

_SECOND = 1_000_000_000


class WhyPage:
    """Says what is different in the latest traces, with traces to look at."""

    def __init__(self, store: TraceStore, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its route; the handler runs in a worker thread."""
        return [Route("/why", self.show)]

    def show(self, request: Request) -> Response:
        """Compare the traces that are held."""
        name, seconds = window_of(request)
        compared = held(self._store, Windows.until(time.time_ns(), int(seconds * _SECOND)))
        answer, missing = None, ""
        try:
            answer = compare(compared.before, compared.after)
        except StatisticsMissingError as error:
            missing = str(error)
        return self._renderer.page(
            request,
            "why.html",
            answer=answer,
            missing=missing,
            windows=list(WINDOWS),
            window=name,
            figures=figures,
            headline=headline,
            met_text=met_text,
            summary=summary,
        )
