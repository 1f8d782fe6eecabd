"""``console export``: what a console holds, written as OTLP's JSON, one document a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

import httpx
from rich.console import Console

from console.client import QueryError
from console.tree import count_text

_NDJSON = "application/x-ndjson"
_SECONDS_TO_WAIT = 30.0  # for each part of an answer


def export(url: str, trace_ids: Sequence[str], *, out: TextIO, err: TextIO) -> None:
    """Write some traces with their log records, or all that is held: traces, log records and metrics.

    Args:
        url: of a console.
        trace_ids: of the traces; none for all that is held.
        out: for the documents.
        err: for progress and errors.

    Raises:
        QueryError: no console answers there, or it does not have one of the traces.
    """
    lines = 0
    with (
        Console(file=err).status(f"exporting from {url}") as status,
        httpx.Client(base_url=url.rstrip("/"), timeout=_SECONDS_TO_WAIT, trust_env=False) as client,
    ):
        for path in [f"/trace/{trace_id}/export" for trace_id in trace_ids] or ["/export"]:
            for line in _lines(client, path):
                out.write(f"{line}\n")
                lines += 1
                status.update(f"exporting from {url}: {count_text(lines, 'document')}")


def _lines(client: httpx.Client, path: str) -> Iterator[str]:
    """Give the documents of an answer as they come."""
    url = f"{str(client.base_url).rstrip('/')}{path}"
    try:
        with client.stream("GET", path) as answer:
            if answer.headers.get("content-type", "").partition(";")[0] != _NDJSON:
                why = answer.read().decode(errors="replace").strip() if answer.is_error else "no console answers there"
                raise QueryError(f"{url}: {why}")
            yield from answer.iter_lines()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise QueryError(f"{url}: {error or type(error).__name__}") from error
