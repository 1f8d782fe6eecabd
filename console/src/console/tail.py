"""``GET /api/tail/traces`` and ``/api/tail/logs``: what comes, as it comes, a JSON object a line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from console.model import LogRecord
from console.query import as_text
from console.store import Subscription
from console.stores import Stores


class Tail:
    """Streams that end when their reader goes, or when the console stops."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [Route("/api/tail/traces", self.traces), Route("/api/tail/logs", self.logs)]

    async def traces(self, _request: Request) -> Response:
        """Tell of traces that come or grow, by the fields of `console.store.TraceSummary`."""
        return _stream(self._stores.traces.subscribe(), asdict)

    async def logs(self, _request: Request) -> Response:
        """Tell of log records: number, time (nanoseconds), level, service, body (text), trace_id and span_id."""
        return _stream(self._stores.logs.subscribe(), _log)


def _stream(subscription: Subscription[Any, Any], write: Callable[[Any], dict[str, object]]) -> Response:
    async def lines() -> AsyncIterator[str]:
        async with subscription as changes:
            yield "\n"  # it has begun: what comes from now on is told
            async for batch in changes:
                yield "".join(json.dumps(write(item), ensure_ascii=False) + "\n" for item in batch.items)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _log(record: LogRecord) -> dict[str, object]:
    return {
        "number": record.number,
        "time": record.time,
        "level": record.level,
        "service": record.service,
        "body": as_text(record.body),
        "trace_id": record.trace_id,
        "span_id": record.span_id,
    }
