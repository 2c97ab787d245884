"""`make bench`, third part: everything that people read of a quarter, made and opened.

Wanted on two cores: all products of a demo quarter in 90 seconds together, and each page's first
paint within a second of being asked for. As in `bench` nothing passes or fails: the yardsticks are
a plain read of the same marts, and an empty page, in the same run.
"""

import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb
from playwright.sync_api import Browser
from rich.console import Console
from rich.table import Table

from exports.catalogue import PRODUCTS
from exports.pictures import browser
from exports.release.writing import Places, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.sample import write_landing_zone
from tests.bench import seconds
from tests.browser import chromium
from tests.conftest import liia_run

QUARTER = Quarter(2025, 2)
_EMPTY = "<!DOCTYPE html><title>empty</title><p>.</p>"
_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
  const first = list.getEntriesByName('first-contentful-paint')[0];
  if (first) done(first.startTime);
}).observe({type: 'paint', buffered: true}))"""


def main(console: Console) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        write_landing_zone(home / "landing")
        run = liia_run(QUARTER.slug, home / "landing", home)
        if run.code:
            console.print(run.output, markup=False)
            return
        # A home of its own for what is given: the run's own outputs stay as they are.
        places = Places(home / "marts", Path(folder) / "outputs", Path(folder) / "registers")
        read = seconds(lambda: _read(home / "marts"), clock=time.perf_counter)
        console.print(_products(places, read))
        if browser() is None:
            console.print("No Chromium on this machine: no page was opened.")
            return
        console.print(_pages(places.outputs / QUARTER.slug, Path(folder) / "empty.html"))


def _products(places: Places, read: float) -> Table:
    table = Table("Product", "s", "times a plain read", "files", "MiB", title="Made by the gate")
    took: dict[str, float] = {}
    for product in PRODUCTS:
        started = time.perf_counter()
        made = release(product, QUARTER, places, "bench", datetime.now(LONDON))
        took[product] = time.perf_counter() - started
        files = made.files if made else ()
        size = sum(path.stat().st_size for path in files) / 2**20
        row = (f"{took[product]:.1f}", f"{took[product] / read:.0f}", str(len(files)))
        table.add_row(product, *row, f"{size:.1f}")
    table.add_row("all", f"{sum(took.values()):.1f}", f"{sum(took.values()) / read:.0f}", "", "")
    return table


def _read(marts: Path) -> None:
    with duckdb.connect() as connection:
        for path in sorted(marts.glob("*.parquet")):
            source = str(path).replace("'", "''")
            connection.execute(f"select max(columns(*)) from read_parquet('{source}')")  # noqa: S608


def _pages(outputs: Path, empty: Path) -> Table:
    """The first paint of each kind of page: pages by authority once, as Camden's."""
    empty.write_text(_EMPTY, encoding="utf-8")
    table = Table("Page", "kB", "first paint, ms", "times an empty one", title="Opened in Chromium")
    pages = [
        path
        for path in sorted(outputs.glob("*/*.html"))
        if not (path.stem.isupper() and len(path.stem) == 3) or path.stem == "CAM"
    ]
    with chromium() as started:
        bare = _first_paint(started, empty)
        for path in pages:
            paint = _first_paint(started, path)
            name = path.relative_to(outputs).as_posix()
            size = f"{path.stat().st_size / 1000:.0f}"
            table.add_row(name, size, f"{paint:.0f}", f"{paint / bare:.1f}")
    return table


def _first_paint(started: Browser, path: Path) -> float:
    """Milliseconds, the best of three."""
    best = float("inf")
    for _ in range(3):
        page = started.new_page(viewport={"width": 1366, "height": 900})
        page.goto(path.as_uri())
        best = min(best, page.evaluate(_PAINT))
        page.close()
    return best


if __name__ == "__main__":
    main(Console())
