"""The rugs in a browser: by keyboard, filtered, narrow, and by the rules of WCAG."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from exports import pictures
from exports.files import as_bytes
from exports.rug import rug_content
from ingestion.periods import Quarter

Q2 = Quarter(2025, 2)
A3_LANDSCAPE = 420 / 25.4 * 96  # CSS pixels


@pytest.fixture(scope="module")
def chromium() -> str:
    """Where the browser is; absent, a test is skipped, but never in CI."""
    path = pictures.browser()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(pictures.NO_BROWSER)
        pytest.skip(pictures.NO_BROWSER)
    return path


@pytest.fixture(scope="module")
def folder(marts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dest = tmp_path_factory.mktemp("rug")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "browser", lambda: None)  # paper has its own tests
        files = rug_content(marts, Q2).files
    for name, content in files.items():
        (dest / name).write_bytes(as_bytes(content))
    return dest


@pytest.fixture(scope="module")
def running(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(running: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """A page of the folder, opened; a script's error or a refusal by the CSP fails the test."""
    faults: list[str] = []

    def open_page(name: str, **options: object) -> Page:
        page = running.new_page(**options)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text))
        page.goto((folder / name).as_uri())
        return page

    yield open_page
    assert faults == []


def codes(page: Page, section: str = "returns") -> list[str]:
    """The authorities as they stand, those that are seen."""
    heads = page.locator(f"#{section} tr.codes th:visible a")
    return [text[:3] for text in heads.all_text_contents()]


def values(page: Page, label: str) -> list[float]:
    """The numbers of a row of returns in the order of their columns; symbols are left out."""
    return page.evaluate(
        """(label) => {
          const rows = [...document.querySelectorAll('#returns tbody tr:not(.theme)')];
          const row = rows.find((tr) => tr.cells[0].textContent.trim() === label);
          return [...row.cells].slice(-33).map((td) => parseFloat(td.firstChild.nodeValue))
            .filter((n) => !isNaN(n));
        }""",
        label,
    )


def test_by_keyboard_authorities_are_ordered_by_an_indicator(
    opened: Callable[..., Page],
) -> None:
    page = opened("index.html")
    before, was = codes(page), values(page, "Referrals")
    button = page.locator("#returns").get_by_role("button", name="Referrals", exact=True)
    head = button.locator("..")
    button.focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert values(page, "Referrals") == sorted(was, reverse=True)
    # Who sent nothing comes last, and the heads move with their columns.
    assert codes(page)[-1] == "BEX"
    assert sorted(codes(page)) == sorted(before)
    assert "ordered by Referrals, highest first" in page.inner_text("#shown")
    assert not page.locator("#returns tr.subs th", has_text="East").is_visible()
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "ascending"
    assert values(page, "Referrals") == sorted(was)
    assert codes(page)[-1] == "BEX"
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert (codes(page), values(page, "Referrals")) == (before, was)


def test_a_value_stays_under_its_authority_when_columns_move(opened: Callable[..., Page]) -> None:
    page = opened("index.html")
    cell_of_camden = """() => {
      const codes = [...document.querySelectorAll('#returns tr.codes th')];
      const at = codes.findIndex((th) => th.textContent.startsWith('CAM'));
      const rows = [...document.querySelectorAll('#returns tbody tr:not(.theme)')];
      return rows.map((tr) => [...tr.cells].slice(-33)[at].textContent);
    }"""
    before = page.evaluate(cell_of_camden)
    page.locator("#returns").get_by_role("button", name="Referrals", exact=True).click()
    assert codes(page).index("CAM") != 9
    assert page.evaluate(cell_of_camden) == before


def test_filters_hide_what_they_say(opened: Callable[..., Page]) -> None:
    page = opened("index.html")
    page.get_by_label("Authorities", exact=True).select_option("East")
    assert codes(page) == ["BAD", "CIT", "HAC", "HAV", "NEW", "RED", "TOW", "WAL"]
    page.get_by_label("Theme", exact=True).select_option("Workforce")
    names = page.locator("#returns tbody th[scope=row]:visible").all_text_contents()
    assert [name.strip() for name in names] == ["SW Establishment", "SW Agency Rate"]
    cells = page.locator("#returns tbody tr:visible td:not(.meta):not(.avg):visible")
    assert cells.count() == 2 * 8
    assert "2 of 8 indicators, 8 of 33 authorities" in page.inner_text("#shown")
    page.get_by_role("button", name="Show all again").click()
    assert len(codes(page)) == 33
    assert "8 of 8 indicators, 33 of 33 authorities" in page.inner_text("#shown")
    page.get_by_label("Values", exact=True).select_option("strong")
    cells = page.locator("#returns tbody tr:visible td:not(.meta):not(.avg):visible")
    assert cells.count() > 0
    assert all("strong evidence" in text for text in cells.all_text_contents())


def test_indicators_by_name(opened: Callable[..., Page]) -> None:
    page = opened("index.html")
    page.get_by_label("Indicators", exact=True).select_option("name")
    names = page.locator("#returns tbody th[scope=row]:visible").all_text_contents()
    assert [name.strip() for name in names] == sorted(map(str.strip, names), key=str.casefold)
    assert page.locator("#returns tr.theme:visible").count() == 0


def test_pointing_at_a_cell_says_it_in_words(opened: Callable[..., Page]) -> None:
    page = opened("index.html")
    cell = page.locator("#returns tbody td", has_text="Confidential")
    cell.hover()
    assert cell.get_attribute("title") == "City of London, CLA: c; Confidential"


def test_without_script_the_whole_table_is_there(opened: Callable[..., Page]) -> None:
    page = opened("index.html", java_script_enabled=False)
    assert len(codes(page)) == 33
    assert page.locator("#returns tbody th[scope=row]:visible").count() == 8
    assert not page.locator("#tools").is_visible()


@pytest.mark.parametrize("name", ["index.html", "annual.html", "CAM.html"])
def test_nothing_stands_in_the_way_of_assistive_technology(
    opened: Callable[..., Page], name: str
) -> None:
    found = Axe().run(opened(name)).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("name", ["index.html", "annual.html", "CAM.html"])
def test_at_400_percent_only_the_tables_scroll(opened: Callable[..., Page], name: str) -> None:
    page = opened(name, viewport={"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_column_is_cut_on_paper(opened: Callable[..., Page]) -> None:
    margins = 16 / 25.4 * 96
    page = opened("index.html", viewport={"width": int(A3_LANDSCAPE - margins), "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A3_LANDSCAPE - margins
    assert not page.locator("#tools").is_visible()
