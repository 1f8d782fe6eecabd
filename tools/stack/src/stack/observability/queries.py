"""What Prometheus, Loki, Alertmanager and Jaeger know, asked until it is there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from stack.observability.profile import ALERTMANAGER, CONSOLE, LOKI, PROMETHEUS

Labels = dict[str, str]

_LOKI_WINDOW = 3600  # seconds


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
