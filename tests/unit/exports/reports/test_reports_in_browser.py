"""The reports as a browser shows them: charts drawn when seen, all on paper, and no barrier."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader

from exports.pictures import NO_BROWSER, browser
from exports.reports.content import reports_content
from ingestion.periods import Quarter

pytestmark = pytest.mark.skipif(
    browser() is None and os.environ.get("CI") != "true", reason=NO_BROWSER
)


@pytest.fixture(scope="module")
def folder(marts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    for name, text in reports_content(marts, Quarter(2025, 2)).files.items():
        if name in ("CAM.html", "BEX.html", "plotly.min.js"):
            (place / name).write_text(str(text), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    with sync_playwright() as drivers:
        chromium = drivers.chromium.launch(executable_path=browser())
        yield chromium.new_page(viewport={"width": 1280, "height": 900})
        chromium.close()


def drawn(window: Page) -> int:
    return window.locator(".plot .main-svg:first-child").count()


def test_charts_are_drawn_when_seen_and_all_of_them_on_paper(window: Page, folder: Path) -> None:
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    window.goto((folder / "CAM.html").as_uri())
    charts = window.locator(".plot").count()
    assert charts >= 6
    window.wait_for_timeout(300)
    assert drawn(window) < charts
    window.locator("#repeat_referrals_pct").scroll_into_view_if_needed()
    window.locator("#repeat_referrals_pct .main-svg").first.wait_for()
    hover = window.locator("#repeat_referrals_pct .strip .plot").evaluate(
        "plot => plot.data.flatMap(trace => trace.text || [])"
    )
    assert "Hackney" in hover
    paper = PdfReader(io.BytesIO(window.pdf(prefer_css_page_size=True)))
    assert drawn(window) < charts  # after printing they are drawn anew, when seen
    first, *others = (sheet.extract_text() for sheet in paper.pages)
    assert "Unusual" in first
    assert "highest value first" in first  # the summary is on the first sheet, whole
    assert "Position in London" in others[0]
    assert all("LIIA internal: limited use (MoU 2.1)" in text for text in (first, *others))
    assert "Over time" not in first
    assert errors == []


def test_nothing_is_wider_than_the_paper(window: Page, folder: Path) -> None:
    window.goto((folder / "CAM.html").as_uri())
    window.emulate_media(media="print")
    window.set_viewport_size({"width": 688, "height": 900})
    assert window.evaluate("document.documentElement.scrollWidth") <= 688
    window.emulate_media(media="screen")
    window.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("short", ["CAM", "BEX"])
@pytest.mark.parametrize("width", [1280, 380])
def test_no_barrier_is_found(window: Page, folder: Path, short: str, width: int) -> None:
    window.set_viewport_size({"width": width, "height": 900})
    window.goto((folder / f"{short}.html").as_uri())
    window.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    found = Axe().run(window)
    assert found.violations_count == 0, found.generate_report()
    wide = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth)"
    too_wide = window.locator("main > section :not(.wide *, .plot *)").evaluate_all(
        wide + ".map(one => one.outerHTML.slice(0, 80))"
    )
    assert too_wide == []
    assert window.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_page_tells_everything(window: Page, folder: Path) -> None:
    chromium = window.context.browser
    assert chromium is not None
    plain = chromium.new_context(java_script_enabled=False).new_page()
    plain.goto((folder / "CAM.html").as_uri())
    assert plain.locator(".chart").first.is_hidden()
    assert plain.locator("#contacts .figure").is_visible()
    plain.locator("#contacts summary").click()
    assert plain.locator("#contacts details table").first.is_visible()
