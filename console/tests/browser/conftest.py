"""A console that listens, and a real Chromium that looks at it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from console.model import Event, Span, Status
from console.otlp.logs import decode_logs
from console.otlp.spans import StoredSpan
from console.scenarios import Runner
from console.server import build
from console.settings import Settings
from console.stores import Stores

WITHOUT_CHROMIUM = "there is no Chromium: install Debian's package chromium, or name another in CHROMIUM"
START = 1_760_000_000_000_000_000
NAMES = ("chromium", "chromium-browser", "google-chrome")
STACK = 'Traceback (most recent call last):\n  File "store.py", line 88, in add\nOperationalError: database is locked'

_SOON, _LOADS = 1_000, 6  # milliseconds, and how often to try
# evaluated, not waited for: Playwright's wait_for_function needs eval, which the pages' policy forbids
_PAINTED = """() => new Promise(resolve => new PerformanceObserver(list => {
  const painted = list.getEntriesByName("first-contentful-paint")[0];
  if (painted) resolve(painted.startTime);
}).observe({type: "paint", buffered: true}))"""

Received = Callable[[list[Span]], list[StoredSpan]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests in one event loop: that of the browser."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(pytestconfig: pytest.Config) -> AsyncIterator[Browser]:
    """Give the machine's Chromium; without one, skip loudly."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytestconfig.get_terminal_writer().line(f"\n{WITHOUT_CHROMIUM}", red=True)
        pytest.skip(WITHOUT_CHROMIUM)
    async with async_playwright() as playwright:
        sandbox = os.geteuid() != 0  # Chromium's sandbox cannot be made by root
        browser = await playwright.chromium.launch(executable_path=program, chromium_sandbox=sandbox)
        yield browser
        await browser.close()


@pytest.fixture
def runner() -> Runner | None:
    """Give what runs scenarios, where a test has any."""
    return None


@pytest_asyncio.fixture(loop_scope="session")
async def url(stores: Stores, runner: Runner | None) -> AsyncIterator[str]:
    """Give the address of a console that shows `stores`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = build(Settings(), stores, runner=runner).app
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=3))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stores.close()
        server.should_exit = True
        await serving


@dataclass
class Look:
    """Opens pages, each with the complaints that the browser had about it."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)

    async def at(self, path: str, **options: Any) -> Page:
        """Open a page in a window of its own."""
        context = await self.browser.new_context(base_url=self.url, **{"locale": "en-GB", **options})
        context.set_default_timeout(20_000)
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(path)
        return page

    async def soonest_paint(self, page: Page) -> float:
        """Give the milliseconds to the first paint, the best of a few loads: nobody asks about a busy machine."""
        times: list[float] = []
        while len(times) < _LOADS and min(times, default=_SOON) >= _SOON:
            await page.reload()
            times.append(await page.evaluate(_PAINTED))
        return float(min(times))

    def _said(self, message: ConsoleMessage) -> None:
        of_machine = "ERR_NETWORK_CHANGED" in message.text  # containers come and go beside it
        if message.type in {"error", "warning"} and not of_machine:
            self.complaints.append(message.text)


@pytest_asyncio.fixture(loop_scope="session")
async def look(browser: Browser, url: str) -> AsyncIterator[Look]:
    """Open pages; an error of the script, or a breach of the security policy, fails the test."""
    look = Look(browser, url)
    yield look
    for context in browser.contexts:
        with suppress(Exception):  # it is gone
            await context.close()
    assert look.complaints == []


@pytest.fixture
def hold(stores: Stores, received: Received) -> Callable[..., None]:
    """Take spans into the console."""

    def add(*spans: Span) -> None:
        stores.traces.add(received(list(spans)))

    return add


@pytest.fixture(scope="session")
def failed_order(order_trace: list[Span]) -> list[Span]:
    """Give the trace of an order that could not be stored: it fails from the last span up."""
    insert = order_trace[6]
    thrown = Event(
        "exception",
        insert.end,
        {
            "exception.type": "OperationalError",
            "exception.message": "database is locked",
            "exception.stacktrace": STACK,
        },
    )
    trace_id = f"{0xBAD:032x}"
    spans = [replace(span, trace_id=trace_id) for span in order_trace]
    for index in (0, 1, 2):
        spans[index] = replace(spans[index], status=Status.ERROR)
    spans[6] = replace(spans[6], status=Status.ERROR, events=(thrown,))
    spans[0] = replace(
        spans[0],
        attributes={
            **spans[0].attributes,
            "http.request.method": "POST",
            "http.route": "/v1/orders",
            "http.response.status_code": 503,
            "url.scheme": "http",
            "url.path": "/v1/orders",
            "server.address": "127.0.0.1",
            "server.port": 8000,
        },
    )
    return spans


@pytest.fixture
def now() -> Callable[[Span], Span]:
    """Move a span to this time of day: maps and rates are of the last minutes."""
    later = time.time_ns() - START - 1_000_000_000

    def moved(span: Span) -> Span:
        events = tuple(replace(event, time=event.time + later) for event in span.events)
        return replace(span, start=span.start + later, end=span.end + later, events=events)

    return moved


@pytest.fixture
def log(stores: Stores) -> Callable[..., None]:
    """Take a log record of a span, some milliseconds after the span's start."""

    def add(span: Span, text: str, *, after: float = 0, severity: int = 9) -> None:
        request = ExportLogsServiceRequest()
        group = request.resource_logs.add()
        group.resource.attributes.add(key="service.name").value.string_value = span.service
        record = group.scope_logs.add().log_records.add(
            time_unix_nano=span.start + int(after * 1e6),
            severity_number=severity,
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
        )
        record.body.string_value = text
        stores.logs.add(decode_logs(request.SerializeToString()).items)

    return add
