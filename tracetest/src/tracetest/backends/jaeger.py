"""Fetches traces from Jaeger, or from whatever speaks its query API, and logs and metrics from a console beside it."""

from __future__ import annotations

from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self, Unpack

import httpx

from tracetest.backends.base import Backend, BackendError, Signals
from tracetest.backends.http import Limits, client, get_json
from tracetest.backends.jaeger_json import read_trace
from tracetest.backends.otlp_json import read_logs, read_measurements, read_spans
from tracetest.fetched import Trace

Api = Literal["v3", "legacy"]


class Jaeger(Backend):
    """Jaeger's query API; an async context manager for those who like to see its end, which it does not need.

    Args:
        query_url: Such as ``http://127.0.0.1:16686``.
        api: "v3" gives traces as OTLP and is the one to use; "legacy" is that of Jaeger's own page.
        signals_url: A console that keeps logs and metrics, asked for those of the trace.
        limits: See `Backend`.
    """

    def __init__(
        self, query_url: str, *, api: Api = "v3", signals_url: str | None = None, **limits: Unpack[Limits]
    ) -> None:
        super().__init__(**limits)
        self.query_url = query_url.rstrip("/")
        self._api = api
        self._signals_url = signals_url and signals_url.rstrip("/")
        self._http = client()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def fetch(self, trace_id: str) -> Trace | None:
        """Give what has arrived of a trace by now; None when nothing has; raise BackendError when nobody answers."""
        path = "/api/v3/traces/" if self._api == "v3" else "/api/traces/"
        document = await self._get(f"{self.query_url}{path}{trace_id}")
        try:
            return None if document is None else self._read(document, trace_id)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise BackendError(f"Jaeger: {self.query_url} answered what is no trace: {error!r}") from error

    async def signals(self, trace_id: str) -> Signals:
        """Give the log records and measurements that the console has; raise BackendError when it cannot be asked."""
        if self._signals_url is None:
            return None, None
        logs = await self._get(f"{self._signals_url}/api/logs?traceId={trace_id}")
        metrics = await self._get(f"{self._signals_url}/api/metrics?traceId={trace_id}")
        measurements = [each for _, each in read_measurements(metrics or {}, trace_id)]
        return read_logs(logs or {}, trace_id), measurements

    def link(self, trace_id: str) -> str:
        """Give the address of the trace's page."""
        return f"{self.query_url}/trace/{trace_id}"

    def _read(self, document: Any, trace_id: str) -> Trace | None:
        if self._api == "legacy":
            found = document["data"]
            return read_trace(found[0]) if found else None
        spans = read_spans(document["result"])
        return Trace(trace_id, spans) if spans else None

    async def _get(self, url: str) -> Any:
        try:
            return await get_json(self._http, url, missing=HTTPStatus.NOT_FOUND)
        except httpx.HTTPError as error:
            raise BackendError(f"Jaeger: {url} {error or type(error).__name__}") from error
