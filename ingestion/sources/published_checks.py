"""What is wrong with the rows of a published file: places, periods, areas, categories.

Each check gives findings; what blocks would lose figures without a word, or count them double. The
header row is looked at by `published.py`, and the release before by `drift.py`.
"""

from dataclasses import replace

import pandas as pd

from ingestion import conform
from ingestion.contract import Table
from ingestion.findings import Finding
from ingestion.registry import published_places, seed
from ingestion.sources import Parsed
from ingestion.sources.published_dataset import Recognised, spellings
from ingestion.sources.published_standard import (
    JOINT,
    KEYS,
    LEVELS,
    PERIOD,
    YEARS,
    filter_key,
    filters_in,
)


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
            ~period.str.fullmatch(PERIOD) | apart,
        ),
        (
            "published.row.twice",
            "A second row for the same period, area and filters, with other figures",
            "time_period",
            "one row for each",
            cells.duplicated(_place(cells, known.table)),
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
    nothing = pd.Series(pd.NA, index=cells.index, dtype="string")
    codes = cells.get("region_code", nothing).where(level == "Regional")
    codes = codes.mask(local, cells.get("new_la_code", nothing))
    placed = codes[level.isin(LEVELS[1:])].fillna("")
    authorities = seed("reference/local_authorities")
    areas = {*authorities["new_la_code"], *seed("reference/areas")["area_code"]}
    areas |= {*seed("reference/la_code_changes")["la_code"]}
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
    held = placed[local & (cells["time_period"] == last)].str.split(JOINT).explode()
    london = authorities[authorities["is_london"] == "true"]
    gone = london.loc[~london["new_la_code"].isin(held), "la_name"]
    if len(gone):
        parsed.findings.append(
            Finding(
                "published.area.missing",
                "check",
                f"No line for {len(gone)} of London’s 33 authorities in {last}: "
                + ", ".join(gone[:10])
                + (f" and {len(gone) - 10} more" if len(gone) > 10 else ""),
                table=known.table.name,
                column="new_la_code",
                value=str(last),
                expected="a line for each, with a symbol where there is no figure",
                count=len(gone),
            )
        )


def report_categories(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Categories that the contract does not list, and those that a figure needs and are gone."""
    for column in filters_in(cells, known.table):
        seen = cells.drop_duplicates(column.name)
        names = set(spellings(column).values())
        new = seen[bool(names) & seen[column.name].notna() & ~seen[column.name].isin(names)]
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
    missing = set(published_places(known.table.name)["filter_key"]) - set(
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
        if all(part.split("=")[0] in cells for part in key.split("; "))
    ]


def _place(cells: pd.DataFrame, table: Table) -> list[str]:
    """The columns that say where and when a row belongs."""
    filters = [column.name for column in filters_in(cells, table)]
    return [name for name in (*KEYS, *filters) if name in cells and not name.endswith("_name")]
