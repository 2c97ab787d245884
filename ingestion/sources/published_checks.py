"""What is wrong with the rows of a published file: places, periods, areas, categories.

Each check gives findings; what blocks would lose figures without a word, or count them double. The
header row is looked at by `published.py`, and the release before by `drift.py`.
"""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import pandas as pd

from ingestion import conform
from ingestion.contract import Table
from ingestion.findings import Finding
from ingestion.landing import LONDON
from ingestion.readers import Sheet
from ingestion.region import REGION
from ingestion.registry import published_places, seed
from ingestion.sources import Parsed
from ingestion.sources.published_dataset import Recognised, categories
from ingestion.sources.published_standard import (
    JOINT,
    KEYS,
    LEVELS,
    PERIOD,
    YEARS,
    filter_key,
    filters_in,
    filters_of,
)


def report_other_sheets(parsed: Parsed, others: list[Sheet], table: str) -> None:
    """Only the first sheet of a workbook is read; a CSV, as DfE issues them, has one."""
    parsed.findings += [
        Finding(
            "published.sheet.unread",
            "check",
            f"Only the first sheet is read; “{sheet.name}” was not",
            table=table,
            sheet=sheet.name,
            expected="one table, as in the CSV that is issued",
        )
        for sheet in others
        if any(str(cell).strip() for row in sheet.rows for cell in row)
    ]


def report_ragged(parsed: Parsed, sheet: Sheet, table: str) -> None:
    """Lines of a text file with more or fewer cells than the header set the file aside.

    A bare comma, a lost cell or a quote that is never closed moves figures into another column or
    onto another area. A cell that runs over several lines is such a quote.
    """
    if sheet.delimiter is None:
        return
    header, *body = sheet.rows
    least = max(i for i, cell in enumerate(header, 1) if cell.strip())
    ragged = {
        number: row
        for number, row in enumerate(body, 2)
        if not least <= len(row) <= len(header) or "\n" in "".join(row)
    }
    lines = {
        number: row
        for number, row in ragged.items()
        if any(map(str.strip, row if len(row) < least else row[len(header) :])) or _runs_on(row)
    }
    finding = Finding(
        "published.row.ragged",
        "block",
        "The line has more or fewer cells than the header, or a cell over several lines: its "
        "figures may stand in the wrong columns",
        table=table,
        expected=f"{len(header)} cells, each on one line",
    )
    counts = pd.Series([f"{len(row)} cells" for row in lines.values()], dtype="string")
    parsed.findings += conform.listed(finding, pd.Series(list(lines)), counts, 0)


def _runs_on(row: list[str]) -> bool:
    return any("\n" in cell.strip() for cell in row)


def once(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> pd.DataFrame:
    """Lines that repeat another to the last cell, left out: they say nothing more."""
    again = cells.drop(columns="row").duplicated()
    finding = Finding(
        "published.row.repeated",
        "check",
        "The line repeats another to the last cell; it counts once",
        table=known.table.name,
        column="time_period",
        expected="one line for each period, area and category",
    )
    position = known.resolution.positions["time_period"]
    rows = cells["row"][again] + 1
    parsed.findings += conform.listed(finding, rows, cells["time_period"][again], position)
    return cells[~again].reset_index(drop=True) if again.any() else cells


def report_misplaced(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Rows whose place or period is not known, or that stand twice, set this file aside.

    Their figures would be lost without a word, or counted double.
    """
    years = [name for name, end in YEARS.items() if end or known.table.year_end]
    period = cells["time_period"].fillna("")
    next_year = (pd.to_numeric(period.str[:4], errors="coerce") + 1) % 100
    apart = (period.str.len() == 6) & (pd.to_numeric(period.str[4:], "coerce") != next_year)
    whole = period.str.fullmatch(PERIOD) & ~apart
    dated = whole & cells["time_identifier"].isin(years)
    kinds = cells["time_identifier"].fillna("") + "|" + period.str.len().astype("string")
    usual = kinds[dated].mode()
    # By today's clock: a file's own time is often wrong, and no reason to set it aside.
    this_year = datetime.now(tz=LONDON).year
    wrong = (
        (
            "published.level.unknown",
            "Figures of a geographic level that is not placed on an area yet",
            "geographic_level",
            "one of: " + ", ".join(LEVELS),
            ~cells["geographic_level"].isin(LEVELS),
        ),
        (
            "published.identifier.unknown",
            "Figures of a part of a year, or of a year whose last day is not known",
            "time_identifier",
            "one of: " + ", ".join(years),
            ~cells["time_identifier"].isin(years),
        ),
        (
            "published.period.unknown",
            "A period that is not written as DfE’s standard has it",
            "time_period",
            "four digits for a year, six for a financial or academic year",
            ~whole,
        ),
        (
            "published.period.future",
            "A year that has not begun",
            "time_period",
            f"{this_year} at the latest",
            whole & (pd.to_numeric(period.str[:4], errors="coerce") > this_year),
        ),
        (
            "published.identifier.mixed",
            "A year of another kind than most in the file: both would stand for the same period",
            "time_identifier",
            "one kind of year: " + ", ".join(cells["time_identifier"][kinds.isin(usual)][:1]),
            dated & ~kinds.isin(usual[:1]),
        ),
        (
            "published.row.twice",
            "A second row for the same period, area and filters, with other figures",
            "time_period",
            "one row for each",
            cells.duplicated(_place(cells, known.table)) | _same_area_twice(cells, known.table),
        ),
    )
    for rule_id, message, column, expected, bad in wrong:
        finding = Finding(
            rule_id, "block", message, table=known.table.name, column=column, expected=expected
        )
        parsed.findings += conform.listed(
            finding, cells["row"][bad] + 1, cells[column][bad], known.resolution.positions[column]
        )


def report_areas(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Areas that the reference data does not know, and London authorities that are not there."""
    level = cells["geographic_level"]
    local = level == "Local authority"
    placed = _codes(cells)[level.isin(LEVELS[1:])].fillna("")
    authorities, areas = seed("reference/local_authorities"), _areas()
    known_codes = {code for code in placed.unique() if areas.issuperset(code.split(JOINT))}
    unknown = ~placed.isin(known_codes)
    finding = Finding(
        "published.area.unknown",
        "check",
        "The area’s code is not in the reference data; its figures are kept and in no table",
        table=known.table.name,
        expected="a code of local_authorities.csv, areas.csv or la_code_changes.csv",
    )
    bad = placed[unknown]
    for column, of_level in (("region_code", "Regional"), ("new_la_code", "Local authority")):
        mine = bad[level[bad.index] == of_level].drop_duplicates()
        parsed.findings += conform.listed(
            replace(finding, column=column),
            cells.loc[mine.index, "row"] + 1,
            mine,
            known.resolution.positions.get(column, 0),
        )
    if not local.any():
        return
    last = cells.loc[local, "time_period"].max()
    here = local & (cells["time_period"] == last)
    london = authorities[authorities["is_london"] == "true"]
    held = placed[here].str.split(JOINT).explode()
    gone = london.loc[~london["new_la_code"].isin(held), "la_name"]
    lines = [("", gone)]
    # An authority may have lines and none of those that a figure is taken from.
    keys = filter_key(cells, known.table)
    for key in sorted(
        {*published_places(known.table.name, parsed.release)["filter_key"]} & {*keys} - {""}
    ):
        held = placed[here & (keys == key)].str.split(JOINT).explode()
        without = london.loc[~london["new_la_code"].isin(held), "la_name"]
        lines.append((f" with “{key.replace('=', ': ')}”", without.drop(gone.index)))
    parsed.findings += [
        Finding(
            "published.area.missing",
            "check",
            f"No line{which} for {len(names)} of {REGION}’s {REGION.authorities} authorities in "
            + f"{last}: "
            + ", ".join(names[:10])
            + (f" and {len(names) - 10} more" if len(names) > 10 else ""),
            table=known.table.name,
            column="new_la_code",
            value=str(last),
            expected="a line for each, with a symbol where there is no figure",
            count=len(names),
        )
        for which, names in lines
        if len(names)
    ]


def report_categories(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Categories that the contract does not list, and those that a figure needs and are gone."""
    for column in filters_in(cells, known.table):
        seen = cells.drop_duplicates(column.name)
        names = categories(column)
        new = seen[bool(names) & ~seen[column.name].isin(names)]
        finding = Finding(
            "published.category.unknown",
            "note",
            f"A category of “{column.headers[0]}” that the contract does not list:"
            " kept, and in no figure",
            table=known.table.name,
            column=column.headers[0],
        )
        place = known.resolution.positions[column.name]
        parsed.findings += conform.listed(finding, new["row"] + 1, new[column.name], place)
    missing = set(published_places(known.table.name, parsed.release)["filter_key"]) - set(
        filter_key(cells, known.table)
    )
    parsed.findings += [
        Finding(
            "published.category.missing",
            "block",
            "No line of the file has the categories that a figure is taken from",
            table=known.table.name,
            expected=key.replace("=", ": "),
        )
        for key in sorted(missing)
        # A missing filter column is told as such.
        if set(filters_of(key)) <= set(cells)
    ]


def _place(cells: pd.DataFrame, table: Table) -> list[str]:
    """The columns that say where and when a row belongs."""
    filters = [column.name for column in filters_in(cells, table)]
    return [name for name in (*KEYS, *filters) if name in cells and not name.endswith("_name")]


def _codes(cells: pd.DataFrame) -> pd.Series:
    """The code of each row's area, as the file writes it."""
    level = cells["geographic_level"]
    nothing = pd.Series(pd.NA, index=cells.index, dtype="string")
    codes = cells.get("region_code", nothing).where(level == "Regional")
    return codes.mask(level == "Local authority", cells.get("new_la_code", nothing))


@lru_cache(maxsize=1)
def _areas() -> frozenset[str]:
    """Every code that the reference data can place."""
    codes = (
        seed("reference/local_authorities")["new_la_code"],
        seed("reference/areas")["area_code"],
        seed("reference/la_code_changes")["la_code"],
    )
    return frozenset(pd.concat(codes))


def _same_area_twice(cells: pd.DataFrame, table: Table) -> pd.Series:
    """Rows that give an area a second figure by its code, whatever its number or region are."""
    changes = seed("reference/la_code_changes").set_index("la_code")["new_la_code"].to_dict()
    codes = _codes(cells).str.split(JOINT).explode()
    codes = codes[codes.isin(_areas())].map(lambda code: changes.get(code, code))
    names = ["time_period", "time_identifier", *(c.name for c in filters_in(cells, table))]
    again = cells[names].loc[codes.index].assign(area=codes).duplicated()
    return pd.Series(cells.index.isin(again.index[again]), index=cells.index)
