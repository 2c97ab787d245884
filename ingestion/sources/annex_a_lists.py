"""The rows of one Annex A list, typed, with a finding for all that was not read as it stands.

A list is never lost for a column: what a sheet lacks is empty and told. Which of its rows are
children, what the lists say of each other, and whose the file is, is not decided here.
"""

from dataclasses import replace
from datetime import date

import pandas as pd

from ingestion import conform
from ingestion.contract import Table, Unique
from ingestion.findings import Finding
from ingestion.headers import Resolution
from ingestion.readers import Sheet
from ingestion.sources import header_findings
from ingestion.sources.annex_a_rows import children
from ingestion.sources.annex_a_sheets import IN_ORDER, Found, no_header

# How the columns of each sheet of a list were matched.
Headers = dict[str, Resolution]


def read_list(
    fits: list[Found], extracted: date, casts: conform.Casts
) -> tuple[pd.DataFrame, Headers, list[Finding]]:
    """One list's rows, typed, with the sheet they stand on; each sheet's headers; findings.

    Rows of several sheets are read together, each once.
    """
    frame, findings = _read(fits[0], extracted, casts)
    for other in fits[1:]:
        more, found = _read(other, extracted, casts)
        finding, own = _beside(fits[0].table, other.sheet, frame, more)
        findings.append(finding)
        if own.any():
            findings += found
            frame = pd.concat([frame, more[own]], ignore_index=True)
    return frame, {found.sheet.name: found.resolution for found in fits}, findings


def columns_of(table: Table, resolutions: Headers, frame: pd.DataFrame) -> pd.DataFrame:
    """Which columns of a list the file had and how many rows fill each: a row for each column."""
    names = [column.name for column in table.columns]
    present = {name for resolution in resolutions.values() for name in resolution.positions}
    return pd.DataFrame(
        {
            "list_name": table.name,
            "column_name": names,
            "is_present": [name in present for name in names],
            "filled": [int(frame[name].notna().sum()) for name in names],
            "row_count": len(frame),
        }
    )


def _beside(
    table: Table, sheet: Sheet, frame: pd.DataFrame, more: pd.DataFrame
) -> tuple[Finding, pd.Series]:
    """What a second sheet of a list is, and which of its rows stand on no other."""
    columns = [column.name for column in table.columns]
    key = next(rule.columns for rule in table.rules if isinstance(rule, Unique))
    copied = _rows_of(more, columns).isin(_rows_of(frame, columns))
    whole = more[key].notna().all(axis=1)
    known = copied | (whole & _rows_of(more, key).isin(_rows_of(frame, key)))
    finding = Finding(
        "annex_a.list.twice",
        "note",
        f"“{table.title}” stands on another sheet too; what only this one has was read with it",
        table=table.name,
        sheet=sheet.name,
        expected="one sheet for each list",
    )
    differing = int((known & ~copied).sum())
    if differing:
        message = (
            f"“{table.title}” stands on another sheet too; {differing} rows of this one say"
            " something else of the same and were not read"
        )
        finding = replace(finding, severity="check", message=message, count=differing)
    return finding, ~known


def _rows_of(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    return pd.util.hash_pandas_object(frame[columns].astype("string"), index=False)


def _read(
    found: Found, extracted: date, casts: conform.Casts
) -> tuple[pd.DataFrame, list[Finding]]:
    sheet, table = found.sheet, found.table
    resolution, findings = _of_layout(table, sheet, found.resolution)
    findings += _about_headers(table, sheet, resolution)
    cells, left_out = children(found, casts)
    findings += left_out
    frame, found_in_rows = conform.conform(
        cells, table, resolution, sheet.name, extracted, casts, by_hand=True
    )
    hidden = (frame["row"] - 1).isin(sheet.hidden_rows)
    if hidden.any():
        finding = Finding(
            "annex_a.row.hidden",
            "note",
            "Hidden rows were read like any other",
            table=table.name,
            sheet=sheet.name,
            count=int(hidden.sum()),
        )
        findings.append(finding)
    frame.insert(1, "sheet", pd.Series(sheet.name, index=frame.index, dtype="string"))
    return frame, findings + found_in_rows


def _about_headers(table: Table, sheet: Sheet, resolution: Resolution) -> list[Finding]:
    if resolution.matches[0].how == IN_ORDER:
        message = (
            "No row of this sheet has headers; the columns were read in the order of the layout"
        )
        return [no_header(message, table, sheet)]
    # A list that lacks a column says nothing of some figures, and the rest all the same.
    return [
        replace(finding, severity="check") if finding.severity == "block" else finding
        for finding in header_findings(table, sheet, resolution)
    ]


def _of_layout(
    table: Table, sheet: Sheet, resolution: Resolution
) -> tuple[Resolution, list[Finding]]:
    """A list without any of the columns that a later layout brought is of the one before."""
    later = [column for column in table.columns if column.since]
    missing = {column.name for column in resolution.missing}
    if not later or not missing.issuperset(column.name for column in later):
        return resolution, []
    finding = Finding(
        "annex_a.list.older_layout",
        "note",
        f"This list has the layout from before {later[0].since}, without {len(later)} columns",
        table=table.name,
        sheet=sheet.name,
    )
    kept = [column for column in resolution.missing if not column.since]
    return replace(resolution, missing=kept), [finding]
