"""What is held, saved as a file from the page, and read again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from console.model import Span
from console.otlp.spans import StoredSpan
from console.stores import Stores

Hold = Callable[..., None]
Log = Callable[..., None]
Received = Callable[[list[Span]], list[StoredSpan]]
NAMES = "#traces td.name a"


async def save(page: Any, link: str, path: Path) -> None:
    async with page.expect_download() as saving:
        await page.get_by_role("link", name=link).click()
    await (await saving.value).save_as(path)


@pytest.fixture
def both(hold: Hold, log: Log, order_trace: list[Span], failed_order: list[Span]) -> str:
    """Hold an order and one that failed, which has a log record; give the id of the latter."""
    hold(*order_trace)
    hold(*failed_order)
    log(failed_order[6], "the order was not stored", severity=17)
    return failed_order[0].trace_id


async def test_what_is_exported_is_imported_again(look: Any, both: str, stores: Stores, tmp_path: Path) -> None:
    page = await look.at("/")
    await page.locator("[name=status]").select_option("error")
    await expect(page.locator(NAMES)).to_have_count(1)
    file = tmp_path / "failed.jsonl"
    await save(page, "Export", file)
    assert [list(json.loads(line)) for line in file.read_text().splitlines()] == [["resourceSpans"], ["resourceLogs"]]

    renamed = file.read_text().replace(both, "cd" * 16)
    file.write_text(renamed)
    await page.goto("/")
    await page.get_by_label("Import").set_input_files(file)
    await expect(page.get_by_role("status")).to_have_text("Imported 7 spans, 1 log records")
    await expect(page.locator(NAMES)).to_have_count(3)
    assert [record.body for record in stores.logs.of_trace("cd" * 16)] == ["the order was not stored"]


async def test_a_trace_is_saved_with_its_logs(look: Any, both: str, tmp_path: Path) -> None:
    page = await look.at(f"/trace/{both}")
    await page.locator(".menu summary").click()
    file = tmp_path / "trace.jsonl"
    await save(page, "Save as a file", file)
    assert [list(json.loads(line)) for line in file.read_text().splitlines()] == [["resourceSpans"], ["resourceLogs"]]


async def test_a_large_file_is_sent_in_parts(look: Any, stores: Stores, tmp_path: Path) -> None:
    spans = [{"traceId": "ab" * 16, "spanId": f"{number:016x}", "name": "x"} for number in range(1, 1_202)]
    file = tmp_path / "large.json"
    file.write_text(json.dumps({"result": {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}}, indent=2))
    page = await look.at("/")
    await page.get_by_label("Import").set_input_files(file)
    await expect(page.get_by_role("status")).to_have_text("Imported 1201 spans")
    assert stores.traces.usage().spans == 1_201


async def test_a_file_of_something_else_is_named(look: Any, stores: Stores, tmp_path: Path) -> None:
    page = await look.at("/")
    said = page.get_by_role("status")
    for content, problem in (
        ("no json", "odd.json: expected OTLP's JSON, one document or one a line"),
        ("{}", "Imported nothing: there is nothing of OTLP in it"),
        ('{"resourceSpans": 7}', "odd.json: expected OTLP's JSON, one document or one a line"),
        ('{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "ab"}]}]}]}', "all 1 spans refused: trace id"),
    ):
        file = tmp_path / "odd.json"
        file.write_text(content)
        await page.get_by_label("Import").set_input_files(file)
        await expect(said).to_contain_text(problem)
    assert stores.traces.usage().spans == 0
    look.complaints.clear()  # the browser's, about the answer 400


async def test_the_keyboard_is_enough(look: Any) -> None:
    page = await look.at("/")
    field = page.get_by_label("Import")
    await field.focus()
    outline = await field.locator("..").evaluate("label => getComputedStyle(label).outlineStyle")
    assert outline == "solid"
    opened = asyncio.Event()
    page.on("filechooser", lambda _chooser: opened.set())
    while not opened.is_set():  # Chromium loses what comes before it has seen that its page is looked at
        await page.keyboard.press("Space")
        with suppress(TimeoutError):
            await asyncio.wait_for(opened.wait(), 1)
