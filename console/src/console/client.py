"""Fetches a trace from a console or a Jaeger."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import httpx

from console.jaeger.read import ReadError, read_trace
from console.model import Trace


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
