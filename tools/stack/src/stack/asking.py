"""What Prometheus, Loki, Alertmanager and Jaeger know, asked until it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx

from stack.observability import ALERTMANAGER, CONSOLE, LOKI, PROMETHEUS

Found = TypeVar("Found")

Labels = dict[str, str]

_NEXT_LOOK = 0.25  # seconds
_LOKI_WINDOW = 3600  # seconds


async def until(look: Callable[[], Awaitable[Found]], right: Callable[[Found], bool], within: float) -> Found:
    """Look until what is found is right; give it.

    Args:
        look: Gives what there is now.
        right: Tells whether that is it.
        within: Seconds.

    Raises:
        AssertionError: It was not right in time; says what was found last.
    """
    end = time.monotonic() + within
    while not right(found := await look()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:g} s; found last: {found!r}")
        await asyncio.sleep(_NEXT_LOOK)
    return found


async def settled(look: Callable[[], Awaitable[Found]], still: float, within: float) -> Found:
    """Look until what is found has been the same for a while: what is on its way has come by then; give it.

    Args:
        look: Gives what there is now.
        still: For how many seconds it must be the same: more than what is on its way takes from part to part.
        within: Seconds.

    Raises:
        AssertionError: It went on changing.
    """
    last, since = await look(), time.monotonic()

    def stays(found: Found) -> bool:
        nonlocal last, since
        if found != last:
            last, since = found, time.monotonic()
        return time.monotonic() - since >= still

    return await until(look, stays, within)


async def series(http: httpx.AsyncClient, query: str) -> list[tuple[Labels, float]]:
    """Ask Prometheus for the value of an expression now: its labels and values."""
    answer = await _get(http, f"{PROMETHEUS}/api/v1/query", query=query)
    return [(each["metric"], float(each["value"][1])) for each in answer["data"]["result"]]


async def total(http: httpx.AsyncClient, query: str) -> float:
    """Ask Prometheus for the sum of an expression now; 0 where there is nothing."""
    return sum(value for _, value in await series(http, query))


async def exemplar_trace_ids(http: httpx.AsyncClient, query: str) -> set[str]:
    """Ask Prometheus for the trace ids of an expression's exemplars in the last hour."""
    now = time.time()
    answer = await _get(http, f"{PROMETHEUS}/api/v1/query_exemplars", query=query, start=now - 3600, end=now + 60)
    return {exemplar["labels"]["trace_id"] for each in answer["data"] for exemplar in each["exemplars"]}


async def log_lines(http: httpx.AsyncClient, query: str) -> list[tuple[Labels, str]]:
    """Ask Loki for the lines of the last hour: what is known of each, and its text."""
    now = time.time_ns()
    answer = await _get(
        http, f"{LOKI}/loki/api/v1/query_range", query=query, start=now - _LOKI_WINDOW * 10**9, end=now, limit=1000
    )
    return [(each["stream"], line) for each in answer["data"]["result"] for _, line, *_ in each["values"]]


async def firing(http: httpx.AsyncClient) -> list[Labels]:
    """Ask Alertmanager for the labels of the alerts that somebody is told of: neither silenced nor inhibited."""
    alerts = await _get(http, f"{ALERTMANAGER}/api/v2/alerts", active="true", silenced="false", inhibited="false")
    return [alert["labels"] for alert in alerts]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that Alertmanager told the console of.

    Attributes:
        name: Its ``alertname``.
        firing: Whether it still fires.
        began: When, by Prometheus's clock.
        labels: All of them.
        annotations: All of them.
    """

    name: str
    firing: bool
    began: datetime
    labels: Labels
    annotations: Labels


async def told(http: httpx.AsyncClient, since: datetime) -> list[Told]:
    """Ask the console for the alerts that it was told of and that began at some time or later, ended ones too."""
    answer = await _get(http, f"{CONSOLE}/api/alerts")
    alerts = [
        Told(
            each["labels"]["alertname"],
            each["firing"],
            datetime.fromisoformat(each["starts_at"]),
            each["labels"],
            each["annotations"],
        )
        for each in answer["alerts"]
    ]
    return [alert for alert in alerts if alert.began >= since]


async def _get(http: httpx.AsyncClient, url: str, **params: str | float) -> Any:
    answer = await http.get(url, params=params)
    if not answer.is_success:
        raise AssertionError(f"{url}: {answer.status_code} {answer.text[:500]}")
    return answer.json()
