"""The rows of one Annex A list, typed, with a finding for all that was not read as it stands.

A list is never lost for a column: what a sheet lacks is empty and told. What the lists say of each
other, and whose the file is, is not decided here.
"""

import re
from dataclasses import replace
from datetime import date

import pandas as pd

from ingestion import conform
from ingestion.contract import Table, Unique
from ingestion.dates import parse
from ingestion.findings import Finding
from ingestion.headers import Resolution
from ingestion.readers import Sheet
from ingestion.sources import header_findings
from ingestion.sources.annex_a_sheets import IN_ORDER, Found, no_header

# How the columns of each sheet of a list were matched.
Headers = dict[str, Resolution]
_TOTAL = r"(?:grand |sub[- ]?)?totals?\b.{0,40}"


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
    above = _above(sheet, table, resolution)
    if above:
        findings.append(_of_rows("above_header", "Rows above the header were read", found, above))
    cells = conform.table_cells(sheet, resolution, repeating=True, above=above)
    again = _headers_again(cells, resolution)
    others = (again > 0) & (again < len(resolution.matches) / 2)
    if others.any():
        # Another list stands below: what is under its headers is not this one's.
        below = cells["row"] >= cells["row"][others].min()
        message = "Rows under the headers of another list were not read"
        findings.append(_of_rows("list_below", message, found, cells["row"][below].tolist()))
        cells, again = cells[~below], again[~below]
    kinds = _not_children(cells, table, resolution, casts).mask(again > 0, "the header again")
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


def _of_rows(rule: str, message: str, found: Found, rows: list[int]) -> Finding:
    return Finding(
        f"annex_a.row.{rule}",
        "check",
        message,
        table=found.table.name,
        sheet=found.sheet.name,
        row=rows[0] + 1,
        expected="one list on a sheet, its headers in the row above the first child",
        count=len(rows),
    )


def _above(sheet: Sheet, table: Table, resolution: Resolution) -> list[int]:
    """Rows over the header that are children all the same: sorted together with it, say.

    They have an id under the column of ids, and a date under one of dates; an id of digits alone
    needs no date.
    """
    positions = resolution.positions
    who = positions.get(table.columns[0].name)
    dated = [positions[c.name] for c in table.columns if c.type == "date" and c.name in positions]
    if who is None:
        return []

    def is_child(row: list[object]) -> bool:
        texts = [str(cell).strip() for cell in row]
        of = dict(enumerate(texts)).get
        alone = sum(map(bool, texts)) < 2
        if alone or not re.fullmatch(r"\S*\d\S*", of(who) or ""):
            return False
        by_number = re.fullmatch(r"\d+(?:\.0)?", of(who) or "")
        return bool(by_number) or any(parse(of(place) or "") for place in dated)

    over = sheet.rows[: max(resolution.row, 0)]
    return [i for i, row in enumerate(over) if is_child(row)]


def _headers_again(cells: pd.DataFrame, resolution: Resolution) -> pd.Series:
    """In how many columns a row repeats the header: two or more, else none."""
    repeated = pd.Series(0, index=cells.index)
    # Whose cells are looked at in two columns first: in most lists no row repeats anything.
    first = resolution.matches[:2]
    known = {form for m in first for form in (m.header, m.header.lower(), m.header.upper())}
    if not any(cells[m.to].cat.categories.isin(known).any() for m in first):
        return repeated
    for match in resolution.matches:
        forms = {match.header, match.header.lower(), match.header.upper()}
        repeated += cells[match.to].isin(forms).astype(int)
    return repeated.where(repeated >= 2, 0)


def _not_children(
    cells: pd.DataFrame, table: Table, resolution: Resolution, casts: conform.Casts
) -> pd.Series:
    """What a row under the header is where it is no child's: a total or a remark.

    An id has a digit and no space. Without one a row is somebody only by what else it says.
    """
    columns = {c.name: c for c in table.columns if c.name in resolution.positions}
    nobody = pd.Series(pd.NA, index=cells.index, dtype="string")
    who = cells.get(table.columns[0].name, nobody).astype("string")
    doubtful = cells.loc[
        ~who.str.fullmatch(r"\S*[0-9]\S*").fillna(False).astype(bool), list(columns)
    ]
    if doubtful.empty:
        return nobody
    says = pd.DataFrame(
        {
            name: casts.cast(doubtful[name], column).notna()
            for name, column in columns.items()
            if column.type not in ("text", "identifier")
        }
    )
    dates = [name for name, column in columns.items() if column.type == "date"]
    dated = says[dates].any(axis=1)
    total = doubtful.apply(_is_total).any(axis=1) & ~dated
    named, filled = who[doubtful.index].notna(), doubtful.notna().sum(axis=1)
    remark = ~says.any(axis=1) & (named | (filled == 1))
    kinds = nobody[doubtful.index].mask(remark, "a remark").mask(total, "a total")
    return kinds.reindex(cells.index)


def _is_total(text: pd.Series) -> pd.Series:
    found = text.astype("string").str.fullmatch(_TOTAL, case=False)
    return found.fillna(False).astype(bool)
