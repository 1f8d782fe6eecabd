"""What changed, as it is read and used by the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import expect

from console.model import Span

BrokenOrders = Callable[[], list[list[Span]]]
SAID = "order INSERT orders fails: 42P01"


@pytest.fixture
def orders(hold: Callable[..., None], broken_orders: BrokenOrders) -> list[list[Span]]:
    traces = broken_orders()
    for spans in traces:
        hold(*spans)
    return traces


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")], ids=["wide", "narrow"])
async def test_axe_finds_nothing_in_what_changed(look: Any, width: int, scheme: str) -> None:
    page = await look.at("/why?window=1m", viewport={"width": width, "height": 800}, color_scheme=scheme)
    await expect(page.get_by_role("link", name=SAID)).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_the_keyboard_leads_from_what_changed_to_a_trace(look: Any, orders: list[list[Span]]) -> None:
    page = await look.at("/why?window=1m")
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name=SAID)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/trace/{orders[-1][0].trace_id}")
    await expect(page.get_by_role("treeitem").filter(has_text="INSERT orders")).to_be_visible()


@pytest.mark.usefixtures("orders")
async def test_a_trace_is_compared_with_one_before(look: Any) -> None:
    page = await look.at("/why?window=1m")
    await page.get_by_role("link", name="with one before").click()
    await page.wait_for_url("**/compare?a=*&b=*")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.usefixtures("orders")
async def test_the_window_is_chosen_and_the_page_is_reached_from_every_other(look: Any) -> None:
    page = await look.at("/")
    await page.get_by_role("link", name="What changed").click()
    await page.wait_for_url("**/why")
    await page.get_by_role("link", name="1m", exact=True).click()
    await page.wait_for_url("**/why?window=1m")
    await expect(page.get_by_role("link", name=SAID)).to_be_visible()
