"""What holds for every page: it can be read by everybody, on every screen, and runs nothing that a sender wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import expect

from console.model import Event, Resource, Scope, Span, Status
from console.store.alerts import Alert
from console.stores import Stores

MakeSpan = Callable[..., Span]
Hold = Callable[..., None]
Log = Callable[..., None]
Now = Callable[[Span], Span]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
TRACE = f"/trace/{0xBAD:032x}"
PAGES = {
    "traces": "/",
    "nothing found": "/?q=nothing-like-this",
    "trace": TRACE,
    "span": f"{TRACE}?span={7:016x}",
    "compare": f"/compare?a={0x4BF92F3577B34DA6A3CE929D0E0E4736:032x}&b={0xBAD:032x}",
    "choose": f"/compare?a={0xBAD:032x}",
    "map": "/map?window=1h",
    "logs": "/logs",
    "metrics": "/metrics",
    "alerts": "/alerts",
    "too little to tell what changed": "/why",
}
CUT_OFF = """[...document.querySelectorAll("main :is(a.button, button, input, select, summary):not(.scroll *)")]
  .filter(control => control.checkVisibility() && control.getBoundingClientRect().right > innerWidth)
  .map(control => control.outerHTML)"""
HOSTILE = """</script><script>document.title="run"</script><img src=x onerror="document.title='run'">"'&{{ 7*7 }}"""


def alert(text: str, *, firing: bool = True) -> Alert:
    at = datetime.now(UTC)
    said = {"summary": text, "exemplar": f"http://127.0.0.1:16687/exemplar?q={text}", "traces": text, "runbook": text}
    return Alert(text, firing, {"alertname": text, "severity": "page"}, said, at, None if firing else at)


@pytest.fixture
def everything(  # noqa: PLR0913, PLR0917  fixtures
    hold: Hold, log: Log, order_trace: list[Span], failed_order: list[Span], now: Now, stores: Stores
) -> None:
    stores.alerts.add([alert("DependencyFailing"), alert("NoTraffic", firing=False)])
    for spans in (order_trace, failed_order):
        hold(*map(now, spans))
    log(failed_order[6], "the order was not stored", severity=17)
    log(failed_order[0], "POST /v1/orders 503", after=40, severity=13)


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "dark"), (NARROW, "light")], ids=["wide", "narrow"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
async def test_axe_finds_nothing_and_nothing_is_cut_off(
    look: Any, path: str, viewport: dict[str, int], scheme: str
) -> None:
    page = await look.at(path, viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert await page.evaluate(CUT_OFF) == []


@pytest.mark.usefixtures("everything")
async def test_the_help_passes_axe_too(look: Any) -> None:
    page = await look.at("/")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def test_it_is_as_light_or_dark_as_the_machine_until_switched(look: Any) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = await look.at("/", color_scheme="light")
    dark = await look.at("/", color_scheme="dark")
    assert await light.evaluate(background) != await dark.evaluate(background)
    await light.get_by_role("button", name="Light or dark").click()
    assert await light.evaluate(background) == await dark.evaluate(background)
    await light.goto("/logs")
    assert await light.evaluate(background) == await dark.evaluate(background), "it stays"
    await light.keyboard.press("t")
    assert await light.evaluate(background) != await dark.evaluate(background)


async def test_the_focus_can_be_seen(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    hold(*order_trace)
    page = await look.at("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to content")).to_be_in_viewport()
    await page.keyboard.press("j")
    style = await page.locator(":focus").evaluate("element => getComputedStyle(element).outlineStyle")
    assert style == "solid"


async def test_nothing_moves_for_those_who_ask_for_that(look: Any, hold: Hold, order_trace: list[Span]) -> None:
    page = await look.at("/", reduced_motion="reduce")
    hold(*order_trace)
    await expect(page.locator("#traces tr")).to_have_count(1)
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_without_the_script_the_pages_are_there_all_the_same(
    look: Any, hold: Hold, failed_order: list[Span]
) -> None:
    hold(*failed_order)
    page = await look.at("/", java_script_enabled=False)
    await page.locator("[name=status]").select_option("error")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("link", name="POST /v1/orders").click()
    await page.get_by_role("treeitem").filter(has_text="INSERT orders").click()
    await expect(page.locator("#panel")).to_contain_text("The error began here.")


async def test_what_a_sender_wrote_is_text_everywhere(  # noqa: PLR0913, PLR0917  fixtures
    look: Any, hold: Hold, log: Log, make_span: MakeSpan, now: Now, stores: Stores
) -> None:
    span = replace(
        make_span(name=HOSTILE, attributes={"tenant.id": HOSTILE, HOSTILE: HOSTILE, "http.route": HOSTILE}),
        resource=Resource(HOSTILE, {HOSTILE: HOSTILE}),
        scope=Scope(HOSTILE),
        status=Status.ERROR,
        status_message=HOSTILE,
        events=(Event(HOSTILE, 0, {HOSTILE: HOSTILE}), Event("exception", 0, {"exception.stacktrace": HOSTILE})),
    )
    span = now(span)
    other = replace(now(make_span(span=2, parent=1)), resource=Resource("other"))
    hold(span, other)
    log(span, HOSTILE)
    stores.alerts.add([alert(HOSTILE)])
    for path in ("/", "/alerts", f"/trace/{span.trace_id}?span={span.span_id}", "/map", "/logs", "/metrics", "/compare",
                 f"/compare?a={span.trace_id}&b={span.trace_id}"):  # fmt: skip
        page = await look.at(path)
        if path != "/metrics":
            await expect(page.locator("main")).to_contain_text("<img src=x onerror=")
        assert await page.title() != "run"
        assert await page.locator("main script, main img, main [onerror]").count() == 0
    await page.goto("/")
    hold(now(replace(span, trace_id="cd" * 16)))
    await expect(page.locator("#traces tr")).to_have_count(2)
    assert await page.locator("main script, main img").count() == 0
