"""``console tail``: traces and log records in the terminal, as they come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

import httpx
from rich.console import Console
from rich.text import Text

from console.client import QueryError
from console.terminal import visible
from console.tree import count_text, duration_text

_SECONDS_TO_SETTLE = 1.0
_SECONDS_TO_CONNECT = 5.0
_ERRORS = frozenset({"ERROR", "FATAL", "CRITICAL"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to follow: traces, or log records; of one service alone, or those with errors alone, if it says so."""

    logs: bool = False
    service: str = ""
    errors: bool = False

    def matches(self, item: dict[str, Any]) -> bool:
        """Say whether it is wanted."""
        services = [item["service"]] if self.logs else item["services"]
        failed = item["level"] in _ERRORS if self.logs else item["errors"]
        return self.service in {"", *services} and (not self.errors or bool(failed))


async def tail(url: str, wanted: Wanted, *, as_json: bool, out: TextIO) -> None:
    """Follow until the console ends, or the task is cancelled.

    A trace is written when nothing has come to it for a second, and again when it grows after that.

    Raises:
        QueryError: no console answers there.
    """
    screen = Console(file=out)
    async with aclosing(_items(url, wanted)) as items:
        async for item in items:
            if as_json:
                out.write(json.dumps(item, ensure_ascii=False) + "\n")
                out.flush()
            else:
                screen.print(_log_line(item) if wanted.logs else _trace_line(item), soft_wrap=True)


async def _items(url: str, wanted: Wanted) -> AsyncGenerator[dict[str, Any]]:
    lines = _lines(f"{url.rstrip('/')}/api/tail/{'logs' if wanted.logs else 'traces'}")
    async with aclosing(lines if wanted.logs else settled(lines)) as items:
        async for item in items:
            if wanted.matches(item):
                yield item


async def _lines(url: str) -> AsyncGenerator[dict[str, Any]]:
    timeout = httpx.Timeout(_SECONDS_TO_CONNECT, read=None)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line:
                    yield json.loads(line)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise QueryError(f"{url}: {error or type(error).__name__}") from error


async def settled(
    changes: AsyncGenerator[dict[str, Any]], within: float = _SECONDS_TO_SETTLE
) -> AsyncGenerator[dict[str, Any]]:
    """Give each trace when no change has come to it for some seconds; at the end, those that are left."""
    loop = asyncio.get_running_loop()
    quiet: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    waiting: dict[str, tuple[asyncio.TimerHandle, dict[str, Any]]] = {}

    def settle(trace_id: str) -> None:
        timer, trace = waiting.pop(trace_id)
        timer.cancel()
        quiet.put_nowait(trace)

    async def read() -> None:
        try:
            async for trace in changes:
                trace_id = trace["trace_id"]
                if trace_id in waiting:
                    waiting.pop(trace_id)[0].cancel()
                waiting[trace_id] = loop.call_later(within, settle, trace_id), trace
        finally:
            for trace_id in list(waiting):
                settle(trace_id)
            quiet.put_nowait(None)

    reading = asyncio.create_task(read())
    try:
        while (trace := await quiet.get()) is not None:
            yield trace
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _trace_line(trace: dict[str, Any]) -> Text:
    failed = bool(trace["errors"])
    line = Text(f"{_clock(trace['start'])}  ", style="dim")
    line.append(f"{visible(trace['status']):<9}", "bold red" if failed else "green")
    line.append(f"{duration_text(trace['duration']):>10}  ", "default")
    line.append(visible(f"{trace['service']} {trace['name']}"), "bold red" if failed else "bold")
    facts = [count_text(trace["spans"], "span")]
    if failed:
        facts.append(count_text(trace["errors"], "error"))
    facts += [visible(tenant) for tenant in trace["tenants"]]
    line.append(f"  {' · '.join(facts)}  ", "default")
    return line.append(trace["trace_id"], "dim")


def _log_line(record: dict[str, Any]) -> Text:
    level = visible(record["level"])
    line = Text(f"{_clock(record['time'])}  ", style="dim")
    line.append(f"{level:<8}", "bold red" if level in _ERRORS else "yellow" if level.startswith("WARN") else "green")
    line.append(f"{visible(record['service'])}  ", "cyan").append(visible(record["body"]), "default")
    return line.append(f"  {record['trace_id']}", "dim")


def _clock(nanoseconds: int) -> str:
    """Write the time of day of this machine, to the millisecond."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds).astimezone():%H:%M:%S}.{rest // 1_000_000:03d}"
