"""Which sheet is which Annex A list, and the rows of one list.

Sheets are known by their name ("List 3", "3 - Referrals.csv") or by the columns that only one list
has. A list is never lost for a column: what a sheet lacks is empty and told. What the rows say of
each other across lists, and whose the file is, is not decided here.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import pandas as pd

from ingestion import conform, headers
from ingestion.contract import Column, Table, Unique, contract
from ingestion.findings import Finding
from ingestion.headers import Resolution
from ingestion.readers import Sheet
from ingestion.sources import header_findings

# Sheets of Ofsted's own template that hold no list.
_TEMPLATE_SHEETS = {"front sheet", "faq and changes", "guidance", "codes used"}
_NUMBER = re.compile(r"\blists? ?0?(\d{1,2})\b")
_TOTAL = r"(?:grand |sub[- ]?)?totals?\b.{0,40}"
# A column on this many lists (child, team, worker) tells none of them.
_COMMON = 3
# Of the columns that only few lists have, this share says which list a sheet is.
_SURE = 0.5


@dataclass(frozen=True)
class Found:
    """One sheet as one list; `by_name` is false where only its columns say so."""

    table: Table
    sheet: Sheet
    resolution: Resolution
    by_name: bool


def find_lists(sheets: list[Sheet]) -> tuple[dict[str, list[Found]], list[Finding]]:
    """The sheets of each list by table name, surest first; a finding for each sheet left over."""
    found: dict[str, list[Found]] = {}
    findings = []
    for sheet in sheets:
        named = named_list(sheet.name)
        seen = _by_columns(sheet)
        resolution = headers.find_header(sheet.rows, named.columns) if named else None
        if named and resolution and (seen in (None, named) or _own(named, resolution)):
            found.setdefault(named.name, []).append(Found(named, sheet, resolution, True))
        elif seen and (resolution := headers.find_header(sheet.rows, seen.columns)):
            found.setdefault(seen.name, []).append(Found(seen, sheet, resolution, False))
            if named:
                findings.append(_misnamed(named, seen, sheet))
        elif finding := _left_over(named, sheet):
            findings.append(finding)
    for fits in found.values():
        fits.sort(key=lambda fit: (fit.sheet.hidden, not fit.by_name, -len(fit.resolution.matches)))
    return found, findings


def named_list(name: str) -> Table | None:
    """The list that a sheet or file name speaks of; a name with two numbers speaks of none."""
    text = headers.normalise(name)
    numbers = set(_NUMBER.findall(text))
    tables = contract("annex_a").tables
    if numbers:
        wanted = [f"annex_a_list_{number}" for number in numbers]
        return next((t for t in tables if [t.name] == wanted), None)
    titles = {headers.normalise(title): table for table in tables for title in table.sheets}
    return titles.get(text) or titles.get(re.sub(r"^\d{1,2} ", "", text))


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


@lru_cache
def _names() -> dict[str, dict[str, str]]:
    """Per list: the columns that few lists have, by the headers they are known under."""
    tables = contract("annex_a").tables
    on = Counter(header for t in tables for header in {h for c in t.columns for h in _forms(c)})
    return {
        t.name: {h: c.name for c in t.columns for h in _forms(c) if on[h] < _COMMON} for t in tables
    }


def _forms(column: Column) -> list[str]:
    return [headers.normalise(header) for header in column.headers]


def _by_columns(sheet: Sheet) -> Table | None:
    """The list whose id and own columns stand in a row of the first; none where two fit alike."""
    rows = [
        {headers.normalise(cell) for cell in row if isinstance(cell, str)}
        for _, row in headers.first_rows(sheet.rows)
    ]
    shares = []
    for table in contract("annex_a").tables:
        known = _names()[table.name]
        own = set(known.values())
        # A list of codes has columns of lists too, and nobody on it.
        of_somebody = (row for row in rows if not row.isdisjoint(_forms(table.columns[0])))
        seen = max((len({known[h] for h in row if h in known}) for row in of_somebody), default=0)
        shares.append((seen / len(own), seen, table))
    shares.sort(key=lambda share: share[:2], reverse=True)
    best, second = shares[:2]
    return best[2] if best[0] >= _SURE and best[:2] > second[:2] else None


def _own(table: Table, resolution: Resolution) -> bool:
    """Whether a header row has any column that tells this list from the others."""
    return bool(set(_names()[table.name].values()) & set(resolution.positions))


def _misnamed(named: Table, seen: Table, sheet: Sheet) -> Finding:
    return Finding(
        "annex_a.list.misnamed",
        "check",
        f"This sheet is named for “{named.title}”, has the columns of “{seen.title}” and was read"
        " as that",
        table=seen.name,
        sheet=sheet.name,
        expected=f"a sheet named “{seen.sheets[0]}”",
    )


def _left_over(named: Table | None, sheet: Sheet) -> Finding | None:
    if named:
        return Finding(
            "annex_a.list.no_header",
            "check",
            f"No row of this sheet has the headers of “{named.title}”; it was not read",
            table=named.name,
            sheet=sheet.name,
            expected="a row with the column headers of the list above its rows",
        )
    if headers.normalise(sheet.name) in _TEMPLATE_SHEETS or not headers.first_rows(sheet.rows):
        return None
    return Finding(
        "annex_a.sheet.not_read",
        "note",
        "This sheet is none of the eleven lists and was not read",
        sheet=sheet.name,
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
        f"“{first.table.title}” stands on sheet “{first.sheet.name}” already; of this one"
        f" {int(new.sum())} rows say something else and were not read"
    )
    return replace(finding, severity="check", message=message, count=int(new.sum())), False


def _rows_of(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    return pd.util.hash_pandas_object(frame[columns].astype("string"), index=False)


def _read(
    found: Found, extracted: date, casts: conform.Casts
) -> tuple[pd.DataFrame, list[Finding]]:
    sheet, table = found.sheet, found.table
    resolution, findings = _of_layout(table, sheet, found.resolution)
    # A list that lacks a column says nothing of some figures, and the rest all the same.
    findings += [
        replace(finding, severity="check") if finding.severity == "block" else finding
        for finding in header_findings(table, sheet, resolution)
    ]
    cells = conform.table_cells(sheet, resolution)
    kinds = _not_children(cells, resolution)
    for kind in kinds.dropna().unique():
        rows = cells["row"][kinds == kind] + 1
        finding = Finding(
            "annex_a.row.no_child",
            "note",
            f"This row is {kind} and was not read as a child",
            table=table.name,
            sheet=sheet.name,
        )
        findings += conform.listed(finding, rows, rows.astype("string"), 0)
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
