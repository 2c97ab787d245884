"""Which sheet of a delivery is which Annex A list.

Sheets are known by their name ("List 3", "3 - Referrals.csv") or by the columns that only one list
has, and their columns by a header row or, without one, by the order of Ofsted's layout. What the
rows say is read in `annex_a_lists`.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from ingestion import conform, headers
from ingestion.contract import Column, Table, contract
from ingestion.findings import Finding
from ingestion.headers import Match, Resolution
from ingestion.readers import Sheet

# Sheets of Ofsted's own template that hold no list.
_TEMPLATE_SHEETS = {"front sheet", "faq and changes", "guidance", "codes used"}
_NUMBER = re.compile(r"\blists? ?0?(\d{1,2})\b")
# A column on this many lists (child, team, worker) tells none of them.
_COMMON = 3
# How a column is matched where no row has headers, and how many of its dates must be dates.
IN_ORDER = "order"
_SURE_IN_ORDER = 0.9
# A row is a list's header where it has one in so many of its columns: two could be any two cells.
_LEAST = 3
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
        if resolution and named and len(resolution.matches) * _LEAST < len(named.columns):
            resolution = None
        if named and resolution and (seen in (None, named) or _own(named, resolution)):
            found.setdefault(named.name, []).append(Found(named, sheet, resolution, True))
        elif seen and (resolution := headers.find_header(sheet.rows, seen.columns)):
            found.setdefault(seen.name, []).append(Found(seen, sheet, resolution, False))
            if named:
                findings.append(_misnamed(named, seen, sheet))
        elif named and (resolution := _in_order(named, sheet)):
            found.setdefault(named.name, []).append(Found(named, sheet, resolution, True))
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


def is_of_layout(name: str) -> bool:
    """Whether a sheet's name is made of the layout's words alone, with nobody's own among them."""
    return set(re.findall(r"[^\W_]+", name.lower())) <= _words()


@lru_cache
def _words() -> set[str]:
    """The words and numbers by which lists are called: "Annex A - List 03: Referrals"."""
    tables = contract("annex_a").tables
    texts = ["annex a lists", *(name for t in tables for name in (t.title, *t.sheets))]
    numbers = {f"{number:{width}}" for number in range(1, len(tables) + 1) for width in ("", "02")}
    return {word for text in texts for word in headers.normalise(text).split()} | numbers


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


def _in_order(table: Table, sheet: Sheet) -> Resolution | None:
    """The columns of a list without a header row, where its rows have the layout's width and types.

    Ofsted's columns stand in a fixed order. Nine dates in ten under the columns of dates tell that
    they do here; otherwise nothing is read.
    """
    full = [(i, row) for i, row in headers.first_rows(sheet.rows) if sum(map(_filled, row)) > 2]
    width = max(
        (i + 1 for _, row in full for i, cell in enumerate(row) if _filled(cell)), default=0
    )
    older = [column for column in table.columns if not column.since]
    layout = next((c for c in (table.columns, older) if len(c) == width), None)
    if layout is None:
        return None
    cells = [
        (conform.text_of([row[i]]), column)
        for _, row in full
        for i, column in enumerate(layout)
        if column.type == "date" and i < len(row) and _filled(row[i])
    ]
    usable = sum(bool(conform.cast(text, column).notna().iloc[0]) for text, column in cells)
    if not cells or usable < _SURE_IN_ORDER * len(cells):
        return None
    return Resolution(
        row=full[0][0] - 1,
        matches=[Match(i, c.headers[0], c.name, IN_ORDER, 0.0) for i, c in enumerate(layout)],
        missing=[column for column in table.columns if column not in layout],
    )


def _filled(cell: object) -> bool:
    return bool(str(cell).strip())


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
        message = f"No row of this sheet has the headers of “{named.title}”; it was not read"
        return no_header(message, named, sheet)
    if headers.normalise(sheet.name) in _TEMPLATE_SHEETS or not headers.first_rows(sheet.rows):
        return None
    return Finding(
        "annex_a.sheet.not_read",
        "note",
        "This sheet is none of the eleven lists and was not read",
        sheet=sheet.name,
    )


def no_header(message: str, table: Table, sheet: Sheet) -> Finding:
    return Finding(
        "annex_a.list.no_header",
        "check",
        message,
        table=table.name,
        sheet=sheet.name,
        expected="a row with the column headers of the list above its rows",
    )
