"""A real browser for tests: Debian's chromium, driven by Playwright; nothing is downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from exports.pictures import browser

needs_chromium = pytest.mark.skipif(
    browser() is None and os.environ.get("CI") != "true",
    reason="no Chromium on this machine (Debian: apt install chromium)",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; in CI a machine without one fails here."""
    path = browser()
    assert path, "no Chromium on this machine: .ci/run installs one"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path)
        yield started
        started.close()


class Seen:
    """A page that was opened, with everything it asked for and complained of."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.as_uri(), wait_until="load")

    def _said(self, message: object) -> None:
        if getattr(message, "type", "") in ("error", "warning"):
            self.complaints.append(getattr(message, "text", ""))

    def axe(self) -> list[str]:
        """What axe-core finds wrong, each with the first element it is about."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]

    def too_wide_on_paper(self, millimetres: int) -> float:
        """How many pixels of the page do not fit between the margins of paper this wide.

        Charts that were on the screen are drawn anew for paper, which takes them a moment.
        """
        self.page.emulate_media(media="print")
        self.page.set_viewport_size({"width": round(millimetres * 96 / 25.4), "height": 1000})
        self.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        try:
            self.page.wait_for_function(f"() => {over} <= 0", timeout=5_000)
        except TimeoutError:
            return self.page.evaluate(f"() => {over}")
        return 0
