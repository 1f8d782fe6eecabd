"""Fetches traces from a console or a Jaeger."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx

from console.jaeger.read import ReadError, read_trace
from console.model import Trace
from console.query import Query

_MICROSECOND = 1_000  # nanoseconds


class QueryError(Exception):
    """The query API cannot be reached or its answer not be understood; the message says where and why."""


def fetch_trace(base_url: str, trace_id: str, *, timeout: float = 5.0) -> Trace | None:
    """Get a trace by its id; None when it is not there, or not there yet.

    Args:
        base_url: where the query API is, such as ``http://127.0.0.1:16686``.
        trace_id: up to 32 hex digits.
        timeout: the seconds to wait at most for each step of the exchange.

    Raises:
        QueryError: there is no query API, or it does not answer with a trace.
    """
    document = _get(f"{base_url.rstrip('/')}/api/traces/{trace_id}", timeout)
    try:
        return None if document is None else read_trace(_first(document))
    except ReadError as error:
        raise QueryError(f"{base_url}: {error}") from error


def fetch_otlp(base_url: str, trace_id: str, *, timeout: float = 5.0) -> dict[str, Any] | None:
    """Get a trace as OTLP's JSON, by API v3; see `fetch_trace`.

    Raises:
        QueryError: there is no query API, or it does not answer with a trace.
    """
    url = f"{base_url.rstrip('/')}/api/v3/traces/{trace_id}"
    document = _get(url, timeout)
    if document is None:
        return None
    result = document.get("result") if isinstance(document, dict) else None
    if not isinstance(result, dict):
        raise QueryError(f"{url}: the answer holds no trace")
    return result


def fetch_services(base_url: str, *, timeout: float = 5.0) -> list[str]:
    """Give the names of the services that have traces; see `fetch_trace`.

    Raises:
        QueryError: there is no query API, or it does not answer with names.
    """
    url = f"{base_url.rstrip('/')}/api/services"
    return [name for name in _data(url, _get(url, timeout)) if isinstance(name, str)]


def fetch_traces(base_url: str, asked: Query, *, timeout: float = 30.0) -> list[Trace]:
    """Search for traces by their service and time; see `fetch_trace`.

    Args:
        base_url: where the query API is.
        asked: with a service, a start and an end; what else it may ask for is not asked for.
        timeout: the seconds to wait at most for each step of the exchange.

    Raises:
        QueryError: there is no query API, or it does not answer with traces.
    """
    times = {name: (at or 0) // _MICROSECOND for name, at in (("start", asked.start), ("end", asked.end))}
    params = urlencode({"service": asked.service, "limit": asked.limit, **times})
    url = f"{base_url.rstrip('/')}/api/traces?{params}"
    try:
        return [read_trace(trace) for trace in _data(url, _get(url, timeout))]
    except ReadError as error:
        raise QueryError(f"{base_url}: {error}") from error


def _data(url: str, document: object) -> list[object]:
    data = document.get("data", ()) if isinstance(document, dict) else ()
    if data is not None and not isinstance(data, list):
        raise QueryError(f"{url}: the answer holds no data")
    return data or []  # Jaeger writes null for none


def _get(url: str, timeout: float) -> object:
    """Get a JSON document; None when it is not there."""
    try:
        answer = httpx.get(url, timeout=timeout, trust_env=False)  # no proxy stands before this machine's own services
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        answer.raise_for_status()
        document: object = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise QueryError(f"{url}: {error or type(error).__name__}") from error
    return document


def _first(document: object) -> object:
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list) or not data:
        raise ReadError("the answer holds no trace")
    return data[0]
