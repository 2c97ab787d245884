"""Invented Annex A workbooks: child-level lists that agree with the authority's own return.

The events of one authority are drawn once (`history.py`, from the parts beside it), over a history
long enough for every twelve-month look-back; each workbook is a cut of that history at its extract
date (`lists.py`), written in one of the layouts that authorities use (`workbook.py`).
"""

from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

import pandas as pd

from ingestion.periods import Quarter, add_working_days
from ingestion.sample.annex_a.history import draw_history
from ingestion.sample.annex_a.lists import cut
from ingestion.sample.annex_a.workbook import Layout, write_workbook
from ingestion.sample.figures import Figures, simulate
from ingestion.sample.files import LONDON, at_nine, describe, generator

EXTRACTS = 2  # workbooks are written for this many of the last quarters
# The authorities take turns.
LAYOUTS = (
    Layout("List_{}", template=True),
    Layout(template=True),
    Layout("List_{}", version="2019"),
    Layout(),
)


def write_annex_a(
    root: Path,
    figures: Figures,
    las: Sequence[str],
    quarters: list[Quarter],
    scale: float,
    seed: int,
) -> list[Path]:
    """Workbooks of the last quarters in `quarters`, with sidecars, under `root`.

    `scale` thins the events; below 1 the lists no longer add up to the returns.
    """
    paths = []
    for position, la in enumerate(las):
        history = draw_history(figures, la, quarters[-1], scale, seed)
        for quarter in quarters[-EXTRACTS:]:
            rng = generator(seed, "extract", la, quarter.slug)
            extract = add_working_days(quarter.end, int(rng.integers(2, 5)))
            arrival = add_working_days(extract, int(rng.integers(1, 6)))
            received = datetime.combine(arrival, time(int(rng.integers(9, 17)), 15, tzinfo=LONDON))
            path = root / quarter.slug / la / "annex_a_SYNTHETIC.xlsx"
            path.parent.mkdir(parents=True, exist_ok=True)
            layout = LAYOUTS[position % len(LAYOUTS)]
            write_workbook(path, cut(history, extract), layout, created=received)
            describe(
                path,
                received,
                la=la,
                quarter=quarter.slug,
                extract_date=extract.isoformat(),
                received_at=received.isoformat(),
            )
            paths.append(path)
    return paths


def bench_workbook(path: Path, rows: int = 15_120, seed: int = 1) -> Path:
    """One workbook of so many rows over all eleven lists, for measuring how fast they are read.

    Its lists are those of a mid-size borough in its proportions, every row drawn like any other;
    List 1 is cut to the row. Nothing else is written beside it.
    """
    quarter = Quarter(2025, 2)
    figures = simulate(quarter.shift(1), seed)
    by_size = figures.authorities.sort_values("population")["short_code"]
    la = by_size.iloc[len(by_size) // 2]
    extract = add_working_days(quarter.end, 2)
    received = at_nine(extract)

    def lists(scale: float) -> dict[str, pd.DataFrame]:
        return cut(draw_history(figures, la, quarter, scale, seed), extract)

    # A little more than asked for, so that there is something to cut.
    drawn = lists(1.03 * rows / sum(map(len, lists(1.0).values())))
    surplus = sum(map(len, drawn.values())) - rows
    drawn["annex_a_list_1"] = drawn["annex_a_list_1"].iloc[surplus:]
    write_workbook(path, drawn, Layout(), created=received)
    return path
