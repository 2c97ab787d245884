"""From `mart_tartan_rug` rows to the rows and cells of one section of the rug.

Decides what each cell prints, which fifth colours it and which marks and words it carries. Words
around the table and the HTML itself are elsewhere; figures and fifths are the mart's.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from exports.marts import value_symbols
from exports.rounding import fixed, half_up_double, plain, rounded_value
from ingestion.periods import Quarter
from ingestion.registry import seed

# Mart column, heading, what it is.
COMPARATORS = (
    ("england_value", "England", "England"),
    ("london_value", "London", "London"),
    ("inner_value", "Inner", "Inner London"),
    ("outer_value", "Outer", "Outer London"),
)
UNITS = {
    "percent": ("%", "per cent"),
    "rate_per_10000": ("per 10k", "rate per 10,000 population"),
    "fte": ("FTE", "full-time equivalents"),
    "days": ("days", "days"),
    "count": ("number", "number"),
    "number": ("number", "number: no rate, because the population is not loaded"),
}
POLARITIES = {
    "high": ("↑", "high is better"),
    "low": ("↓", "low is better"),
    "none": ("·", "no judgement: high is neither good nor bad"),
}
_SIDES = {1.0: ("▼", "lowest fifth"), 5.0: ("▲", "highest fifth")}


@dataclass(frozen=True)
class Cell:
    """One authority's cell: what is printed, its classes, and the words for who sees neither."""

    text: str
    css: str
    title: str
    mark: str = ""
    spoken: str = ""
    joint: bool = False
    proxy: bool = False
    note: int | None = None


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
    """The 33 in column order: by sub-region, then by name."""
    london = areas[areas["is_london"].fillna(False) & (areas["area_level"] == "local_authority")]
    return london.sort_values(["sub_region", "la_name"], ignore_index=True)


def build(rows: pd.DataFrame, las: pd.DataFrame, positions: pd.DataFrame, first_note: int) -> Table:
    """The table of the given mart rows: themes in registry order, the RIIA set first in each.

    Every authority gets a cell in every row; one without a mart row is not returned, or not
    available where the source is a publication.
    """
    order = _row_order(rows, positions)
    grid = order.merge(las[["new_la_code", "la_name"]], how="cross")
    keys = ["indicator_code", "period_label", "new_la_code"]
    own = rows.drop(columns=["la_name"])
    cells = grid.merge(own, on=keys, how="left", validate="one_to_one")
    shared = ["label", "unit", "display_unit", "polarity", "decimals", "multiplier"]
    cells[shared] = cells.groupby("row")[shared].transform("first")
    absent = "x" if (rows["source"] == "published").any() else "not_returned"
    cells["value_status"] = cells["value_status"].fillna(absent)
    cells = _printed(cells, first_note)

    heads = _heads(rows, order)
    shown = [c for c in COMPARATORS if heads[c[0]].ne("").any() or c[0] == "london_value"]
    built = [
        (head["theme"], _row(head, [c[0] for c in shown], part))
        for head, (_, part) in zip(heads.to_dict("records"), cells.groupby("row"), strict=True)
    ]
    themes: dict[str, list[Row]] = {}
    for theme, row in built:
        themes.setdefault(theme, []).append(row)
    return Table([c[1:] for c in shown], list(themes.items()), _notes(cells), cells)


def _row_order(rows: pd.DataFrame, positions: pd.DataFrame) -> pd.DataFrame:
    """One line for each printed row, numbered in reading order."""
    registry = seed("registry/indicators")[["indicator_code", "theme"]]
    rank = pd.Series(range(len(registry)), registry["indicator_code"])
    themes = registry.drop_duplicates("theme", ignore_index=True)["theme"]
    theme_rank = pd.Series(themes.index, themes)
    order = rows.drop_duplicates(["indicator_code", "period_label"])
    order = order[["indicator_code", "period_label", "theme"]]
    order = order.merge(positions, on="indicator_code", how="left")
    # Rows outside the RIIA set have no position and so come last in their theme.
    order["theme_rank"] = order["theme"].map(theme_rank)
    order["rank"] = order["indicator_code"].map(rank)
    order = order.sort_values(["theme_rank", "position", "rank"], ignore_index=True)
    return order[["indicator_code", "period_label"]].assign(row=range(len(order)))


def _printed(cells: pd.DataFrame, first_note: int) -> pd.DataFrame:
    """Adds what each cell prints and says, column by column."""
    counted = cells["display_unit"] == "number"
    value = rounded_value(
        cells["display_value"],
        cells["numerator"],
        cells["denominator"],
        cells["multiplier"],
        cells["decimals"],
    )
    number = fixed(value, cells["decimals"]).mask(counted, plain(cells["display_value"]))
    has_value = (cells["value_status"] == "ok") & (number != "")
    symbol = value_symbols(cells["value_status"]).replace("", "x")
    # A count stands in where a rate has no population: shown, though the rate is not derivable.
    has_value |= counted & (cells["value_status"] == "not_derivable") & (number != "")
    meaning = cells["value_status"].map(
        seed("registry/value_statuses").set_index("value_status")["label"]
    )
    better_high = np.select([cells["polarity"] == "high", cells["polarity"] == "low"], [1, -1], 0)
    level = (cells["band"] - 3) * np.where(better_high == 0, 1, better_high) + 3
    family = pd.Series(np.where(better_high == 0, "v", "j"), cells.index, dtype="str")
    banded = has_value & level.notna()
    fill = family + level.fillna(0).astype(int).astype(str)

    side = cells["band"].where(banded).map({k: v[1] for k, v in _SIDES.items()}).fillna("")
    verdict = level.where((better_high != 0) & (side != "")).map({1: ", worse", 5: ", better"})
    spoken = side + verdict.fillna("")
    has_note = cells["comment"].fillna("").str.strip() != ""
    return cells.assign(
        has_value=has_value,
        meaning=meaning,
        text=number.where(has_value, symbol),
        css=fill.where(banded, np.where(has_value, "", "gap")),
        mark=cells["band"].where(banded).map({k: v[0] for k, v in _SIDES.items()}).fillna(""),
        spoken=spoken.where(has_value, meaning),
        note=(has_note.cumsum() + first_note - 1).where(has_note),
        joint=cells["joint_code"].fillna("") != "",
        proxy=cells["is_proxy"].fillna(False).astype(bool) & has_value,
    )


def _row(head: dict, comparators: list[str], part: pd.DataFrame) -> Row:
    """One printed row. The proxy mark stands at the label where every value is one."""
    values = part[part["has_value"]]
    all_proxy = bool(len(values)) and bool(values["proxy"].all())
    return Row(
        label=head["label"],
        name=head["name"],
        unit=UNITS.get(head["display_unit"], (head["display_unit"], head["display_unit"])),
        period=_period(head),
        polarity=POLARITIES[head["polarity"]],
        proxy=all_proxy,
        comparators=[head[name] or "–" for name in comparators],
        n="–" if pd.isna(head["n"]) else str(int(head["n"])),
        cells=[_cell(cell, head, all_proxy) for cell in part.to_dict("records")],
    )


def _cell(cell: dict, head: dict, all_proxy: bool) -> Cell:
    note = None if pd.isna(cell["note"]) else int(cell["note"])
    words = f"{cell['la_name']}, {head['label']}: {cell['text']}"
    if cell["has_value"]:
        words += f" {UNITS.get(head['display_unit'], (head['display_unit'],))[0]}"
    extras = {
        cell["spoken"]: bool(cell["spoken"]),
        "joint figure of two authorities": cell["joint"],
        "proxy, near the definition": cell["proxy"],
        f"comment {note} below": note is not None,
    }
    return Cell(
        text=cell["text"],
        css=cell["css"],
        title="; ".join([words, *(text for text, applies in extras.items() if applies)]),
        mark=cell["mark"],
        spoken=cell["spoken"],
        joint=cell["joint"],
        proxy=cell["proxy"] and not all_proxy,
        note=note,
    )


def _heads(rows: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """What is the same for all authorities in a row, with the comparators as printed."""
    heads = rows.drop_duplicates(["indicator_code", "period_label"])
    heads = order.merge(heads, on=["indicator_code", "period_label"], how="left")
    counted = heads["display_unit"] == "number"
    london = rounded_value(
        heads["london_value"],
        heads["london_numerator"],
        heads["london_denominator"],
        heads["multiplier"],
        heads["decimals"],
    )
    printed = {
        name: fixed(half_up_double(heads[name], heads["decimals"]), heads["decimals"])
        for name, *_ in COMPARATORS
    }
    printed["london_value"] = fixed(london, heads["decimals"])
    # Beside counts stand counts: London's is the sum, and no rate belongs in that row.
    printed = {name: text.mask(counted, "") for name, text in printed.items()}
    london_count = plain(heads["london_numerator"])
    printed["london_value"] = printed["london_value"].mask(counted, london_count)
    return heads.assign(**printed)


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
