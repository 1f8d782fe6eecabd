"""What is held, as a file: OTLP's JSON, a document a line, as the collector's file exporter writes it.

``console import`` and the page of traces read it again, and so does any collector.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import islice

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from console.jaeger.params import ParameterError, trace_id
from console.otlp.pack import Sourced, pack
from console.otlp.transcode import protobuf_to_json
from console.pages.filters import Given
from console.pages.render import in_thread
from console.receive.signals import LOGS, METRICS, TRACES, Signal
from console.store import LogFilter, TraceFilter
from console.stores import Stores

_ITEMS_A_LINE = 500


class ExportPages:
    """Writes files while they are being sent."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def routes(self) -> list[Route]:
        """Make the routes; their handlers run in worker threads."""
        return [Route("/export", self.held), Route("/trace/{trace_id}/export", self.trace)]

    def held(self, request: Request) -> Response:
        """Give the traces that the list shows for the same parameters, each with its log records, the oldest first.

        Without parameters, give all that is held: the log records of no trace and the metrics, too.
        """
        given = Given.of(request.query_params)
        try:
            wanted = given.filter()
        except ParameterError as error:
            return PlainTextResponse(f"{error}\n", HTTPStatus.BAD_REQUEST)
        return _file("console", self._everything() if given == Given() else self._matching(wanted))

    def trace(self, request: Request) -> Response:
        """Give one trace with its log records."""
        try:
            wanted = trace_id(request.path_params["trace_id"])
        except ParameterError as error:
            return PlainTextResponse(f"{error}\n", HTTPStatus.BAD_REQUEST)
        if self._stores.traces.summary(wanted) is None:
            return PlainTextResponse(f"there is no trace {wanted} here\n", HTTPStatus.NOT_FOUND)
        return _file(wanted, self._of_trace(wanted))

    def _everything(self) -> Iterator[str]:
        for each in self._ids(TraceFilter()):
            yield from _lines(TRACES, self._stores.traces.stored(each))
        yield from _lines(LOGS, self._stores.logs.latest(LogFilter(), limit=sys.maxsize)[::-1])
        yield from _lines(METRICS, self._stores.metrics.all())

    def _matching(self, wanted: TraceFilter) -> Iterator[str]:
        for each in self._ids(wanted):
            yield from self._of_trace(each)

    def _of_trace(self, wanted: str) -> Iterator[str]:
        yield from _lines(TRACES, self._stores.traces.stored(wanted))
        yield from _lines(LOGS, self._stores.logs.stored(wanted))

    def _ids(self, wanted: TraceFilter) -> list[str]:
        return [each.trace_id for each in reversed(self._stores.traces.page(wanted, limit=sys.maxsize).traces)]


def _lines(signal: Signal, items: Sequence[Sourced]) -> Iterator[str]:
    """Write items as lines of at most 500; none when there are none."""
    remaining = iter(items)
    while part := list(islice(remaining, _ITEMS_A_LINE)):
        document = protobuf_to_json(pack(part), signal.request)
        yield json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _file(name: str, lines: Iterator[str]) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.otlp.jsonl"'}
    return StreamingResponse(in_thread(lines), headers=headers, media_type="application/x-ndjson")
