"""The rows of one Annex A list, typed, with a finding for all that was not read as it stands.

A list is never lost for a column: what a sheet lacks is empty and told. What the lists say of each
other, and whose the file is, is not decided here.
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
from ingestion.sources.annex_a_sheets import IN_ORDER, Found, no_header

_TOTAL = r"(?:grand |sub[- ]?)?totals?\b.{0,40}"


def read_list(
    fits: list[Found], extracted: date, casts: conform.Casts
) -> tuple[pd.DataFrame, Resolution, list[Finding]]:
    """One list's rows, typed, with the sheet they stand on; how its columns were matched; findings.

    Of several sheets those with rows of their own are read together, and a copy is left aside.
    """
    first = fits[0]
    frame, findings = _read(first, extracted, casts)
    for other in fits[1:]:
        more, found = _read(other, extracted, casts)
        finding, reads = _beside(first, frame, other, more)
        findings.append(finding)
        if reads:
            findings += found
            frame = pd.concat([frame, more], ignore_index=True)
    return frame, first.resolution, findings


def columns_of(table: Table, resolution: Resolution, frame: pd.DataFrame) -> pd.DataFrame:
    """Which columns of a list the file had and how many rows fill each: a row for each column."""
    names = [column.name for column in table.columns]
    return pd.DataFrame(
        {
            "list_name": table.name,
            "column_name": names,
            "is_present": [name in resolution.positions for name in names],
            "filled": [int(frame[name].notna().sum()) for name in names],
            "row_count": len(frame),
        }
    )


def _beside(
    first: Found, frame: pd.DataFrame, other: Found, more: pd.DataFrame
) -> tuple[Finding, bool]:
    """What a second sheet of a list is, and whether its rows are read too."""
    columns = [column.name for column in first.table.columns]
    key = next(rule.columns for rule in first.table.rules if isinstance(rule, Unique))
    new = ~_rows_of(more, columns).isin(_rows_of(frame, columns))
    known = _rows_of(more, key).isin(_rows_of(frame, key))
    finding = Finding(
        "annex_a.list.twice",
        "note",
        f"This sheet repeats “{first.table.title}” row for row and was left aside",
        table=first.table.name,
        sheet=other.sheet.name,
        expected="one sheet for each list",
    )
    if not new.any():
        return finding, False
    if not known.any():
        message = f"“{first.table.title}” stands on this sheet too; the rows of both were read"
        return replace(finding, message=message), True
    message = (
        f"“{first.table.title}” stands on another sheet too; {int(new.sum())} rows of this one say"
        " something else and were not read"
    )
    return replace(finding, severity="check", message=message, count=int(new.sum())), False


def _rows_of(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    return pd.util.hash_pandas_object(frame[columns].astype("string"), index=False)


def _read(
    found: Found, extracted: date, casts: conform.Casts
) -> tuple[pd.DataFrame, list[Finding]]:
    sheet, table = found.sheet, found.table
    resolution, findings = _of_layout(table, sheet, found.resolution)
    findings += _about_headers(table, sheet, resolution)
    cells = conform.table_cells(sheet, resolution, repeating=True)
    kinds = _not_children(cells, resolution)
    said = cells[list(resolution.positions)].bfill(axis=1).iloc[:, 0]
    for kind in kinds.dropna().unique():
        rows = cells["row"][kinds == kind] + 1
        finding = Finding(
            "annex_a.row.no_child",
            "note",
            f"This row is {kind} and was not read as a child",
            table=table.name,
            sheet=sheet.name,
        )
        findings += conform.listed(finding, rows, said[kinds == kind], 0)
    cells = cells[kinds.isna()].reset_index(drop=True)
    frame, found_in_rows = conform.conform(cells, table, resolution, sheet.name, extracted, casts)
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


def _not_children(cells: pd.DataFrame, resolution: Resolution) -> pd.Series:
    """What a row under the header is where it is no child's: a total, a header again, a remark."""
    first, second = resolution.matches[:2]
    who = cells[first.to]
    nameless = who.isna()
    total = _is_total(who)
    data = cells[list(resolution.positions)]
    if nameless.any():
        total[nameless] = data[nameless].apply(_is_total).any(axis=1)
    # An id by itself is somebody; text with a space is a remark.
    alone = data.notna().to_numpy().sum(axis=1) == 1
    alone &= nameless.to_numpy() | who.str.contains(r"\s").fillna(False).to_numpy(dtype=bool)
    again = ((who == first.header) & (cells[second.to] == second.header)).fillna(False)
    kinds = pd.Series(pd.NA, index=cells.index, dtype="string").mask(alone, "a remark")
    return kinds.mask(again.astype(bool), "the header again").mask(total, "a total")


def _is_total(text: pd.Series) -> pd.Series:
    return text.str.fullmatch(_TOTAL, case=False).fillna(False).astype(bool)
