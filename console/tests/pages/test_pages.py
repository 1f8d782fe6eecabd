from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from pathlib import PurePath

import httpx
import pytest

from console.model import Event, Resource, Scope, Span, Status
from console.otlp.spans import StoredSpan
from console.server import build
from console.settings import Settings
from console.store import TraceStore
from console.stores import Stores
from console.tree import short_name

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
OWN = {"/static/console.js", "/static/icon.svg"}
STATIC = [file.name for file in (resources.files("console") / "static").iterdir() if not file.name.endswith(".svg")]
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"'&{{ 7*7 }}"""


class _Tags(HTMLParser):
    """Collects the elements of a page, the addresses it points to and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.sources: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.sources.update((value or "").partition("?")[0] for name, value in attrs if name == "src")
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        self.text += data


async def page(client: httpx.AsyncClient, path: str) -> _Tags:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return _Tags(answer.text)


async def test_without_traces_the_page_says_where_to_send_them(client: httpx.AsyncClient) -> None:
    assert "/v1/traces" in (await page(client, "/")).text


async def test_the_latest_traces_are_listed_with_what_matters(
    client: httpx.AsyncClient, store: TraceStore, received: Received, order_trace: list[Span], make_span: MakeSpan
) -> None:
    store.add(received([make_span(name="older")]))
    store.add(received([*order_trace[:6], replace(order_trace[6], status=Status.ERROR)]))
    found = await page(client, "/")
    assert found.text.index("POST /v1/orders") < found.text.index("older")
    assert all(text in found.text for text in ("gateway", "order", "user", "acme", "42.12 ms", "2 traces held"))
    assert f"/trace/{order_trace[0].trace_id}" in found.addresses


async def test_a_trace_is_shown_with_every_span(
    client: httpx.AsyncClient, store: TraceStore, received: Received, order_trace: list[Span]
) -> None:
    failed = replace(order_trace[6], status=Status.ERROR, status_message="UNIQUE constraint failed")
    store.add(received([*order_trace[:6], failed]))
    found = await page(client, f"/trace/{order_trace[0].trace_id}")
    assert all(short_name(span.name) in found.text for span in order_trace)
    assert "1 error" in found.text
    assert "UNIQUE constraint failed" in found.text
    assert {"svg", "rect"} <= found.names


@pytest.mark.parametrize("path", ["/trace/" + "ab" * 16, "/trace/no-id", "/trace/%3Cscript%3E"])
async def test_a_trace_that_is_not_there_is_said_to_be_missing(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "No such trace" in answer.text
    assert answer.text.count("<script") == 1


async def test_everything_that_a_sender_names_is_shown_as_text(
    client: httpx.AsyncClient, store: TraceStore, received: Received, make_span: MakeSpan
) -> None:
    span = make_span(
        name=HOSTILE, attributes={"tenant.id": HOSTILE, HOSTILE: HOSTILE, "rpc.response.status_code": HOSTILE}
    )
    span = replace(
        span,
        resource=Resource(HOSTILE),
        scope=Scope(HOSTILE),
        status=Status.ERROR,
        status_message=HOSTILE,
        events=(Event(HOSTILE, span.start, {HOSTILE: HOSTILE}),),
    )
    store.add(received([span]))
    for path in ("/", "/compare", f"/trace/{span.trace_id}", f"/trace/{span.trace_id}?span={span.span_id}"):
        found = await page(client, path)
        assert HOSTILE in found.text
        assert found.sources == OWN
        assert not any(name.startswith("on") or name == "style" for name in found.attributes)


async def test_a_page_needs_nothing_from_elsewhere(
    client: httpx.AsyncClient, store: TraceStore, received: Received, order_trace: list[Span]
) -> None:
    store.add(received(order_trace))
    for path in ("/", f"/trace/{order_trace[0].trace_id}"):
        for address in (await page(client, path)).addresses:
            assert address.startswith(("/", "#", "?"))
    for name in STATIC:
        file = await client.get(f"/static/{name}")
        assert file.headers["content-type"].startswith(
            {".css": "text/css", ".js": "text/javascript"}[PurePath(name).suffix]
        )
        assert not any(word in file.text for word in ("url(", "@import", "http:", "https:"))


async def test_a_jaeger_that_is_configured_is_linked_to(
    stores: Stores, received: Received, order_trace: list[Span]
) -> None:
    stores.traces.add(received(order_trace))
    app = build(Settings(jaeger_url="http://jaeger:16686"), stores).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        assert "http://jaeger:16686" in (await page(client, "/")).addresses
        path = f"/trace/{order_trace[0].trace_id}"
        assert f"http://jaeger:16686{path}" in (await page(client, path)).addresses


async def test_what_is_no_file_of_the_pages_is_not_found(client: httpx.AsyncClient) -> None:
    for name in ("nothing.js", "..%2Fserver.py", "%2Fetc%2Fpasswd"):
        assert (await client.get(f"/static/{name}")).status_code == 404
