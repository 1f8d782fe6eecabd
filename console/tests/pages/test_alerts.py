from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from console.model import Span, Status
from console.otlp.spans import StoredSpan
from console.pages.live import Live
from console.store import TraceStore
from console.store.alerts import Alert
from console.stores import Stores

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EXEMPLAR = "http://127.0.0.1:16687/exemplar?service=order&status=error"


def alert(name: str, *, firing: bool = True, **annotations: str) -> Alert:
    ends_at = None if firing else NOON + timedelta(minutes=5)
    said = {"summary": f"{name} says why", "runbook": f"docs/runbooks/{name}.md", **annotations}
    return Alert(name, firing, {"alertname": name, "severity": "page"}, said, NOON, ends_at)


async def shown(client: httpx.AsyncClient) -> str:
    answer = await client.get("/alerts")
    assert answer.status_code == 200
    return answer.text


async def test_what_fires_stands_before_what_has_ended(client: httpx.AsyncClient, stores: Stores) -> None:
    stores.alerts.add([alert("Ended", firing=False), alert("Fires", exemplar=EXEMPLAR)])

    page = await shown(client)

    assert page.index("Fires says why") < page.index("Ended says why")
    assert "docs/runbooks/Fires.md" in page
    assert f'href="{EXEMPLAR.replace("&", "&amp;")}"' in page
    assert "12:05:00" in page


async def test_without_alerts_the_page_says_where_alertmanager_sends_them(client: httpx.AsyncClient) -> None:
    assert "http://127.0.0.1:16686/api/alerts" in await shown(client)


async def test_an_annotation_that_is_no_address_is_no_link(client: httpx.AsyncClient, stores: Stores) -> None:
    stores.alerts.add([alert("Bad", exemplar="javascript:alert(1)", traces="data:text/html,hello")])

    page = await shown(client)

    assert "Bad says why" in page
    assert "javascript:" not in page
    assert "data:text" not in page


async def test_the_page_is_told_of_each_notification(stores: Stores) -> None:
    answer = await Live(stores).alerts(Request({"type": "http"}))
    assert isinstance(answer, StreamingResponse)
    body: AsyncIterator[str] = answer.body_iterator  # type: ignore[assignment]  # texts, as they were given
    async with aclosing(body) as events:  # type: ignore[type-var]  # a generator
        assert await anext(events) == "retry: 1000\nevent: changed\ndata: 0\n\n"
        stores.alerts.add([alert("Fires")])
        assert await anext(events) == "event: changed\ndata: 1\n\n"
        stores.alerts.add([alert("Fires", firing=False)])
        assert await anext(events) == "event: changed\ndata: 2\n\n"


async def test_an_exemplar_is_the_latest_trace_that_the_filters_let_through(
    client: httpx.AsyncClient, store: TraceStore, received: Received, make_span: MakeSpan
) -> None:
    failed = [replace(make_span(number), status=Status.ERROR) for number in (1, 2)]
    store.add(received([*failed, make_span(3)]))

    answer = await client.get("/exemplar", params={"status": "error"})

    assert answer.is_redirect
    assert answer.headers["location"] == f"/trace/{2:032x}"


@pytest.mark.parametrize("filters", ["status=error", "min=soon"])
async def test_without_such_a_trace_it_is_the_list_with_these_filters(client: httpx.AsyncClient, filters: str) -> None:
    answer = await client.get(f"/exemplar?{filters}")

    assert answer.headers["location"] == f"/?{filters}"
    assert (await client.get(answer.headers["location"])).status_code == 200
