"""Cells to a typed frame, with a finding for every cell that could not be used.

Each caster takes an object Series (one column's cells as read) and returns typed values and a mask
of the cells it could not use; a blank is never a problem here, presence is a rule's business.
Everything is vectorised. Nothing here opens a file or knows which source a column came from.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd
import yaml
from rapidfuzz import process

from ingestion.contract import Column, Rule, Table
from ingestion.findings import Finding, address
from ingestion.headers import Resolution

_NUMBER = r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$|^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$"
# Day first, always: American order is a finding, never a guess.
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%b-%Y", "%d-%b-%y", "%d.%m.%Y", "%d-%m-%Y")
# Excel's day numbers for 1955 to 2064: anything else in a date column is not a date.
_SERIALS = (20_000, 60_000)

_EXPECTED = {
    "number": "a number",
    "integer": "a whole number",
    "date": "a date, day first (31/12/2025)",
}


def text_of(cells: pd.Series) -> pd.Series:
    """Cells as trimmed text, an integral float without its `.0`; empty cells are NA."""
    text = cells.astype("string").str.strip()
    integral = cells.map(lambda cell: isinstance(cell, float) and cell.is_integer())
    text = text.mask(integral, text.str.replace(r"\.0$", "", regex=True))
    return text.replace("", pd.NA)


def numbers(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers and text that is one (thousands separators included); booleans are none."""
    text = text_of(cells)
    written = text.str.match(_NUMBER).fillna(False).astype(bool)
    values = pd.to_numeric(text.where(written).str.replace(",", ""), errors="coerce")
    return values.astype("Float64"), text.notna() & ~written


def integers(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Whole numbers; a decimal age (as some systems export) is rounded down to years lived."""
    values, bad = numbers(cells)
    floored = values.to_numpy(dtype="float64", na_value=float("nan")) // 1
    return pd.Series(floored, index=cells.index).astype("Int64"), bad


def dates(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Dates from date cells, Excel day numbers and day-first text; times are dropped."""
    text = text_of(cells).str.replace(r"[ T]\d{1,2}:\d{2}.*$", "", regex=True)
    parsed = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[s]")
    serial = pd.to_numeric(text, errors="coerce")
    serial = serial.where(serial.between(*_SERIALS))
    if serial.notna().any():
        parsed = (pd.Timestamp("1899-12-30") + pd.to_timedelta(serial // 1, unit="D")).astype(parsed.dtype)
    for layout in _DATE_FORMATS:
        todo = text.notna() & parsed.isna()
        if not todo.any():
            break
        attempt = pd.to_datetime(text[todo], format=layout, errors="coerce")
        parsed[todo] = attempt.astype(parsed.dtype)
    return parsed, text.notna() & parsed.isna()


@lru_cache(maxsize=1)
def _code_sets() -> dict[str, list[dict[str, str]]]:
    path = Path(__file__).parent / "codes.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def codes(cells: pd.Series, code_set: str) -> tuple[pd.Series, pd.Series]:
    """Canonical codes of a code set, matched once per distinct spelling."""
    text = text_of(cells)
    spellings = pd.Series(text.dropna().unique(), dtype="string")
    found = pd.Series(pd.NA, index=spellings.index, dtype="string")
    for entry in _code_sets()[code_set]:
        hit = spellings.str.contains(entry["pattern"], case=False, regex=True).astype(bool)
        found = found.mask(hit & found.isna(), entry["code"])
    mapped = text.map(dict(zip(spellings, found, strict=True))).astype("string")
    return mapped, text.notna() & mapped.isna()


def cast(cells: pd.Series, column: Column) -> tuple[pd.Series, pd.Series]:
    """One column's cells in its contract type, and which of them could not be used."""
    if column.type == "category" and column.codes:
        return codes(cells, column.codes)
    caster = {"number": numbers, "integer": integers, "date": dates}.get(column.type)
    if caster is None:
        return text_of(cells), pd.Series(False, index=cells.index)
    return caster(cells)


def expected(column: Column) -> str:
    if column.type == "category" and column.codes:
        return "one of: " + ", ".join(entry["code"] for entry in _code_sets()[column.codes])
    return _EXPECTED.get(column.type, "text")


def suggestion(value: str, column: Column) -> str | None:
    """The nearest valid code, for category columns."""
    if column.type != "category" or not column.codes:
        return None
    valid = [entry["code"] for entry in _code_sets()[column.codes]]
    best = process.extractOne(value.lower(), valid, score_cutoff=60)
    return best[0] if best else None


def conform(
    cells: pd.DataFrame, table: Table, resolution: Resolution, sheet: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Type a table's cells and evaluate its row rules.

    `cells` holds one object column per resolved contract column and a `row` column with the
    zero-based sheet row. The result keeps `row` (as Excel numbers it), has every contract column that
    is not ignored (NA where the file had none), and loses no row: an unusable cell becomes NA with a finding.
    """
    findings: list[Finding] = []
    typed = {"row": cells["row"].astype("int64") + 1}
    positions = resolution.positions
    for column in table.columns:
        if column.role == "ignore":
            continue
        present = column.name in positions
        values = cells[column.name] if present else pd.Series("", index=cells.index, dtype=object)
        typed[column.name], bad = cast(values, column)
        seen = text_of(values[bad]) if bad.any() else pd.Series(dtype="string")
        for index, value in seen.items():
            findings.append(
                Finding(
                    rule_id=f"{table.name}.{column.name}.type",
                    severity="check",
                    message=f"{column.headers[0]} is not usable",
                    table=table.name,
                    sheet=sheet,
                    cell=address(int(cells.at[index, "row"]), positions[column.name]),
                    row=int(cells.at[index, "row"]) + 1,
                    column=column.headers[0],
                    value=value,
                    expected=expected(column),
                    suggestion=suggestion(value, column),
                )
            )
    frame = pd.DataFrame(typed)
    for rule in table.rules:
        findings.extend(_broken(rule, frame, table, positions, sheet))
    return frame, findings


def violations(rule: Rule, frame: pd.DataFrame) -> pd.Series:
    """True for each row that breaks the rule; empty cells break only `not_null`."""
    if rule.kind == "not_null":
        return frame[rule.column].isna()
    if rule.kind == "between":
        values = frame[rule.column]
        low = values < rule.min if rule.min is not None else False
        high = values > rule.max if rule.max is not None else False
        return (low | high).fillna(False).astype(bool)
    if rule.kind == "not_before":
        return (frame[rule.column] < frame[rule.other]).fillna(False).astype(bool)
    present = frame[rule.columns].notna().all(axis=1)
    return frame.duplicated(rule.columns, keep="first") & present


def _broken(
    rule: Rule, frame: pd.DataFrame, table: Table, positions: dict[str, int], sheet: str
) -> Sequence[Finding]:
    name = rule.columns[-1] if rule.kind == "unique" else rule.column
    if name not in positions:
        return []
    column = table.column(name)
    bad = frame.loc[violations(rule, frame), ["row", name]]
    return [
        Finding(
            rule_id=rule.id,
            severity=rule.severity,
            message=rule.message,
            table=table.name,
            sheet=sheet,
            cell=address(int(row) - 1, positions[name]),
            row=int(row),
            column=column.headers[0],
            value=None if pd.isna(value) else str(value),
            expected=rule.fix,
        )
        for row, value in bad.itertuples(index=False)
    ]
