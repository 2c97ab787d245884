"""Each authority's own rug over time: its last eight quarters of returns, its last five years.

Chooses periods and lays out; a figure, and the fifth it lay in at that time, are the mart's. ChAT
is not here: it has no series to set beside these two.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from exports.figures import POLARITIES, UNITS, london_text
from exports.marts import current_set
from exports.pages import page
from exports.rug_cells import Cell, cells_of, printed, symbols_of
from exports.rug_table import row_order
from ingestion.periods import Quarter

QUARTERS, YEARS = 8, 5
_MONTHS = {3: "year to March", 9: "year to September", 12: "calendar year"}
_ONE = ["indicator_code", "column"]
_SHARED = ["label", "name", "theme", "unit", "polarity", "decimals", "multiplier"]
_HEAD = ["row", "theme", "label", "name", "unit_shown", "polarity", "timing", "london", "newest"]


@dataclass(frozen=True)
class Line:
    """One indicator over the columns' periods. london: its text, and of which period it is."""

    label: str
    name: str
    unit: tuple[str, str]
    polarity: tuple[str, str]
    timing: str
    cells: list[Cell]
    london: tuple[str, str]


@dataclass(frozen=True)
class Series:
    """One source of one authority: the columns' headings, and its lines by theme."""

    id: str
    title: str
    intro: str
    absent: str
    columns: list[str]
    themes: list[tuple[str, list[Line]]]


def history_pages(
    rows: pd.DataFrame, las: pd.DataFrame, quarter: Quarter, shared: dict[str, Any]
) -> dict[str, str]:
    """`CAM.html` and so on, one for each authority. shared: what every page of the rug says."""
    returns, columns = _returned(rows, quarter)
    years, ends = _published(rows)
    series = [
        ("returns", _laid_out(returns, las, columns, quarter, "not_returned"), columns),
        ("published", _laid_out(years, las, ends, quarter, "x"), ends),
    ]
    pages = {}
    for la in las.to_dict("records"):
        parts = [_series(name, cells, la["new_la_code"], shown) for name, cells, shown in series]
        statuses = [
            cells.loc[cells["new_la_code"] == la["new_la_code"], "value_status"]
            for _, cells, _ in series
            if not cells.empty
        ]
        symbols = symbols_of(pd.concat(statuses)) if statuses else []
        pages[f"{la['short_code']}.html"] = page(
            "rug_authority.html.j2", **shared, la=la, series=parts, symbols=symbols
        )
    return pages


def _returned(rows: pd.DataFrame, quarter: Quarter) -> tuple[pd.DataFrame, list[str]]:
    """The last quarters for which anybody's return is there, oldest first."""
    returns = rows[(rows["source"] == "return") & rows["period_type"].isin(["quarter", "snapshot"])]
    ends = returns.drop_duplicates("period_label").sort_values("period_end")
    columns = ends["period_label"].tolist()[-QUARTERS:]
    of_these = returns[returns["period_label"].isin(columns)]
    flow = of_these["period_type"] == "quarter"
    timing = pd.Series(np.where(flow, "in the quarter", "on its last day"), of_these.index)
    return of_these.assign(column=of_these["period_label"], timing=timing), columns


def _published(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The last years in which any published year ended; a line says in which month its own do."""
    published = rows[rows["source"] == "published"]
    ends = pd.to_datetime(published["period_end"])
    column = ends.dt.year.astype(str)
    columns = sorted(set(column))[-YEARS:]
    timing = ends.dt.month.map(_MONTHS).fillna("year to " + ends.dt.strftime("%B"))
    return published.assign(column=column, timing=timing)[column.isin(columns)], columns


def _laid_out(
    rows: pd.DataFrame, las: pd.DataFrame, columns: list[str], quarter: Quarter, absent: str
) -> pd.DataFrame:
    """Every authority, indicator and column, with what its cell shows. absent: without a row."""
    if rows.empty:
        return rows
    rows = rows.sort_values("period_end")
    newest = rows.drop_duplicates("indicator_code", keep="last")
    order = row_order(rows, current_set(quarter), ["indicator_code"])
    heads = order.merge(
        newest[["indicator_code", *_SHARED, "display_unit", "timing", "column"]].rename(
            columns={"column": "newest", "display_unit": "unit_shown"}
        ),
        on="indicator_code",
    )
    heads = heads.merge(_london(newest), on="indicator_code")
    grid = heads.merge(pd.DataFrame({"column": columns, "at": range(len(columns))}), how="cross")
    grid = grid.merge(las[["new_la_code"]], how="cross")
    own = rows.drop(columns=[*_SHARED, "timing"])
    cells = grid.merge(own, on=[*_ONE, "new_la_code"], how="left", validate="one_to_one")
    # A count does not stand in a row of rates, nor a rate in a row of counts.
    other = cells["display_unit"].notna() & (cells["display_unit"] != cells["unit_shown"])
    cells.loc[other & (cells["value_status"] == "ok"), "value_status"] = "not_derivable"
    cells["display_value"] = cells["display_value"].mask(other)
    cells["display_unit"] = cells["unit_shown"]
    unpublished = cells["value_status"].isna() & (absent == "x")
    cells["value_status"] = cells["value_status"].fillna(absent)
    cells = printed(cells)
    cells["words"] = cells["words"].mask(unpublished, "Not published for this year")
    cells = cells.sort_values(["new_la_code", "row", "at"], ignore_index=True)
    return cells.assign(cell=pd.Series(cells_of(cells), cells.index))


def _london(newest: pd.DataFrame) -> pd.DataFrame:
    """London's figure of each indicator's newest period, as it prints."""
    text = london_text(newest)
    return newest[["indicator_code"]].assign(london=text.replace("", "–"))


def _series(name: str, cells: pd.DataFrame, la: str, columns: list[str]) -> Series:
    titles = {
        "returns": (
            "Quarterly returns",
            "What the authority returned. Rates are for the quarter alone and are not annualised.",
            "No quarterly return has been loaded.",
        ),
        "published": (
            "Published statistics",
            "By the calendar year in which the published year ends.",
            "No published statistics have been loaded.",
        ),
    }
    themes: dict[str, list[Line]] = {}
    own = cells[cells["new_la_code"] == la] if columns else cells
    in_row = own.groupby("row")["cell"].agg(list) if columns else pd.Series(dtype=object)
    heads = own[own["at"] == 0][_HEAD].to_dict("records") if columns else []
    for head in heads:
        themes.setdefault(head["theme"], []).append(
            Line(
                label=head["label"],
                name=head["name"],
                unit=UNITS.get(head["unit_shown"], (head["unit_shown"], head["unit_shown"])),
                polarity=POLARITIES[head["polarity"]],
                timing=head["timing"],
                cells=in_row[head["row"]],
                london=(head["london"], head["newest"]),
            )
        )
    return Series(name, *titles[name], columns, list(themes.items()))
