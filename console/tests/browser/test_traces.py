from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Page, expect

from console.model import Kind, Span, Status

MakeSpan = Callable[..., Span]
Hold = Callable[..., None]
NAMES = "#traces td.name a"


def request(make_span: MakeSpan, number: int, **more: Any) -> Span:
    """Make a trace of one request, later than those with smaller numbers."""
    attributes = {"http.route": "/v1/orders", "http.response.status_code": 200, "tenant.id": "acme"}
    attributes |= more.pop("attributes", {})
    return make_span(number, 1, name=f"request {number}", kind=Kind.SERVER, start=number, attributes=attributes, **more)


async def names(page: Page) -> list[str]:
    return await page.locator(NAMES).all_text_contents()


async def test_without_traces_it_says_where_to_send_them(look: Any) -> None:
    page = await look.at("/")
    await expect(page.get_by_text("No trace has come in yet")).to_be_visible()
    await expect(page.locator("pre")).to_contain_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={look.url}")


async def test_a_trace_is_a_line_with_what_matters(look: Any, hold: Hold, failed_order: list[Span]) -> None:
    hold(*failed_order)
    row = (await look.at("/")).locator("#traces tr")
    for text in ("POST /v1/orders", "503 · 4 errors", "gateway", "order", "user", "acme", "7", "42.12 ms"):
        await expect(row.get_by_text(text, exact=True)).to_be_visible()


async def test_a_trace_opens_by_a_click_anywhere_in_its_line(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at("/")
    await page.locator("#traces td.tenants").click()
    await page.wait_for_url(f"**/trace/{order_trace[0].trace_id}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", "payment"),
        ("route", "/v1/payments"),
        ("status", "error"),
        ("status", "5xx"),
        ("status", "503"),
        ("tenant", "globex"),
        ("min", "100ms"),
        ("min", "0.1s"),
        ("min", "100"),
        ("q", "card declined"),
        ("q", "REQUEST 2"),
    ],
)
async def test_the_list_is_filtered_as_one_types_or_chooses(
    look: Any, hold: Hold, make_span: MakeSpan, field: str, value: str
) -> None:
    other = request(
        make_span,
        2,
        service="payment",
        duration=150,
        attributes={"http.route": "/v1/payments", "http.response.status_code": 503, "tenant.id": "globex"},
        status=Status.ERROR,
        status_message="card declined",
    )
    hold(request(make_span, 1), other, request(make_span, 3))
    page = await look.at("/")
    assert await names(page) == ["request 3", "request 2", "request 1"]
    control = page.locator(f"#filters [name={field}]")
    if await control.evaluate("element => element.tagName") == "SELECT":
        await control.select_option(value)
    else:
        await control.fill(value)
    await expect(page.locator(NAMES)).to_have_text(["request 2"])
    assert f"{field}=" in page.url
    await page.reload()
    assert await names(page) == ["request 2"], "the address says it all"
    await page.get_by_text("Clear the filters").click()
    await expect(page.locator(NAMES)).to_have_count(3)


async def test_a_duration_that_is_none_is_said_to_be_none(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(request(make_span, 1))
    page = await look.at("/?min=fast")
    await expect(page.get_by_role("alert")).to_have_text("duration 'fast': expected one such as 100ms, 1.5s or 250us")


async def test_a_pasted_trace_id_opens_its_trace(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at("/")
    await page.locator("[name=q]").fill(order_trace[0].trace_id.upper())
    await page.wait_for_url(f"**/trace/{order_trace[0].trace_id}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("POST /v1/orders")


async def test_new_traces_come_by_themselves(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(request(make_span, 1))
    page = await look.at("/")
    await expect(page.locator("#live")).to_have_text("live")
    hold(request(make_span, 2))
    await expect(page.locator(NAMES)).to_have_text(["request 2", "request 1"])
    await expect(page.locator("#summary")).to_contain_text("2 traces held")


async def test_a_trace_that_grows_changes_in_its_place(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(request(make_span, 1), request(make_span, 2))
    page = await look.at("/")
    hold(make_span(1, 2, 1, service="late", start=1))
    await expect(page.locator("#traces tr").nth(1)).to_contain_text("late")
    assert await names(page) == ["request 2", "request 1"]


async def test_only_what_matches_comes_in(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(request(make_span, 1, service="payment"))
    page = await look.at("/?service=payment")
    hold(request(make_span, 2, service="order"), request(make_span, 3, service="payment"))
    await expect(page.locator(NAMES)).to_have_text(["request 3", "request 1"])


async def test_what_is_being_read_keeps_its_place_while_new_ones_come(
    look: Any, hold: Hold, make_span: MakeSpan
) -> None:
    hold(*(request(make_span, number) for number in range(1, 81)))
    page = await look.at("/")
    read = page.get_by_text("request 20", exact=True)
    await read.scroll_into_view_if_needed()
    before = await read.bounding_box()
    hold(*(request(make_span, number) for number in range(81, 84)))
    fresh = page.locator("#fresh")
    await expect(fresh).to_have_text("3 new")
    assert await read.bounding_box() == before
    await fresh.click()
    await expect(page.locator(NAMES).first).to_have_text("request 83")
    await expect(page.locator(NAMES).first).to_be_focused()
    await expect(page.locator(NAMES).first).to_be_in_viewport()


async def test_a_chosen_line_keeps_its_place_too(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(*(request(make_span, number) for number in range(1, 5)))
    page = await look.at("/")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    hold(request(make_span, 5))
    await expect(page.locator("#fresh")).to_have_text("1 new")
    await expect(page.get_by_text("request 3", exact=True)).to_be_focused()
    await page.keyboard.press(".")
    await expect(page.get_by_text("request 5", exact=True)).to_be_focused()


async def test_ten_thousand_traces_are_a_list_like_any_other(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(*(request(make_span, number) for number in range(1, 10_001)))
    page = await look.at("/")
    await expect(page.locator("#summary")).to_contain_text("10000 traces held")
    await expect(page.locator(NAMES)).to_have_count(100)
    assert await look.soonest_paint(page) < 1_000, "milliseconds"
    await page.locator("#older").click()
    await expect(page.locator(NAMES)).to_have_count(200)
    assert (await names(page))[-1] == "request 9801"
    await page.locator("[name=q]").fill("request 1234")
    await expect(page.locator(NAMES)).to_have_text(["request 1234"])


async def test_the_keyboard_is_enough(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    ok, bad = (request(make_span, number) for number in (1, 2))
    hold(ok, replace(bad, status=Status.ERROR), request(make_span, 3))
    page = await look.at("/")
    press, focused = page.keyboard.press, page.locator(":focus")
    for key, name in [("j", "3"), ("j", "2"), ("ArrowDown", "1"), ("j", "1"), ("k", "2"), ("g", "3"), ("G", "1")]:
        await press(key)
        await expect(focused).to_have_text(f"request {name}")
    await press("e")
    await expect(focused).to_have_text("request 2")
    await press("/")
    await expect(page.locator("[name=q]")).to_be_focused()
    await page.keyboard.type("j1")
    await expect(page.locator(NAMES)).to_have_count(0)
    await press("Control+a")
    await press("Delete")
    await expect(page.locator(NAMES)).to_have_count(3)
    await press("Escape")
    await press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await press("j")
    await press("Enter")
    await page.wait_for_url("**/trace/*")
    await press("3")
    await page.wait_for_url("**/logs")


async def test_when_the_console_goes_the_page_says_so(look: Any, hold: Hold, make_span: MakeSpan, stores: Any) -> None:
    hold(request(make_span, 1))
    page = await look.at("/")
    await expect(page.locator("#live")).to_have_text("live")
    await page.context.set_offline(offline=True)
    stores.close()
    await expect(page.locator("#live")).to_have_text("no connection")
    look.complaints.clear()
