"""Cells to a typed frame, with a finding for every cell that could not be used.

Cells become trimmed text first; each caster then types every distinct spelling once, and gives NA
for what it could not use. A blank is never a problem here, presence is a rule's business. Nothing
here opens a file or knows which source a column came from.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from rapidfuzz import fuzz, process, utils

from ingestion.contract import Column, Rule, Table
from ingestion.findings import Finding, address
from ingestion.headers import Resolution
from ingestion.readers import Sheet

# Thousands stand apart by commas or by spaces that do not break a line; a plain space may part two
# numbers.
# Digits are 0 to 9: \d would take those of other scripts, which pandas cannot convert.
_NUMBER = (
    r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:[,\u00a0\u202f][0-9]{3})+)(?:\.[0-9]+)?"
    r"|[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+"
)
# Beyond this a float does not tell one from the next, and nothing here counts so many.
_LONGEST, _TOO_MANY = 40, 1e15
# Day first, always: American order is a finding, never a guess.
_DATE_FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%d/%m/%y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
)
# Excel's day numbers for 1955 to 2064: anything else in a date column is not a date.
_SERIALS = (20_000, 60_000)
# Where a token of `codes.yml` may stand. "b)" is a letter of Ofsted's and "5-19" an age, no code.
_STANDS = (
    r"^(?:[a-z]{1,2}\d?[).] *)?\W*(?:(?:code|child|cin|cla)\W+)?(?:TOKEN)(?![a-z0-9)]|[-/]\d)"
    r"|[(\[](?:cin )?(?:TOKEN)[)\]]"
)
# A value less alike than this resembles nothing, and a suggestion would mislead.
_NEAR = 65
# A column that is wrong throughout is one mistake: after this many cells the rest is a count.
MAX_LISTED = 200

_EXPECTED = {
    "number": "a number",
    "integer": "a whole number",
    "date": "a date, day first (31/12/2025)",
}


def text_of(cells: Sequence[Any]) -> pd.Series:
    """Cells as trimmed text, an integral float without its `.0`; empty cells are NA."""
    return pd.Series([_text(cell) for cell in cells], dtype="string")


def _text_of_text(cells: Sequence[str]) -> pd.Series:
    """The same for cells that are text already, as those of a CSV are: ten times as fast."""
    text = pd.Series(cells, dtype="string").str.strip()
    return text.mask(text == "")


def _text(cell: object) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None


def table_cells(sheet: Sheet, resolution: Resolution) -> pd.DataFrame:
    """The rows under the header as text: a column for each match, and `row`, the zero-based row.

    A row with nothing in any of those columns is an empty row, not a record.
    """
    first = resolution.row + 1
    as_text = text_of if sheet.delimiter is None else _text_of_text
    positions = resolution.positions
    width = max(positions.values()) + 1
    rows = [
        row if len(row) >= width else [*row, *[""] * (width - len(row))]
        for row in sheet.rows[first:]
    ]
    cells = pd.DataFrame(
        {name: as_text([row[place] for row in rows]) for name, place in positions.items()}
    )
    filled = cells.notna().any(axis=1)
    cells["row"] = range(first, first + len(rows))
    return cells if filled.all() else cells[filled].reset_index(drop=True)


def numbers(spellings: pd.Series) -> pd.Series:
    """Numbers, and text that is one (thousands separators included)."""
    written = spellings.where(spellings.str.fullmatch(_NUMBER) & (spellings.str.len() <= _LONGEST))
    found = pd.to_numeric(written.str.replace(r"[,\u00a0\u202f]", "", regex=True))
    return found.astype("Float64").mask(lambda number: number.abs() >= _TOO_MANY)


def integers(spellings: pd.Series) -> pd.Series:
    """Whole numbers; a decimal age (as some systems export) is rounded down to years lived."""
    return (numbers(spellings) // 1).astype("Int64")


def dates(spellings: pd.Series) -> pd.Series:
    """Dates from date cells, Excel day numbers and day-first text; times are dropped."""
    text = spellings.str.replace(r"[ T]\d{1,2}:\d{2}.*$", "", regex=True)
    serial = pd.to_numeric(text, errors="coerce")
    days = serial.where(serial.between(*_SERIALS)) // 1
    parsed = pd.to_datetime(days.astype("float64"), unit="D", origin="1899-12-30")
    parsed = parsed.astype("datetime64[s]")
    for layout in _DATE_FORMATS:
        todo = parsed.isna()
        if not todo.any():
            break
        attempt = pd.to_datetime(text[todo], format=layout, errors="coerce")
        parsed[todo] = attempt.astype("datetime64[s]")
    return parsed


@dataclass(frozen=True)
class _Code:
    """An entry of a code set, as `codes.yml` explains it."""

    code: str
    label: str
    token: re.Pattern[str] | None
    words: re.Pattern[str] | None

    @property
    def wording(self) -> str:
        return self.label or self.code


@lru_cache(maxsize=1)
def _code_sets() -> dict[str, list[_Code]]:
    path = Path(__file__).parent / "codes.yml"
    sets = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: [_code(**entry) for entry in entries] for name, entries in sets.items()}


def _code(code: str, label: str = "", token: str = "", words: str = "") -> _Code:
    return _Code(
        code,
        label,
        re.compile(_STANDS.replace("TOKEN", token), re.IGNORECASE) if token else None,
        re.compile(words, re.IGNORECASE) if words else None,
    )


def code_list(code_set: str) -> list[str]:
    """The codes of a code set, in its order."""
    return [entry.code for entry in _code_sets()[code_set]]


def codes(spellings: pd.Series, code_set: str) -> pd.Series:
    """Canonical codes of a code set: the first token that fits counts, else the first wording."""
    entries = _code_sets()[code_set]
    tries = [(entry.token, entry.code) for entry in entries if entry.token]
    tries += [(entry.words, entry.code) for entry in entries if entry.words]
    # A loop over distinct spellings, not rows (see `per_spelling`).
    found = [
        next((code for pattern, code in tries if pattern.search(text)), None)
        for text in (" ".join(spelling.split()) for spelling in spellings)
    ]
    return pd.Series(found, index=spellings.index, dtype="string")


def _caster(column: Column) -> Callable[[pd.Series], pd.Series] | None:
    if column.type == "category" and column.codes:
        code_set = column.codes
        return lambda spellings: codes(spellings, code_set)
    return {"number": numbers, "integer": integers, "date": dates}.get(column.type)


def cast(text: pd.Series, column: Column) -> pd.Series:
    """One column's text in its contract type, NA where it could not be used."""
    caster = _caster(column)
    return text if caster is None else per_spelling(text, caster)


def per_spelling(text: pd.Series, caster: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """A caster applied once to each distinct spelling: columns of 60,000 cells have few."""
    places, spellings = pd.factorize(text)
    typed = caster(pd.Series(spellings, dtype="string"))
    return pd.Series(typed.array.take(places, allow_fill=True), index=text.index)


def expected(column: Column) -> str:
    if column.type == "category" and column.codes:
        # Ofsted's letters order its wordings; a set without them stands in its own order.
        entries = sorted(_code_sets()[column.codes], key=lambda entry: entry.label)
        return "one of: " + "; ".join(entry.wording for entry in entries)
    return _EXPECTED.get(column.type, "text")


def suggestion(value: str, column: Column) -> str | None:
    """The valid value nearest to a category's text, in the wording that senders know.

    An error of the spreadsheet ("#N/A") is nobody's spelling.
    """
    if column.type != "category" or not column.codes or value.startswith("#"):
        return None
    entries = _code_sets()[column.codes]
    wordings = [text for entry in entries for text in (entry.wording, entry.code.replace("_", " "))]
    # The whole text, not a part of it: "Residence order" is no "Child assessment order".
    best = process.extractOne(
        value, wordings, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=_NEAR
    )
    return entries[best[2] // 2].wording if best else None


def conform(
    cells: pd.DataFrame, table: Table, resolution: Resolution, sheet: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Type a table's cells (as `table_cells` gives them) and evaluate its row rules.

    The result keeps `row` (as Excel numbers it), has every contract column that is not ignored (NA
    where the file had none), and loses no row: an unusable cell becomes NA with a finding.
    """
    findings: list[Finding] = []
    typed = {"row": cells["row"].astype("int64") + 1}
    positions = resolution.positions
    nothing = pd.Series(pd.NA, index=cells.index, dtype="string")
    for column in table.columns:
        if column.role == "ignore":
            continue
        text = cells[column.name] if column.name in positions else nothing
        typed[column.name] = cast(text, column)
        unusable = typed[column.name].isna() & text.notna()
        if unusable.any():
            finding = Finding(
                rule_id=f"{table.name}.{column.name}.type",
                severity="check",
                message=f"{column.headers[0]} is not usable",
                table=table.name,
                sheet=sheet,
                column=column.headers[0],
                expected=expected(column),
            )
            found = listed(finding, typed["row"][unusable], text[unusable], positions[column.name])
            findings += [replace(f, suggestion=suggestion(f.value or "", column)) for f in found]
    frame = pd.DataFrame(typed)
    for rule in table.rules:
        findings += broken(rule, frame, table, positions, sheet)
    return frame, findings


def listed(finding: Finding, rows: pd.Series, values: pd.Series, position: int) -> list[Finding]:
    """A finding for each row (as Excel numbers it); beyond a limit, one for all the rest."""
    pairs = zip(rows[:MAX_LISTED].tolist(), values[:MAX_LISTED].tolist(), strict=True)
    found = [
        replace(
            finding,
            cell=address(row - 1, position),
            row=row,
            value=None if pd.isna(value) else str(value),
        )
        for row, value in pairs
    ]
    rest = len(rows) - len(found)
    if rest:
        found.append(replace(finding, message=f"{finding.message} (and {rest} more)", count=rest))
    return found


def violations(rule: Rule, frame: pd.DataFrame) -> pd.Series:
    """True for each row that breaks the rule; empty cells break only `not_null`."""
    if rule.kind == "not_null":
        return frame[rule.column].isna()
    if rule.kind == "between":
        values = frame[rule.column]
        low = rule.min if rule.min is not None else float("-inf")
        high = rule.max if rule.max is not None else float("inf")
        return ((values < low) | (values > high)).fillna(False).astype(bool)
    if rule.kind == "not_before":
        return (frame[rule.column] < frame[rule.other]).fillna(False).astype(bool)
    present = frame[rule.columns].notna().all(axis=1)
    return frame.duplicated(rule.columns, keep="first") & present


def broken(
    rule: Rule, frame: pd.DataFrame, table: Table, positions: dict[str, int], sheet: str
) -> list[Finding]:
    """A finding for each row of a typed frame that breaks the rule, at the cell it speaks of."""
    name = rule.columns[-1] if rule.kind == "unique" else rule.column
    bad = violations(rule, frame)
    if name not in positions or not bad.any():
        return []
    finding = Finding(
        rule_id=rule.id,
        severity=rule.severity,
        message=rule.message,
        table=table.name,
        sheet=sheet,
        column=table.column(name).headers[0],
        expected=rule.expected,
        fix=rule.fix,
    )
    # As the sender wrote it, where the frame still knows.
    seen = frame[f"{name}_text"] if f"{name}_text" in frame else frame[name]
    return listed(finding, frame["row"][bad], seen[bad], positions[name])
