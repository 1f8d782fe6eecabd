from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts import MalformedAlertsError, read_alerts
from console.store import AlertStore
from console.store import alerts as alerts_module
from console.stores import Stores

Notification = Callable[..., dict[str, Any]]


def alert(number: int, *, status: str = "firing", minute: int = 0) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": f"Alert{number}", "service": "order"},
        "annotations": {"summary": "Orders fail"},
        "startsAt": f"2026-01-31T12:{minute:02}:00.123456789Z",
        "endsAt": "2026-01-31T13:00:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": f"{number:016x}",
    }


def notification(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "status": "firing", "receiver": "console", "groupKey": "{}", "alerts": list(alerts)}


async def given_alerts(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/api/alerts")).json()["alerts"]
    return found


async def test_what_fires_stands_first_and_the_latest_of_it(client: httpx.AsyncClient) -> None:
    sent = notification(alert(1, minute=1), alert(2, status="resolved", minute=9), alert(3, minute=5))
    assert (await client.post("/api/alerts", json=sent)).status_code == 200
    assert [each["labels"]["alertname"] for each in await given_alerts(client)] == ["Alert3", "Alert1", "Alert2"]


async def test_an_alert_is_given_with_all_that_was_said(client: httpx.AsyncClient) -> None:
    await client.post("/api/alerts", json=notification(alert(1)))
    assert await given_alerts(client) == [
        {
            "fingerprint": f"{1:016x}",
            "firing": True,
            "labels": {"alertname": "Alert1", "service": "order"},
            "annotations": {"summary": "Orders fail"},
            "starts_at": "2026-01-31T12:00:00.123456+00:00",
            "ends_at": None,
        }
    ]


async def test_what_is_said_last_counts(client: httpx.AsyncClient) -> None:
    await client.post("/api/alerts", json=notification(alert(1)))
    await client.post("/api/alerts", json=notification(alert(1, status="resolved")))
    [found] = await given_alerts(client)
    assert (found["firing"], found["ends_at"]) == (False, "2026-01-31T13:00:00+00:00")


async def test_alerts_are_told_as_they_come(stores: Stores) -> None:
    async with stores.alerts.subscribe() as changes:
        stores.alerts.add(read_alerts(json.dumps(notification(alert(1), alert(2))).encode()))
        batch = await anext(aiter(changes))
    assert [each.name for each in batch.items] == ["Alert1", "Alert2"]


def test_there_are_not_more_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_module, "_MOST", 2)
    store = AlertStore()
    for number in (1, 2, 1, 3):
        store.add(read_alerts(json.dumps(notification(alert(number))).encode()))
    assert sorted(each.name for each in store.all()) == ["Alert1", "Alert3"]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "not a notification of Alertmanager: TypeError: "),
        ({}, "not a notification of Alertmanager: KeyError: 'version'"),
        ({"version": "3"}, "version '3': expected '4'"),
        (notification(alert(1) | {"status": "odd"}), "status 'odd': expected firing or resolved"),
        (notification(alert(1) | {"labels": {"a": 1}}), "expected a text, got int"),
        (notification(alert(1) | {"labels": {"a": "x" * 10_001}}), "a text of 10001 characters: at most 10000"),
        (notification(alert(1) | {"labels": {str(n): "" for n in range(101)}}), "101 labels or annotations: at most"),
        (notification(alert(1) | {"startsAt": "noon"}), "not a notification of Alertmanager: ValueError: Invalid"),
        (notification(alert(1) | {"startsAt": "2026-01-31T12:00:00"}), "time '2026-01-31T12:00:00': expected one with"),
    ],
)
async def test_anything_else_is_refused_whole(client: httpx.AsyncClient, document: object, problem: str) -> None:
    answer = await client.post("/api/alerts", json=document)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(problem)
    assert await given_alerts(client) == []


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/alerts", content=bytes(9 << 20))
    assert answer.status_code == 413


@given(st.binary(max_size=300) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_junk_is_refused_or_says_nothing(junk: bytes | str) -> None:
    try:
        found = read_alerts(junk if isinstance(junk, bytes) else junk.encode())
    except MalformedAlertsError:
        return
    assert found == []
