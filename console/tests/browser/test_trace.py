from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Page, expect

from console.model import Link, Span

MakeSpan = Callable[..., Span]
Hold = Callable[..., None]
Log = Callable[..., None]
ROWS = "#spans .span:visible .what"


def address(spans: list[Span]) -> str:
    return f"/trace/{spans[0].trace_id}"


def row(page: Page, name: str) -> Any:
    return page.get_by_role("treeitem").filter(has_text=name)


async def test_a_trace_is_a_tree_of_its_spans(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at(address(order_trace))
    shown = await page.get_by_role("treeitem").evaluate_all(
        "rows => rows.map(row => row.ariaLevel + ' ' + row.querySelector('.service').textContent"
        " + ' ' + row.querySelector('.what').textContent)"
    )
    assert shown == [
        "1 gateway POST /v1/orders",
        "2 gateway OrderService/CreateOrder",
        "3 order OrderService/CreateOrder",
        "4 order UserService/GetUser",
        "5 user UserService/GetUser",
        "6 user SELECT users",
        "4 order INSERT orders",
    ]
    facts = page.locator("#title .facts")
    for text in ("42.12 ms", "7 spans", "3 services", "acme", order_trace[0].trace_id):
        await expect(facts).to_contain_text(text)


async def test_bars_lie_where_their_spans_do(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at(address(order_trace))
    boxes = [await page.locator("#spans .whole").nth(index).bounding_box() for index in (0, 6)]
    whole, insert = boxes
    assert (insert["x"] - whole["x"]) / whole["width"] == pytest.approx(24 / 42.12, abs=0.01)
    assert insert["width"] / whole["width"] == pytest.approx(9 / 42.12, abs=0.01)


async def test_it_says_what_the_end_waited_for(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at(address(order_trace))
    shares = page.locator("#shares li")
    await expect(shares).to_have_text(["order 24.00 ms 57 %", "user 10.00 ms 24 %", "gateway 8.12 ms 19 %"])
    await page.get_by_role("button", name="Critical").click()
    await expect(page.get_by_role("button", name="Critical")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".span.on-path")).to_have_count(7)


async def test_an_error_is_marked_where_it_began(look: Any, hold: Hold, failed_order: list[Span]) -> None:
    hold(*failed_order)
    page = await look.at(address(failed_order))
    await expect(page.locator("#causes")).to_have_text("order INSERT orders OperationalError: database is locked")
    await expect(page.locator(".span.failed")).to_have_count(4)
    await expect(page.locator(".span.origin .what")).to_have_text(["INSERT orders"])
    await row(page, "POST /v1/orders").click()
    await page.locator("#panel").get_by_role("link", name="order INSERT orders").click()
    await expect(page.locator("#panel h2")).to_have_text("INSERT orders")
    await expect(page.locator("#panel")).to_contain_text("The error began here.")
    await expect(row(page, "INSERT orders")).to_be_focused()


async def test_a_span_tells_everything(look: Any, hold: Hold, log: Log, failed_order: list[Span]) -> None:
    linked = replace(failed_order[6], links=(Link("ab" * 16, "cd" * 8),))
    hold(*failed_order[:6], linked)
    log(linked, "the order was not stored", severity=17)
    page = await look.at(address(failed_order))
    await row(page, "INSERT orders").click()
    panel = page.locator("#panel")
    for text in ("db.system.name", "sqlite", "tenant.id", "+24.00 ms", "9.00 ms", "the order was not stored", "ERROR"):
        await expect(panel.get_by_text(text, exact=False).first).to_be_visible()
    await expect(panel.locator(".stack")).to_contain_text('File "store.py", line 88, in add')
    await expect(panel.get_by_role("link", name="ab" * 16)).to_have_attribute(
        "href", f"/trace/{'ab' * 16}?span={'cd' * 8}"
    )
    await panel.get_by_text("Resource, scope and ids").click()
    await expect(panel.get_by_text(linked.span_id, exact=True)).to_be_visible()
    assert page.url.endswith(f"?span={linked.span_id}")
    await page.reload()
    await expect(panel.locator("h2")).to_have_text("INSERT orders")
    await panel.get_by_role("link", name="Close the span").click()
    await expect(panel).to_be_hidden()


async def test_gaps_are_explained(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at(f"{address(order_trace)}?span={order_trace[2].span_id}")
    await expect(page.locator("#panel .gap")).to_have_text(
        [
            "4.00 ms in no span, between UserService/GetUser and INSERT orders",
            "5.00 ms in no span, from the end of INSERT orders to the end of OrderService/CreateOrder",
        ]
    )
    await expect(row(page, "OrderService/CreateOrder").nth(1).locator(".gap")).to_have_count(2)


async def test_log_lines_stand_in_their_place(look: Any, hold: Hold, log: Log, order_trace: list[Span]) -> None:
    hold(*order_trace)
    log(order_trace[2], "the user is known", after=18)
    log(order_trace[2], "stored", after=30)
    page = await look.at(address(order_trace))
    texts = await page.locator("#spans .what, #spans .line .text").all_text_contents()
    assert texts[-3:] == ["the user is known", "INSERT orders", "stored"]
    await page.get_by_role("button", name="Logs").click()
    await expect(page.get_by_text("the user is known")).to_be_hidden()


async def test_spans_fold(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at(address(order_trace))
    await row(page, "UserService/GetUser").first.locator(".fold").click()
    await expect(page.locator(ROWS)).to_have_count(5)
    await page.get_by_role("button", name="Unfold all").click()
    await expect(page.locator(ROWS)).to_have_count(7)
    await page.get_by_role("button", name="Fold all", exact=True).click()
    await expect(page.locator(ROWS)).to_have_count(2)


async def test_a_span_is_found_by_its_text(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at(address(order_trace))
    await page.keyboard.press("/")
    await page.keyboard.type("getuser")
    await expect(page.locator(".found")).to_have_count(2)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.locator(".found").first).to_have_attribute("tabindex", "0")


async def test_the_keyboard_is_enough(look: Any, hold: Hold, failed_order: list[Span]) -> None:
    hold(*failed_order)
    page = await look.at(address(failed_order))
    press, focused, rows = page.keyboard.press, page.locator(":focus"), page.locator(ROWS)
    for key, name in [("j", "POST"), ("j", "Create"), ("k", "POST"), ("G", "INSERT"), ("g", "POST"), ("l", "Create")]:
        await press(key)
        await expect(focused).to_contain_text(name)
    await press("h")
    await expect(rows).to_have_count(2)
    await press("h")
    await expect(focused).to_contain_text("POST")
    for _ in range(3):
        await press("e")
    await expect(focused).to_contain_text("INSERT orders")
    await press("Enter")
    await expect(page.locator("#panel h2")).to_have_text("INSERT orders")
    await press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(focused).to_contain_text("INSERT orders")
    await press("ArrowLeft")
    await expect(focused).to_contain_text("CreateOrder")


@pytest.mark.parametrize(
    ("entry", "begins"),
    [
        ("As curl", "# a trace holds no credentials"),
        ("As a trace test", "from __future__ import annotations"),
        ("As OTLP JSON", '{"'),
        ("The trace id", f"{0xBAD:032x}"),
    ],
)
async def test_it_is_copied(look: Any, hold: Hold, failed_order: list[Span], entry: str, begins: str) -> None:
    hold(*failed_order)
    page = await look.at(address(failed_order))
    await page.locator(".menu summary").click()
    await page.get_by_role("link", name=entry).click()
    await expect(page.get_by_role("status")).to_contain_text("Copied")
    assert (await page.evaluate("navigator.clipboard.readText()")).startswith(begins)
    await expect(page.get_by_role("link", name=entry)).to_be_hidden()


async def test_late_spans_come_by_themselves_and_leave_folds_as_they_are(
    look: Any, hold: Hold, order_trace: list[Span]
) -> None:
    hold(*order_trace[:6])
    page = await look.at(address(order_trace))
    await row(page, "UserService/GetUser").first.locator(".fold").click()
    await expect(page.locator(ROWS)).to_have_count(4)
    hold(order_trace[6])
    await expect(row(page, "INSERT orders")).to_be_visible()
    await expect(page.locator(ROWS)).to_have_count(5)


async def test_a_trace_that_is_not_there_yet_shows_up(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    page = await look.at(address(order_trace))
    await expect(page.get_by_role("heading", level=1)).to_have_text("No such trace")
    hold(*order_trace)
    await expect(page.get_by_role("heading", level=1)).to_have_text("POST /v1/orders")
    look.complaints.clear()  # the browser's, about the answer 404


async def test_five_thousand_spans_are_shown_and_scrolled(look: Any, hold: Hold, make_span: MakeSpan) -> None:
    hold(
        make_span(span=1, name="root", duration=5_000),
        *(make_span(span=number, parent=1 + number // 8, start=number, duration=5) for number in range(2, 5_001)),
    )
    page = await look.at(f"/trace/{1:032x}")
    await expect(page.locator("#spans .span")).to_have_count(5_000)
    assert await look.soonest_paint(page) < 1_000, "milliseconds"
    frames = await page.evaluate(
        """async () => {
          const rendered = [];
          for (let frame = 0; frame < 30; frame++) {
            scrollBy(0, 2500);
            await new Promise(requestAnimationFrame);
            rendered.push(document.elementFromPoint(200, 400).closest("#spans") !== null);
          }
          return rendered;
        }"""
    )
    assert all(frames), "wherever one scrolls there are spans at once"
    assert await page.evaluate("document.querySelectorAll('.chunk').length") == 53
    await page.keyboard.press("g")
    await page.get_by_role("button", name="Fold all", exact=True).click()
    frames_waited = await page.evaluate(
        """async () => {
          let frames = 0;
          while (document.body.scrollHeight >= 2000 && frames < 600) {
            await new Promise(requestAnimationFrame);
            frames++;
          }
          return frames;
        }"""
    )
    assert frames_waited < 600, "what is folded takes no room"
