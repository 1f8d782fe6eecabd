"""``python -m stack.screenshots``: writes the pictures in docs/images, of a stack that runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console

from faults.catalogue import load
from stack.demo.demo import Demo
from stack.images import FOLDER, MADE_FROM, digest
from stack.ports import Ports

WITHOUT_CHROMIUM = "there is no Chromium: install Debian's package chromium, or name another in CHROMIUM"

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WIDTH, _HEIGHT, _SCALE = 1320, 760, 1.5
_COLOURS = 256
_WITHIN = 60_000  # milliseconds
_FAILURES = ("user-not-found", "n-plus-one", "slow-query", "missing-migration")


def main() -> int:
    """Write all pictures; 2 when there is no browser."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        sys.stderr.write(f"screenshots: {WITHOUT_CHROMIUM}\n")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, ExitStack() as running:
        demo = Demo(Path(folder), Ports.free(), Console(), faults=True)
        demo.run(running)
        browser = running.enter_context(_browser(program))
        _Photographer(browser, demo.console_url).all()
    MADE_FROM.write_text(digest() + "\n", encoding="ascii")
    return 0


@contextmanager
def _browser(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0  # Chromium's sandbox cannot be made by root
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=sandbox)
        yield browser
        browser.close()


class _Photographer:
    """Uses the pages as anybody would, and takes pictures on the way."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url

    def all(self) -> None:
        """Run scenarios, and take a picture of each page with what they left."""
        page = self._at("/scenarios")
        page.get_by_label("seconds", exact=True).fill("8")
        page.get_by_role("button", name="Start").click()
        for count, fault_id in enumerate(_FAILURES, 1):
            page.get_by_role("button", name=f"Run: {load().get(fault_id).title}", exact=True).click()
            expect(page.locator("#results tbody tr")).to_have_count(count, timeout=_WITHIN)
        expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=_WITHIN)
        expect(page.get_by_text("has not come yet")).to_have_count(0, timeout=_WITHIN)
        page.evaluate("scrollTo(0, 0)")
        self._take(page, "scenarios")
        self._take(self._at("/map"), "map")
        self._take(self._at("/"), "traces")
        for scheme in ("light", "dark"):
            self._trace(scheme)

    def _trace(self, scheme: Literal["light", "dark"]) -> None:
        """Take a picture of a trace that failed, with the span in which that began."""
        page = self._at("/?status=5xx", scheme)
        page.locator("#traces td.name a").last.click()
        page.locator("#causes a").first.click()
        expect(page.locator("#panel h2")).to_be_visible()
        page.locator("main h1").hover()
        self._take(page, f"trace-{scheme}")

    def _at(self, path: str, scheme: Literal["light", "dark"] = "light") -> Page:
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": _WIDTH, "height": _HEIGHT},
            device_scale_factor=_SCALE,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(path)
        expect(page.locator("#live")).to_have_text("live")
        return page

    @staticmethod
    def _take(page: Page, name: str) -> None:
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        path = FOLDER / f"{name}.png"
        picture.quantize(_COLOURS).save(path, optimize=True)
        sys.stdout.write(f"{path.name}: {path.stat().st_size // 1024} KiB\n")
        page.context.close()


if __name__ == "__main__":
    sys.exit(main())
