from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

import httpx
import pytest

from console.model import Span, Status
from console.otlp.spans import StoredSpan
from console.store import TraceStore

Received = Callable[[list[Span]], list[StoredSpan]]
BrokenOrders = Callable[[], list[list[Span]]]


async def test_of_nothing_it_says_that_it_is_too_little(client: httpx.AsyncClient) -> None:
    answer = await client.get("/why")
    assert answer.status_code == 200
    assert "Too little to tell" in answer.text


async def test_what_changed_leads_to_traces_and_to_a_comparison(
    client: httpx.AsyncClient, store: TraceStore, received: Received, broken_orders: BrokenOrders
) -> None:
    orders = broken_orders()
    store.add(received(list(chain.from_iterable(orders))))
    page = (await client.get("/why?window=1m")).text
    assert "order INSERT orders fails: 42P01" in page
    latest, before = orders[-1][0].trace_id, next(each for each in reversed(orders) if not each[0].failed)[0].trace_id
    assert f'href="/trace/{latest}"' in page
    assert f'href="/compare?a={before}&b={latest}"' in page


async def test_where_nothing_changed_it_says_so(
    client: httpx.AsyncClient, store: TraceStore, received: Received, broken_orders: BrokenOrders
) -> None:
    store.add(received(list(chain.from_iterable(each for each in broken_orders() if not each[0].failed))))
    assert "Nothing has changed" not in (await client.get("/why?window=1m")).text, "there is nothing to compare with"
    store.add(received(list(chain.from_iterable(map(healed, broken_orders())))))
    assert "Nothing has changed" in (await client.get("/why?window=1m")).text


def healed(spans: list[Span]) -> list[Span]:
    attributes = [{key: value for key, value in span.attributes.items() if key != "error.type"} for span in spans]
    return [replace(span, status=Status.UNSET, attributes=own) for span, own in zip(spans, attributes, strict=True)]


async def test_without_scipy_the_page_says_how_it_comes(
    client: httpx.AsyncClient,
    store: TraceStore,
    received: Received,
    broken_orders: BrokenOrders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.add(received(list(chain.from_iterable(broken_orders()))))
    monkeypatch.setitem(sys.modules, "scipy", None)
    answer = await client.get("/why?window=1m")
    assert answer.status_code == 200
    assert "throughline-console[why]" in answer.text
