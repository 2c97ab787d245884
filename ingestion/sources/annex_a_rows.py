"""Which rows of an Annex A list's sheet are children.

Totals, remarks, headers again and another list below are none, and are told; a row over the header
may be one. What the cells of a child say is read in `annex_a_lists`.
"""

import re

import pandas as pd

from ingestion import conform
from ingestion.dates import parse
from ingestion.findings import Finding
from ingestion.headers import Resolution
from ingestion.sources.annex_a_sheets import Found

# What may stand in a column of ids and be somebody's: it has a digit and no space.
_ID = r"\S*[0-9]\S*"
_TOTAL = r"(?:grand |sub[- ]?)?totals?\b.{0,40}"


def children(found: Found, casts: conform.Casts) -> tuple[pd.DataFrame, list[Finding]]:
    """The cells of the rows that are children, as `conform.table_cells` gives them; findings."""
    sheet, resolution = found.sheet, found.resolution
    findings = []
    above = _above(found)
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
    kinds = _not_children(cells, found, casts).mask(again > 0, "the header again")
    said = cells[list(resolution.positions)].bfill(axis=1).iloc[:, 0]
    for kind in kinds.dropna().unique():
        rows = cells["row"][kinds == kind] + 1
        finding = Finding(
            "annex_a.row.no_child",
            "note",
            f"This row is {kind} and was not read as a child",
            table=found.table.name,
            sheet=sheet.name,
        )
        findings += conform.listed(finding, rows, said[kinds == kind], 0)
    return cells[kinds.isna()].reset_index(drop=True), findings


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


def _above(found: Found) -> list[int]:
    """Rows over the header that are children all the same: sorted together with it, say.

    They have an id under the column of ids, and a date under one of dates; an id of digits alone
    needs no date.
    """
    columns, positions = found.table.columns, found.resolution.positions
    who = positions.get(columns[0].name)
    dated = [positions[c.name] for c in columns if c.type == "date" and c.name in positions]
    if who is None:
        return []

    def is_child(row: list[object]) -> bool:
        texts = {place: text for place, cell in enumerate(row) if (text := str(cell).strip())}
        someone = texts.get(who, "")
        if len(texts) < 2 or not re.fullmatch(_ID, someone):
            return False
        by_number = re.fullmatch(r"[0-9]+(?:\.0)?", someone)
        return bool(by_number) or any(parse(texts.get(place, "")) for place in dated)

    over = found.sheet.rows[: max(found.resolution.row, 0)]
    return [i for i, row in enumerate(over) if is_child(row)]


def _headers_again(cells: pd.DataFrame, resolution: Resolution) -> pd.Series:
    """In how many columns a row repeats the header: two or more, else none."""
    forms = {m.to: {m.header, m.header.lower(), m.header.upper()} for m in resolution.matches}
    repeated = pd.Series(0, index=cells.index)
    # The first two columns are looked at first: in most lists no row repeats anything.
    if not any(cells[name].cat.categories.isin(forms[name]).any() for name in list(forms)[:2]):
        return repeated
    for name, known in forms.items():
        repeated += cells[name].isin(known).astype(int)
    return repeated.where(repeated >= 2, 0)


def _not_children(cells: pd.DataFrame, found: Found, casts: conform.Casts) -> pd.Series:
    """What a row under the header is where it is no child's: a total or a remark.

    Without an id a row is somebody only by what else it says.
    """
    columns = {c.name: c for c in found.table.columns if c.name in found.resolution.positions}
    nobody = pd.Series(pd.NA, index=cells.index, dtype="string")
    who = cells.get(found.table.columns[0].name, nobody).astype("string")
    doubtful = cells.loc[~who.str.fullmatch(_ID).fillna(False).astype(bool), list(columns)]
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
