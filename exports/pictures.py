"""Pictures of figures and of pages, drawn by the machine's Chromium without network.

Knows how to ask a browser; what is in a picture is its product's business. A machine without a
Chromium makes no pictures: products say so in `Content.left_out` and are written all the same.
"""

import asyncio
import base64
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

# What speaks to the browser is imported where it is asked: on import it reads the options of
# whatever command is running, and takes `liia releases --log` for its own.
if TYPE_CHECKING:
    from choreographer import Browser, Tab

NO_BROWSER = (
    "pictures and PDF: no Chromium was found. Install one (Debian: apt install chromium) or name "
    "it in BROWSER_PATH, and run the quarter again"
)
_MOST_SECONDS = 120
_PDF_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]*\)")


class NoBrowser(Exception):
    """There is no Chromium on this machine; the message says what was left out and what to do."""


@dataclass(frozen=True)
class Printed:
    """A page on paper and as one picture of its full height."""

    pdf: bytes
    png: bytes


def browser() -> str | None:
    """The Chromium that draws, by BROWSER_PATH or where systems keep it; None if there is none."""
    from choreographer.browsers.chromium import Chromium

    found = Chromium.find_browser(skip_local=True)
    return str(found) if found else None


def pictures(figures: Sequence[dict[str, Any]], scale: float = 2) -> list[bytes]:
    """Each plotly figure (its JSON form, with width and height in pixels) as a PNG.

    All in one sitting of the browser, because starting it costs more than a picture. NoBrowser.
    """
    if browser() is None:
        raise NoBrowser(NO_BROWSER)
    return asyncio.run(_drawn(figures, scale)) if figures else []


async def _drawn(figures: Sequence[dict[str, Any]], scale: float) -> list[bytes]:
    from kaleido import Kaleido, PageGenerator

    # Plotly's script comes with the package; no mathematics is typeset, so nothing is fetched.
    generator = PageGenerator(mathjax=False)
    async with Kaleido(n=2, timeout=_MOST_SECONDS, page_generator=generator) as kaleido:
        options = {"format": "png", "scale": scale}
        return await asyncio.gather(*(kaleido.calc_fig(one, opts=options) for one in figures))


def printed(pages: Sequence[str], width: int, tagged: bool = True) -> list[Printed]:
    """Each page (HTML that needs no other file) as PDF by its own @page rules, and as a PNG.

    width: of the window in pixels; the height is the page's. Same page, same bytes. NoBrowser.
    tagged: for screen readers; of a table of thousands of cells the tags are most of the file.
    """
    if browser() is None:
        raise NoBrowser(NO_BROWSER)
    return asyncio.run(_printed(pages, width, tagged)) if pages else []


async def _printed(pages: Sequence[str], width: int, tagged: bool) -> list[Printed]:
    from choreographer import Browser

    with tempfile.TemporaryDirectory() as folder:
        async with Browser(headless=True) as chromium:
            done = []
            for number, page in enumerate(pages):
                path = Path(folder) / f"{number}.html"
                path.write_text(page, encoding="utf-8")
                done.append(await _one(chromium, path, width, tagged))
            return done


async def _one(chromium: "Browser", path: Path, width: int, tagged: bool) -> Printed:
    tab = await chromium.create_tab()
    try:
        screen = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        await _asked(tab, "Emulation.setDeviceMetricsOverride", screen)
        await _asked(tab, "Page.enable")
        loaded = tab.subscribe_once("Page.loadEventFired")
        await _asked(tab, "Page.navigate", {"url": path.as_uri()})
        await asyncio.wait_for(loaded, _MOST_SECONDS)
        size = (await _asked(tab, "Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1}
        wanted = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        png = await _asked(tab, "Page.captureScreenshot", wanted)
        paper = {
            "printBackground": True,
            "preferCSSPageSize": True,
            "generateTaggedPDF": tagged,
        }
        pdf = await _asked(tab, "Page.printToPDF", paper)
    finally:
        await chromium.close_tab(tab.target_id)
    return Printed(_timeless(_bytes(pdf)), _bytes(png))


async def _asked(tab: "Tab", command: str, parameters: dict[str, Any] | None = None) -> dict:
    answer = await asyncio.wait_for(tab.send_command(command, params=parameters), _MOST_SECONDS)
    if "error" in answer:
        raise RuntimeError(f"Chromium refused {command}: {answer['error'].get('message')}")
    return answer["result"]


def _bytes(answer: dict) -> bytes:
    return base64.b64decode(answer["data"])


def _timeless(pdf: bytes) -> bytes:
    """Without the moment of printing, which would make every run's file another. Same length."""
    return _PDF_DATE.sub(lambda found: re.sub(rb"\d", b"0", found[0]), pdf)
