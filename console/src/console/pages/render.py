"""Renders the templates: what every page has in common. Every text is escaped."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from pathlib import PurePath

from anyio import to_thread
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from console.pages.texts import (
    clock_text,
    date_text,
    meter,
    percent,
    rate_text,
    seconds_text,
    severity_class,
    stroke_width,
)
from console.query import as_text
from console.tree import count_text, duration_text, short_name, status_text

COLOURS = 10

_THEMES = ("light", "dark")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NAMES_REMEMBERED = 4_096
_CHUNK = 8_192


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages say of where they are: the Jaeger to link to, if any, and whether scenarios can be run."""

    jaeger_url: str = ""
    scenarios: bool = False


class Colours:
    """Gives each service one of the colours, the same on every page, in the order in which they are first shown."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def of(self, service: str) -> int:
        """Give the number of a service's colour."""
        if service not in self._of and len(self._of) >= _NAMES_REMEMBERED:
            return zlib.crc32(service.encode()) % COLOURS
        return self._of.setdefault(service, len(self._of) % COLOURS)


class Renderer:
    """Makes pages of templates, and serves the style sheets, the script and the icon."""

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or Site()
        self.colours = Colours()
        self._templates = Environment(
            loader=PackageLoader("console"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._templates.filters.update(
            clock=clock_text,
            colour=self.colours.of,
            count=count_text,
            severity=severity_class,
            status=status_text,
            text=as_text,
            weight=stroke_width,
            date=date_text,
            duration=duration_text,
            meter=meter,
            percent=percent,
            rate=rate_text,
            seconds=seconds_text,
            short=short_name,
        )
        folder = resources.files("console") / "static"
        self._static = {file.name: file.read_bytes() for file in sorted(folder.iterdir(), key=lambda file: file.name)}
        digest = hashlib.sha256(b"".join(self._static.values())).hexdigest()[:12]
        self._templates.globals.update(site=self.site, version=digest)

    def routes(self) -> list[Route]:
        """Make the routes of the files that the pages refer to."""
        return [Route("/static/{name}", self._file)]

    def page(
        self, request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object
    ) -> HTMLResponse:
        """Render a page, or a part of one."""
        return HTMLResponse(self._templates.get_template(template).render(self._common(request), **values), status)

    def stream(self, request: Request, template: str, **values: object) -> StreamingResponse:
        """Render a long page while it is being sent, so that its first part can be seen before its last is made."""
        stream = self._templates.get_template(template).stream(self._common(request), **values)
        stream.enable_buffering(_CHUNK)
        return StreamingResponse(in_thread(iter(stream)), media_type="text/html")

    def _common(self, request: Request) -> dict[str, object]:
        theme = request.cookies.get("theme", "")
        return {"theme": theme if theme in _THEMES else "", "path": request.url.path}

    def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._static:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(self._static[name], media_type=_TYPES[PurePath(name).suffix])


async def in_thread(parts: Iterator[str]) -> AsyncIterator[str]:
    """Make the parts of an answer outside of the event loop, which has others to serve."""
    while (part := await to_thread.run_sync(next, parts, None)) is not None:
        yield part
