"""Tells open pages that there is something new, as server-sent events (https://html.spec.whatwg.org/#server-sent-events).

An event carries the version of what changed and nothing else: a page that shows another version asks again for what it
shows, and so gets it rendered and filtered the one way that there is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from console.store import AlertStore, LogStore, MetricStore, Subscription, TraceStore
from console.stores import Stores

_MOST_OPEN = 64
_RETRY = "retry: 1000\n"
_RETRY_LATER = "retry: 30000\n\n"


class Live:
    """Streams of events, one an open page; when too many are open, the next is told to come back later."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._open = 0

    def routes(self) -> list[Route]:
        """Make the routes of the streams."""
        return [
            Route("/live/traces", self.traces),
            Route("/live/traces/{trace_id}", self.trace),
            Route("/live/logs", self.logs),
            Route("/live/metrics", self.metrics),
            Route("/live/alerts", self.alerts),
        ]

    async def traces(self, _request: Request) -> Response:
        """Tell when any trace has changed."""
        return self._stream(self._stores.traces.subscribe(), lambda: list_version(self._stores.traces))

    async def trace(self, request: Request) -> Response:
        """Tell when one trace has changed."""
        wanted = request.path_params["trace_id"]
        return self._stream(self._stores.traces.subscribe(), lambda: trace_version(self._stores, wanted))

    async def logs(self, _request: Request) -> Response:
        """Tell when log records came."""
        return self._stream(self._stores.logs.subscribe(), lambda: ring_version(self._stores.logs))

    async def metrics(self, _request: Request) -> Response:
        """Tell when data points came."""
        return self._stream(self._stores.metrics.subscribe(), lambda: ring_version(self._stores.metrics))

    async def alerts(self, _request: Request) -> Response:
        """Tell when an alert begins to fire, or ends."""
        return self._stream(self._stores.alerts.subscribe(), lambda: alerts_version(self._stores.alerts))

    def _stream(self, subscription: Subscription[Any, Any], version: Callable[[], str]) -> Response:
        return StreamingResponse(self._events(subscription, version), media_type="text/event-stream")

    async def _events(self, subscription: Subscription[Any, Any], version: Callable[[], str]) -> AsyncIterator[str]:
        if self._open >= _MOST_OPEN:
            yield _RETRY_LATER
            return
        self._open += 1
        try:
            async with subscription as changes:
                told = version()
                yield _RETRY + _changed(told)  # what came before the stream was open
                async for _batch in changes:
                    now = version()
                    if now != told:
                        yield _changed(now)
                    told = now
        finally:
            self._open -= 1


def list_version(traces: TraceStore) -> str:
    """Give a text that changes whenever any trace does."""
    usage = traces.usage()
    return f"{usage.traces}.{usage.spans}.{usage.evicted_traces}"


def ring_version(store: LogStore | MetricStore) -> str:
    """The same for log records, or metrics."""
    usage = store.usage()
    return f"{usage.items}.{usage.evicted}"


def trace_version(stores: Stores, trace_id: str) -> str:
    """The same for one trace and its log records."""
    summary = stores.traces.summary(trace_id)
    return f"{summary.spans if summary else 0}.{len(stores.logs.of_trace(trace_id))}"


def alerts_version(alerts: AlertStore) -> str:
    """The same for alerts."""
    return str(alerts.told)


def _changed(version: str) -> str:
    return f"event: changed\ndata: {version}\n\n"
