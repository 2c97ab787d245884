"""`make bench`: every benchmark in one run, on the screen and as `docs/benchmarks.md`.

What is measured, and against which yardstick, stands in each part.
"""

import os
import platform
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

Written by `make bench` on {day}: {cores} cores, Python {python}, {system}. Seconds are this
machine's; the ratios to a yardstick measured in the same run are what to compare. Nothing here is a
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


def main() -> None:
    head = _HEAD.format(
        day=datetime.now(LONDON).date(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        system=platform.system(),
    )
    pieces = [head]
    for title, part in PARTS.items():
        console = Console(record=True, width=110)
        console.rule(title)
        part(console)
        text = console.export_text().partition("\n")[2].rstrip()
        pieces.append(f"## {title}\n\n```\n{text}\n```\n")
        # After each part: a long run that is cut short has written what it measured.
        PAGE.write_text("\n".join(pieces), encoding="utf-8")


if __name__ == "__main__":
    main()
