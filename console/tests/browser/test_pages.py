"""The map, the comparison, logs, metrics and scenarios."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from playwright.async_api import Page, expect

from console.model import Span
from console.otlp.logs import decode_logs
from console.otlp.metrics import decode_metrics
from console.scenarios import Runner, Shop
from console.stores import Stores
from faults.catalogue import load
from faults.flags import FlagFile

MakeSpan = Callable[..., Span]
Hold = Callable[..., None]
Log = Callable[..., None]
Now = Callable[[Span], Span]
BOXES = """rects => rects.map(({x, y, width, height}) =>
  [x.baseVal.value, y.baseVal.value, x.baseVal.value + width.baseVal.value, y.baseVal.value + height.baseVal.value])
"""


async def test_the_map_shows_who_calls_whom_and_leads_to_the_calls(
    look: Any, hold: Hold, now: Now, order_trace: list[Span], failed_order: list[Span]
) -> None:
    hold(*map(now, order_trace))
    hold(*map(now, failed_order))
    page = await look.at("/map")
    edge = page.get_by_role("link", name="gateway calls order")
    await expect(edge).to_contain_text("50.0 % errors")
    for figure in ("p50 34.00 ms · p95 34.00 ms", "p99 34.00 ms"):
        await expect(edge).to_contain_text(figure)
    cells = page.locator("tbody tr", has_text="gateway").locator("td")
    assert (await cells.all_text_contents())[1:3] == ["order", "2"]
    await edge.click()
    await page.wait_for_url("**/?caller=gateway&callee=order")
    await expect(page.locator("#traces tr")).to_have_count(2)
    await expect(page.locator(".chip")).to_have_text("gateway → order")


async def test_the_map_changes_as_calls_come(look: Any, hold: Hold, now: Now, order_trace: list[Span]) -> None:
    page = await look.at("/map")
    await expect(page.get_by_text("No calls in this time")).to_be_visible()
    hold(*map(now, order_trace))
    await expect(page.locator(".node")).to_have_count(4)
    await page.get_by_role("link", name="user: 1 call").click()
    await page.wait_for_url("**/?service=user")


async def test_nodes_and_figures_of_the_map_cover_nothing(look: Any, hold: Hold, now: Now, make_span: MakeSpan) -> None:
    calls = ["edge a", "edge b", "edge c", "a b", "b c", "c a", "a d", "edge d"]
    for trace, (caller, callee) in enumerate(map(str.split, calls), 1):
        hold(now(make_span(trace, 1, service=caller)), now(make_span(trace, 2, 1, service=callee)))
    page = await look.at("/map")
    await expect(page.locator(".edge")).to_have_count(len(calls))
    boxes = await page.locator(".node rect").evaluate_all(BOXES) + await page.locator(".plate").evaluate_all(BOXES)
    for at, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


async def test_two_traces_are_compared(
    look: Any, hold: Hold, order_trace: list[Span], failed_order: list[Span]
) -> None:
    slower = replace(failed_order[3], end=failed_order[3].end + 9_000_000)
    extra = replace(failed_order[5], span_id="ee" * 8, name="SELECT again", start=failed_order[5].start + 1)
    hold(*order_trace)
    hold(*failed_order[:3], slower, *failed_order[4:], extra)
    page = await look.at(f"/trace/{order_trace[0].trace_id}")
    await page.get_by_role("link", name="Compare").click()
    await page.get_by_role("link", name="POST /v1/orders").nth(1).click()
    changed = await page.locator(".compare tbody tr").evaluate_all(
        "rows => rows.filter(row => row.querySelector('.change')).map(row =>"
        " row.querySelector('.what').textContent + ': ' + row.querySelector('.change').textContent)"
    )
    assert changed == [
        "POST /v1/orders: fails now",
        "OrderService/CreateOrder: fails now",
        "OrderService/CreateOrder: fails now",
        "UserService/GetUser: slower",
        "SELECT again: new",
        "INSERT orders: fails now",
    ]
    await expect(page.locator(".compare tr", has_text="slower")).to_contain_text("+9.00 ms")
    await page.get_by_role("link", name="Swap").click()
    await expect(page.locator(".compare tr.GONE")).to_contain_text("SELECT again")


async def test_the_log_is_followed_filtered_and_leads_to_its_traces(
    look: Any, hold: Hold, log: Log, failed_order: list[Span]
) -> None:
    hold(*failed_order)
    log(failed_order[0], "asked")
    page = await look.at("/logs")
    log(failed_order[6], "not stored", severity=17)
    lines = page.locator(".logs tbody tr")
    await expect(lines.locator(".body")).to_have_text(["not stored", "asked"])
    await page.locator("[name=level]").select_option("error")
    await expect(lines).to_have_count(1)
    await lines.get_by_role("link").click()
    await page.wait_for_url(f"**/trace/{failed_order[0].trace_id}?span={failed_order[6].span_id}")
    await expect(page.locator("#panel h2")).to_have_text("INSERT orders")


async def test_a_record_that_comes_late_stands_at_its_time(look: Any, log: Log, order_trace: list[Span]) -> None:
    log(order_trace[0], "first")
    log(order_trace[0], "third", after=30)
    page = await look.at("/logs")
    await expect(page.locator("#live")).to_have_text("live")
    log(order_trace[0], "second", after=20)
    await expect(page.locator(".logs .body")).to_have_text(["third", "second", "first"])


async def test_a_record_opens_where_it_stands(look: Any, stores: Stores) -> None:
    document = ExportLogsServiceRequest()
    record = document.resource_logs.add().scope_logs.add().log_records.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    record.body.string_value = "stored"
    record.attributes.add(key="order.id").value.string_value = "o-1"
    stores.logs.add(decode_logs(document.SerializeToString()).items)
    page = await look.at("/logs")
    await page.get_by_text("stored").click()
    await expect(page.get_by_text("o-1")).to_be_visible()
    assert page.url == f"{look.url}/logs"


def measured(stores: Stores, trace_id: str, span_id: str, *, counts: tuple[int, int]) -> None:
    """Take two exports of a route's histogram, ten seconds apart, the second with an exemplar."""
    end = time.time_ns()
    for at, count in enumerate(counts):
        request = ExportMetricsServiceRequest()
        group = request.resource_metrics.add()
        group.resource.attributes.add(key="service.name").value.string_value = "gateway"
        metric = group.scope_metrics.add().metrics.add(name="http.server.request.duration", unit="s")
        metric.histogram.aggregation_temporality = 2  # type: ignore[assignment]  # cumulative
        point = metric.histogram.data_points.add(
            start_time_unix_nano=end - 60_000_000_000,
            time_unix_nano=end - (1 - at) * 10_000_000_000,
            count=count,
            sum=count * 0.05,
            explicit_bounds=[0.01, 0.1, 1],
            bucket_counts=[0, count, 0, 0],
        )
        for key, value in (("http.request.method", "POST"), ("http.route", "/v1/orders")):
            point.attributes.add(key=key).value.string_value = value
        if at:
            point.exemplars.add(
                time_unix_nano=end, as_double=0.042, trace_id=bytes.fromhex(trace_id), span_id=bytes.fromhex(span_id)
            )
        stores.metrics.add(decode_metrics(request.SerializeToString()).items)


async def test_metrics_tell_of_routes_and_lead_to_single_calls(
    look: Any, hold: Hold, stores: Stores, order_trace: list[Span]
) -> None:
    hold(*order_trace)
    page = await look.at("/metrics")
    await expect(page.get_by_text("No measurements in this time")).to_be_visible()
    measured(stores, order_trace[0].trace_id, order_trace[0].span_id, counts=(5, 25))
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    for text in ("POST /v1/orders", "gateway", "25"):
        await expect(row.get_by_text(text, exact=True)).to_be_visible()
    await row.get_by_role("link", name="42.00 ms").click()
    await page.wait_for_url(f"**/trace/{order_trace[0].trace_id}?span={order_trace[0].span_id}")


class Gateway:
    """Answers as the gateway does; its traces come to the console a moment later."""

    def __init__(self, hold: Hold, order_trace: list[Span]) -> None:
        self._hold = hold
        self._order = order_trace
        self.may_export = asyncio.Event()
        self.status = 201

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        trace_id = request.headers.get("traceparent", "-" + "00" * 16).split("-")[1]
        if "traceparent" in request.headers:
            self._exporting = asyncio.create_task(self._export(trace_id))
        return httpx.Response(self.status, json={"user_id": "u", "order_id": "o"}, headers={"x-trace-id": trace_id})

    async def _export(self, trace_id: str) -> None:
        await self.may_export.wait()
        self._hold(*(replace(span, trace_id=trace_id) for span in self._order))


@pytest.fixture
def gateway(hold: Hold, order_trace: list[Span]) -> Gateway:
    return Gateway(hold, order_trace)


@pytest_asyncio.fixture(loop_scope="session")
async def runner(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Runner]:
    flags = FlagFile(tmp_path / "flags.json", load().flags)
    async with (
        Shop("http://gateway", str, httpx.MockTransport(gateway)) as shop,
        Runner(shop, flags) as running,
    ):
        yield running


def results(page: Page) -> Any:
    return page.locator("#results tbody tr")


async def test_an_order_is_shown_beside_its_trace_as_soon_as_it_comes(look: Any, gateway: Gateway) -> None:
    page = await look.at("/scenarios")
    await page.get_by_role("button", name="Place an order").click()
    await expect(results(page)).to_contain_text(["has not come yet"])
    await expect(results(page)).to_contain_text(["201"])
    gateway.may_export.set()
    await expect(results(page).get_by_role("link", name="POST /v1/orders")).to_be_visible()
    await expect(results(page)).to_contain_text(["7 spans"])


async def test_every_failure_that_can_be_met_has_a_button(look: Any, gateway: Gateway) -> None:
    gateway.may_export.set()
    page = await look.at("/scenarios")
    met = [fault for fault in load() if fault.inject or fault.caller]
    await expect(page.get_by_role("button", name="Run: ")).to_have_count(len(met))
    await page.get_by_role("button", name="Run: A slow query").click()
    await expect(results(page).locator(".badge.good")).to_have_text("201")
    await page.get_by_role("button", name="Run: User not found").click()
    await expect(results(page).first).to_contain_text("expected 404")


async def test_a_load_tells_how_it_goes_and_stops(look: Any, gateway: Gateway) -> None:
    gateway.may_export.set()
    page = await look.at("/scenarios")
    await page.get_by_label("a second").fill("20")
    await page.get_by_label("seconds", exact=True).fill("60")
    await page.get_by_role("button", name="Start").click()
    await expect(page.locator("#load")).to_contain_text("of 1200 sent")
    await expect(page.locator("#load")).to_contain_text("201")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_role("button", name="Start")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
async def test_axe_finds_nothing_in_scenarios(look: Any, gateway: Gateway, width: int, scheme: str) -> None:
    gateway.may_export.set()
    page = await look.at("/scenarios", viewport={"width": width, "height": 800}, color_scheme=scheme)
    await page.get_by_role("button", name="Place an order").click()
    await expect(results(page).get_by_role("link", name="POST /v1/orders")).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
