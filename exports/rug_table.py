"""From `mart_tartan_rug` rows to the rows and columns of one section of the rug.

Decides the order of rows and what stands before the authorities in each. What a cell shows is
`rug_cells`' business; words around the table and the HTML are elsewhere.
"""

from dataclasses import dataclass, field

import pandas as pd

from exports.figures import POLARITIES, UNITS, london_text
from exports.rounding import fixed, half_up_double, plain
from exports.rug_cells import Cell, cells_of, printed
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

# Mart column, heading, what it is.
COMPARATORS = (
    ("england_value", "England", "England"),
    ("london_value", REGION.name, REGION.name),
    ("inner_value", "Inner", "Inner London"),
    ("outer_value", "Outer", "Outer London"),
)
# Where the count behind each of them stands, for a row that shows counts.
COUNTS = {
    "england_value": "england_count",
    "london_value": "london_numerator",
    "inner_value": "inner_count",
    "outer_value": "outer_count",
}


@dataclass(frozen=True)
class Row:
    """One indicator in one period."""

    label: str
    name: str
    unit: tuple[str, str]
    period: tuple[str, str]
    polarity: tuple[str, str]
    proxy: bool
    comparators: list[str]
    n: str
    cells: list[Cell]


@dataclass(frozen=True)
class Note:
    """An authority's comment on one of its figures."""

    number: int
    la_name: str
    label: str
    text: str


@dataclass
class Table:
    """One section's table; `frame` is what the summary counts from."""

    headings: list[tuple[str, str]]
    themes: list[tuple[str, list[Row]]]
    notes: list[Note] = field(default_factory=list)
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)


def authorities(areas: pd.DataFrame) -> pd.DataFrame:
    """The authorities in column order: by sub-region, then by name."""
    london = areas[areas["is_london"].fillna(False) & (areas["area_level"] == "local_authority")]
    return london.sort_values(["sub_region", "la_name"], ignore_index=True)


def build(rows: pd.DataFrame, las: pd.DataFrame, positions: pd.DataFrame, first_note: int) -> Table:
    """The table of the given mart rows: themes in registry order, the RIIA set first in each.

    Every authority gets a cell in every row; one without a mart row is not returned, or not
    available where the source is a publication.
    """
    order = row_order(rows, positions, ["indicator_code", "period_label"])
    grid = order.merge(las[["new_la_code", "la_name"]], how="cross")
    keys = ["indicator_code", "period_label", "new_la_code"]
    own = rows.drop(columns=["la_name"])
    cells = grid.merge(own, on=keys, how="left", validate="one_to_one")
    shared = ["label", "unit", "display_unit", "polarity", "decimals", "multiplier"]
    cells[shared] = cells.groupby("row")[shared].transform("first")
    absent = "x" if (rows["source"] == "published").any() else "not_returned"
    cells["value_status"] = cells["value_status"].fillna(absent)
    cells = printed(cells)
    has_note = cells["comment"].fillna("").str.strip() != ""
    cells["note"] = (has_note.cumsum() + first_note - 1).where(has_note)

    # Where every value of a row is a proxy, the mark stands once, at its label.
    all_proxy = cells["proxy"].where(cells["has_value"]).groupby(cells["row"]).min() == 1
    cells["proxy"] &= ~cells["row"].map(all_proxy)
    in_row = pd.Series(cells_of(cells), cells.index).groupby(cells["row"]).agg(list)

    heads = _heads(rows, order).assign(proxy=order["row"].map(all_proxy))
    shown = [c for c in COMPARATORS if heads[c[0]].ne("").any() or c[0] == "london_value"]
    built = [
        (head["theme"], _row(head, [c[0] for c in shown], in_row[head["row"]]))
        for head in heads.to_dict("records")
    ]
    themes: dict[str, list[Row]] = {}
    for theme, row in built:
        themes.setdefault(theme, []).append(row)
    return Table([c[1:] for c in shown], list(themes.items()), _notes(cells), cells)


def row_order(rows: pd.DataFrame, positions: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """One line for each printed row, told apart by the columns `by`, in reading order."""
    registry = seed("registry/indicators")[["indicator_code", "theme"]]
    rank = pd.Series(range(len(registry)), registry["indicator_code"])
    themes = registry.drop_duplicates("theme", ignore_index=True)["theme"]
    theme_rank = pd.Series(themes.index, themes)
    order = rows.drop_duplicates(by)[[*by, "theme"]].merge(
        positions, on="indicator_code", how="left"
    )
    # Rows outside the RIIA set have no position and so come last in their theme.
    order["theme_rank"] = order["theme"].map(theme_rank)
    order["rank"] = order["indicator_code"].map(rank)
    order = order.sort_values(["theme_rank", "position", "rank"], ignore_index=True)
    return order[by].assign(row=range(len(order)))


def _row(head: dict, comparators: list[str], cells: list[Cell]) -> Row:
    return Row(
        label=head["label"],
        name=head["name"],
        unit=UNITS.get(head["display_unit"], (head["display_unit"], head["display_unit"])),
        period=_period(head),
        polarity=POLARITIES[head["polarity"]],
        proxy=bool(head["proxy"]),
        comparators=[head[name] or "–" for name in comparators],
        n="–" if pd.isna(head["n"]) else str(int(head["n"])),
        cells=cells,
    )


def _heads(rows: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """What is the same for all authorities in a row, with the comparators as printed."""
    heads = rows.drop_duplicates(["indicator_code", "period_label"])
    heads = order.merge(heads, on=["indicator_code", "period_label"], how="left")
    counted = heads["display_unit"] == "number"
    figures = {
        name: fixed(half_up_double(heads[name], heads["decimals"]), heads["decimals"])
        for name, *_ in COMPARATORS
    }
    # Beside counts stand counts: no rate belongs in that row.
    figures = {
        name: text.mask(counted, plain(heads[COUNTS[name]])) for name, text in figures.items()
    }
    return heads.assign(**figures | {"london_value": london_text(heads)})


def _period(head: dict) -> tuple[str, str]:
    """What stands in the period column, and the same in full."""
    end = pd.Timestamp(head["period_end"])
    day = f"{end.day} {end:%b %Y}"
    if head["period_type"] == "quarter":
        quarter = Quarter.parse(head["period_label"])
        return f"Q{quarter.number} {quarter.label[:7]}", f"events in the quarter to {day}"
    if head["period_type"] == "snapshot":
        return day, f"on {day}"
    year = head["period_label"]
    if len(year) == 6 and year.isdigit():
        year = f"{year[:4]}-{year[4:]}"
    return f"{year} ({end:%b})", f"published year {year}, ending {day}"


def _notes(cells: pd.DataFrame) -> list[Note]:
    noted = cells.dropna(subset=["note"])
    return [
        Note(int(row["note"]), row["la_name"], row["label"], row["comment"].strip())
        for row in noted.to_dict("records")
    ]
