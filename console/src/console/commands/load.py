"""``console import FILE``: OTLP's JSON is sent to a console, or to anything else that takes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import httpx
from rich.console import Console
from rich.progress import Progress

from console.client import QueryError
from console.receive.signals import LOGS, METRICS, TRACES, Signal

_ITEMS_A_REQUEST = 500
_SECONDS_A_REQUEST = 30.0
_SCOPES = {TRACES: ("scopeSpans", "spans"), LOGS: ("scopeLogs", "logRecords"), METRICS: ("scopeMetrics", "metrics")}

_Request: TypeAlias = tuple[Signal, int, dict[str, Any]]  # with how many items are in it


class ImportFileError(Exception):
    """A file cannot be imported; the message says which and why."""


@dataclass(slots=True)
class Imported:
    """What became of the files: how many items of each kind were sent, how many of them refused, and why the first."""

    sent: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    reason: str = ""

    def __str__(self) -> str:
        """Say it in a line."""
        sent = ", ".join(f"{count} {noun}" for noun, count in self.sent.items()) or "nothing"
        return f"{sent} sent" + (f", {self.refused} refused: {self.reason}" if self.refused else "")


def load(url: str, files: Sequence[Path], *, err: TextIO) -> Imported:
    """Send what is in some files.

    A file holds OTLP's JSON: one document, such as a request or an answer of Jaeger's API v3, or one a line, as the
    collector's file exporter writes them.

    Args:
        url: of what takes OTLP by HTTP.
        files: what to send.
        err: for progress.

    Raises:
        ImportFileError: a file cannot be read, or holds something else.
        QueryError: it is not taken.
    """
    imported, screen = Imported(), Console(file=err)
    with (
        Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress,
        httpx.Client(base_url=url.rstrip("/"), timeout=_SECONDS_A_REQUEST, trust_env=False) as client,
    ):
        for path in files:
            for signal, items, request in progress.track(_read(path), description=path.name):
                refused, reason = _send(client, signal, request)
                imported.sent[signal.noun] += items
                imported.refused += refused
                imported.reason = imported.reason or reason
    return imported


def _read(path: Path) -> list[_Request]:
    """Read a file, one document or one a line, as requests that any receiver takes."""
    expected = (
        f"expected OTLP's JSON, with {', '.join(signal.things for signal in _SCOPES)}, one document or one a line"
    )
    try:
        requests = list(_requests(_documents(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise ImportFileError(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ImportFileError(f"{path}: {expected}: {error}") from None
    if not requests:
        raise ImportFileError(f"{path}: {expected}: there is none in it")
    return requests


def _documents(text: str) -> list[dict[str, Any]]:
    try:
        documents = [json.loads(text)]
    except json.JSONDecodeError:
        documents = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [document.get("result", document) for document in documents]


def _requests(documents: Sequence[dict[str, Any]]) -> Iterator[_Request]:
    """Put what documents hold into requests of about 500 items, those of each signal in their order."""
    for signal in _SCOPES:
        groups: list[dict[str, Any]] = []
        items = 0
        for document in documents:
            for count, group in _groups(signal, document):
                groups.append(group)
                items += count
                if items >= _ITEMS_A_REQUEST:
                    yield signal, items, {signal.things: groups}
                    groups, items = [], 0
        if groups:
            yield signal, items, {signal.things: groups}


def _groups(signal: Signal, document: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Split what a document holds of one signal: each time at most 500 items of one source, with their number."""
    scopes, items = _SCOPES[signal]
    for resource in document.get(signal.things, []):
        for scope in resource.get(scopes, []):
            found = scope.get(items, [])
            for start in range(0, len(found), _ITEMS_A_REQUEST):
                part = found[start : start + _ITEMS_A_REQUEST]
                yield len(part), resource | {scopes: [scope | {items: part}]}


def _send(client: httpx.Client, signal: Signal, request: dict[str, Any]) -> tuple[int, str]:
    """Send a request; give how much of it was refused, and why."""
    url = f"{str(client.base_url).rstrip('/')}{signal.path}"
    try:
        answer = client.post(signal.path, json=request)
        said = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else {}
        if not answer.is_success:
            raise QueryError(f"{url}: {answer.status_code} {said.get('message', answer.reason_phrase)}")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise QueryError(f"{url}: {error or type(error).__name__}") from error
    partial = said.get("partialSuccess", {})
    rejected = next((int(partial[key]) for key in partial if key.startswith("rejected")), 0)
    return rejected, str(partial.get("errorMessage", ""))
