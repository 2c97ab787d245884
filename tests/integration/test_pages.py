"""Every kind of page of a whole run, in a real browser: who reads it finds it whole and usable."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser import Seen, chromium, needs_chromium
from tests.conftest import Run

# One page for each kind: of those that each authority has, one that returned, one that did not and
# the smallest.
_KIND = re.compile(r"^(?:[A-Z]{3}|cluster_[a-z_0-9]+)(?=[._])")
_CHOSEN = ("CAM", "HAV", "CIT", "cluster_north_central")
_MOST_BYTES = 300_000
_MARGINS = 20  # the narrowest margins of ours take this many millimetres off the paper


def outputs(run: Run) -> Path:
    return run.home / "outputs" / "2025-26-Q2"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def kinds(run: Run) -> list[Path]:
    pages = sorted(outputs(run).glob("*/*.html"))
    found = [path for path in pages if not (kind := _KIND.match(path.name)) or kind[0] in _CHOSEN]
    assert found
    return found


@needs_chromium
def test_nobody_is_kept_out_and_nothing_is_asked_of_anywhere_else(
    synthetic_run: Run, browser: Browser
) -> None:
    wrong = {}
    for path in kinds(synthetic_run):
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        seen = Seen(page, path)
        folder = path.parent.as_uri() + "/"
        outside = [url for url in seen.asked if not url.startswith((folder, "data:", "blob:"))]
        found = [*seen.axe(), *seen.complaints, *(f"asked for {url}" for url in outside)]
        if page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
            found.append("wider than the window")
        if found:
            wrong[path.relative_to(outputs(synthetic_run)).as_posix()] = found
        page.close()
    assert not wrong


@needs_chromium
def test_the_keyboard_reaches_everything_that_does_something(
    synthetic_run: Run, browser: Browser
) -> None:
    wrong = {}
    for path in kinds(synthetic_run):
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        Seen(page, path)
        unreached = page.evaluate(_UNREACHED)
        if unreached:
            wrong[path.name] = unreached[:5]
        page.close()
    assert not wrong


# What reacts to a click or scrolls must be reachable by Tab: native, or with a tabindex.
_UNREACHED = """() => {
  const shown = e => e.getClientRects().length > 0;
  const acts = [...document.querySelectorAll(
    'a,button,select,input,summary,[onclick],[role=button]')];
  const scrolls = [...document.querySelectorAll('div,section,table')].filter(e => {
    const s = getComputedStyle(e);
    return /(auto|scroll)/.test(s.overflowX + s.overflowY)
      && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
  });
  return [...acts, ...scrolls]
    .filter(e => shown(e) && !e.disabled && e.tabIndex < 0)
    .map(e => e.outerHTML.slice(0, 120));
}"""


@needs_chromium
def test_paper_cuts_no_column(synthetic_run: Run, browser: Browser) -> None:
    wrong = {}
    for path in kinds(synthetic_run):
        sizes = re.findall(r"@page\s*{\s*size:\s*(A[34])( landscape)?", path.read_text("utf-8"))
        assert sizes, f"{path.name} does not say on which paper it prints"
        paper, landscape = sizes[-1]  # the page's own rule comes after the shared one
        across = {"A4": (210, 297), "A3": (297, 420)}[paper][bool(landscape)]
        page = browser.new_page()
        over = Seen(page, path).too_wide_on_paper(across - _MARGINS)
        if over > 0:
            wrong[path.relative_to(outputs(synthetic_run)).as_posix()] = over
        page.close()
    assert not wrong


@needs_chromium
def test_every_chart_is_drawn_and_says_in_words_what_it_shows(
    synthetic_run: Run, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    seen = Seen(page, outputs(synthetic_run) / "reports" / "CAM.html")
    # On paper all charts are drawn, not only those in sight.
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.plot')].every(e => e.querySelector('svg'))"
    )
    charts = page.locator(".plot")
    words = charts.evaluate_all("all => all.map(e => e.ariaLabel || '')")
    assert len(words) > 40
    assert set(charts.evaluate_all("all => all.map(e => e.getAttribute('role'))")) == {"img"}
    assert all(len(text) > 20 for text in words)
    assert not seen.complaints
    page.close()


def test_pages_are_light(synthetic_run: Run) -> None:
    heavy = {
        path.relative_to(outputs(synthetic_run)).as_posix(): path.stat().st_size
        for path in outputs(synthetic_run).glob("*/*.html")
        if path.stat().st_size > _MOST_BYTES
    }
    assert not heavy


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [link for name in ("href", "src") if (link := given.get(name))]
        self.ids |= {given[name] or "" for name in ("id", "name") if name in given}


def test_every_link_leads_somewhere(synthetic_run: Run) -> None:
    read = {}
    for path in outputs(synthetic_run).glob("*/*.html"):
        read[path.resolve()] = links = _Links()
        links.feed(path.read_text("utf-8"))
    dead = []
    for path, links in read.items():
        for link in links.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = read.get(target)
            if not target.is_file() or (
                parts.fragment and known is not None and parts.fragment not in known.ids
            ):
                dead.append(f"{path.parent.name}/{path.name}: {link}")
    assert not dead, dead[:20]
