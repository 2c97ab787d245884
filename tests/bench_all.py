"""`make bench`: every benchmark, on the screen and as `docs/benchmarks.md`.

`python -m tests.bench_all "Reading files"` measures one part anew. What is measured, and against
which yardstick, stands in each part.
"""

import os
import platform
import sys
from datetime import datetime

from rich.console import Console

from ingestion.landing import LONDON
from orchestration.home import PROJECT
from tests import bench, bench_marts, bench_pages, bench_quarter

PAGE = PROJECT / "docs" / "benchmarks.md"
PARTS = {
    "A quarter, and one re-sent return": bench_quarter.main,
    "Reading files": bench.main,
    "Marts at the size of England": bench_marts.main,
    "Products and pages": bench_pages.main,
}
_HEAD = """\
# Benchmarks

Written by `make bench`. Seconds are the machine's that a part was measured on;
the ratios to a yardstick of the same part are what to compare. Nothing here is a
test: a timed test would fail on a busy machine.

| Wanted on two cores | |
|---|---|
| A demo quarter by `liia run`: 33 returns, 33 Annex A workbooks of 1,500 rows, all \
published files, every product | 120 s, less than 25 % of it orchestration |
| After one re-sent return, marts and DfE's CSV new | 25 s |
| All products of a quarter | 90 s |
| First paint of a page | 1 s |
| All marts of England (153 authorities, 40 quarters, three sources) | 20 s |
"""


_PART = "## {title}\n\nMeasured on {day}: {machine}.\n\n```\n{text}\n```\n"


def main(titles: list[str]) -> None:
    """Measure parts anew, all where none is named; the others stay as they were measured."""
    day = datetime.now(LONDON).date()
    python, system = platform.python_version(), platform.system()
    machine = f"{os.cpu_count()} cores, Python {python}, {system}"
    pieces = _measured()
    for title in titles or PARTS:
        console = Console(record=True, width=110)
        console.rule(title)
        PARTS[title](console)
        text = console.export_text().partition("\n")[2].rstrip()
        pieces[title] = _PART.format(title=title, day=day, machine=machine, text=text)
        # After each part: a long run that is cut short has written what it measured.
        known = [pieces[title] for title in PARTS if title in pieces]
        PAGE.write_text("\n".join([_HEAD, *known]), encoding="utf-8")


def _measured() -> dict[str, str]:
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    _, *parts = page.split("## ")
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


if __name__ == "__main__":
    main(sys.argv[1:])
