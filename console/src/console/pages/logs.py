"""The log records that came last, each with its trace."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.filters import cursor
from console.pages.live import ring_version
from console.pages.render import Renderer
from console.store import LogFilter
from console.stores import Stores

LEVELS = {"info": 9, "warn": 13, "error": 17}  # the name in the form: OTLP's severity number

_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class GivenLogs:
    """The fields of the form as they were given."""

    q: str = ""
    service: str = ""
    tenant: str = ""
    level: str = ""
    trace: str = ""

    @classmethod
    def of(cls, params: QueryParams) -> GivenLogs:
        """Read the parameters of a request."""
        return cls(**{field.name: params.get(field.name, "").strip() for field in fields(cls)})

    def filter(self) -> LogFilter:
        """Make what the store understands."""
        return LogFilter(self.service, self.tenant, self.q, LEVELS.get(self.level, 0), self.trace.lower())

    def href(self, **more: object) -> str:
        """Give the address of the page with these fields, and others."""
        return f"/logs?{urlencode({key: value for key, value in {**asdict(self), **more}.items() if value})}"


class LogPages:
    """Shows the tail of the log."""

    def __init__(self, stores: Stores, renderer: Renderer) -> None:
        self._stores = stores
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its route; the handler runs in a worker thread."""
        return [Route("/logs", self.show)]

    def show(self, request: Request) -> Response:
        """Show one page of the log, the latest record first."""
        given = GivenLogs.of(request.query_params)
        page = self._stores.logs.tail(given.filter(), before=cursor(request.query_params), limit=_A_PAGE)
        return self._renderer.page(
            request,
            "logs.html",
            given=given,
            filtered=given != GivenLogs(),
            page=page,
            levels=list(LEVELS),
            facets=self._stores.traces.facets(),
            older_href=given.href(before=page.older),
            usage=self._stores.logs.usage(),
            version_shown=ring_version(self._stores.logs),
        )
