"""Cells to a typed frame, with a finding for every cell that could not be used.

Cells become trimmed text first; each caster then types every distinct spelling once, and gives NA
for what it could not use. A blank is never a problem here, presence is a rule's business. Nothing
here opens a file or knows which source a column came from.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ingestion import codes
from ingestion import dates as day_texts
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
# The outward half says the area, the inward half the street; the last sign of the outward half may
# be a letter (EC1A).
_POSTCODE = r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})"
# A column that is wrong throughout is one mistake: after this many cells the rest is a count.
MAX_LISTED = 200

# What readers give for a cell whose formula failed or was never calculated.
_ERROR = r"#[A-Z0-9/_]+[!?]?|Err:[0-9]+|\(formula without a saved result\)"
# Ofsted's guidance for Annex A: the age of a child not born yet.
UNBORN = -1
# In days: what came so shortly before a birth may have been about a child not born then.
_PREGNANCY = 280

_EXPECTED = {
    "text": "text, no formula that failed",
    "number": "a number",
    "integer": "a whole number",
    "years": "an age in years",
    "date": "a date, day first (31/12/2025)",
    "identifier": "an id with at least one digit",
    "postcode": "a whole postcode (SW1A 1AA)",
}


def text_of(cells: Sequence[Any]) -> pd.Series:
    """Cells as trimmed text, an integral float without its `.0`; empty cells are NA."""
    return pd.Series([_text(cell) for cell in cells], dtype="string")


def _categories_of(cells: Sequence[Any]) -> pd.Categorical:
    """The same as categories: of a column in which cells repeat each text is made once."""
    numbers = _Numbers()
    # True and 1 are one key, and not one text.
    mixed = bool in set(map(type, cells))
    places = np.array([*map(numbers.of if mixed else numbers.__getitem__, cells)], dtype="int64")
    return pd.Categorical.from_codes(places, categories=pd.Index([*numbers.texts], dtype="str"))


class _Numbers(dict[Any, int]):
    """The number of each cell's text among those seen; -1 for an empty cell."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, int] = {}

    def of(self, cell: object) -> int:
        text = _text(cell)
        return -1 if text is None else self.texts.setdefault(text, len(self.texts))

    def __missing__(self, cell: object) -> int:
        number = self[cell] = self.of(cell)
        return number


def _text_of_text(cells: Sequence[str]) -> pd.Series:
    """The same for cells that are text already, as those of a CSV are: ten times as fast."""
    text = pd.Series(cells, dtype="string").str.strip()
    return text.mask(text == "")


def _text(cell: object) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None


def table_cells(
    sheet: Sheet, resolution: Resolution, repeating: bool = False, above: Sequence[int] = ()
) -> pd.DataFrame:
    """The rows under the header as text: a column for each match, and `row`, the zero-based row.

    A row with nothing in any of those columns is an empty row, not a record. With `repeating` the
    columns are categories of their texts, which takes a fraction of the time where cells repeat.
    `above` are rows over the header that belong to the table all the same.
    """
    lines = [*above, *range(resolution.row + 1, len(sheet.rows))]
    as_text: Callable[[Sequence[Any]], Any] = _categories_of
    if not repeating:
        as_text = text_of if sheet.delimiter is None else _text_of_text
    positions = resolution.positions
    width = max(positions.values()) + 1
    rows = [
        row if len(row) >= width else [*row, *[""] * (width - len(row))]
        for row in map(sheet.rows.__getitem__, lines)
    ]
    cells = pd.DataFrame(
        {name: as_text([row[place] for row in rows]) for name, place in positions.items()}
    )
    filled = cells.notna().any(axis=1)
    cells["row"] = lines
    return cells if filled.all() else cells[filled].reset_index(drop=True)


def numbers(spellings: pd.Series) -> pd.Series:
    """Numbers, and text that is one (thousands separators included)."""
    written = spellings.where(spellings.str.fullmatch(_NUMBER) & (spellings.str.len() <= _LONGEST))
    # As floats at once: an integer past 64 bits stops pandas' own conversion.
    found = written.str.replace(r"[,\u00a0\u202f]", "", regex=True).astype("Float64")
    return found.mask(lambda number: number.abs() >= _TOO_MANY)


def integers(spellings: pd.Series) -> pd.Series:
    """Whole numbers; half a child is none."""
    found = numbers(spellings)
    return found.mask(found % 1 != 0).astype("Int64")


def years(spellings: pd.Series) -> pd.Series:
    """Years lived: a decimal age, as some systems export, is rounded down."""
    return (numbers(spellings) // 1).astype("Int64")


def dates(spellings: pd.Series, day_0: date = day_texts.FROM_1900) -> pd.Series:
    """Dates from date cells, Excel day numbers and day-first text; times are dropped."""
    found = [
        day_texts.parse(text, day_0) if isinstance(text, str) else None
        for text in spellings.to_numpy(dtype=object)
    ]
    return pd.Series(pd.to_datetime(pd.Series(found, dtype="object")).astype("datetime64[s]"))


def texts(spellings: pd.Series) -> pd.Series:
    """Text, but for what a spreadsheet shows where a formula failed."""
    return spellings.mask(spellings.str.fullmatch(_ERROR))


def identifiers(spellings: pd.Series) -> pd.Series:
    """Ids as one spelling each: case and leading zeros, which Excel drops, tell no two apart.

    Without a digit ("n/a", "unknown") it is the id of nobody; of 1.23457E+11 the last are gone.
    """
    known = texts(spellings).where(spellings.str.contains("[0-9]"))
    known = known.mask(known.str.fullmatch(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+"))
    return known.str.upper().str.replace(r"^0+(?=[0-9]+$)|(?<=[0-9])\.0$", "", regex=True)


def postcodes(spellings: pd.Series) -> pd.Series:
    """Postcodes in the form in which they are written: upper case, one space."""
    parts = spellings.str.upper().str.replace(" ", "").str.extract(f"^{_POSTCODE}$")
    return parts[0] + " " + parts[1]


def _caster(column: Column, day_0: date) -> Callable[[pd.Series], pd.Series] | None:
    if column.type == "category" and column.codes:
        code_set = column.codes
        return lambda spellings: _codes(spellings, code_set)
    if column.type == "date":
        return lambda spellings: dates(spellings, day_0)
    return {
        "text": texts,
        "number": numbers,
        "integer": integers,
        "years": years,
        "identifier": identifiers,
        "postcode": postcodes,
    }.get(column.type)


class Casts:
    """Columns' text in their contract types; each distinct spelling is typed once for a whole file.

    The same children, days and codes stand on every list. `day_0` is the workbook's.
    """

    def __init__(self, day_0: date = day_texts.FROM_1900) -> None:
        self._day_0 = day_0
        self._known: dict[tuple[str, str | None], tuple[dict[str, int], pd.Series]] = {}

    def cast(self, text: pd.Series, column: Column) -> pd.Series:
        """One column in its type, NA where a cell could not be used."""
        caster = _caster(column, self._day_0)
        if caster is None:
            return text
        kind = (column.type, column.codes)

        def typed(spellings: pd.Series) -> pd.Series:
            places, known = self._known.get(kind, ({}, None))
            new = [spelling for spelling in spellings if spelling not in places]
            if new or known is None:
                more = caster(pd.Series(new, dtype="string"))
                known = more if known is None else pd.concat([known, more], ignore_index=True)
                places |= {spelling: len(places) + i for i, spelling in enumerate(new)}
                self._known[kind] = places, known
            return known.take([places[spelling] for spelling in spellings])

        return per_spelling(text, typed)


def cast(text: pd.Series, column: Column) -> pd.Series:
    """One column by itself in its contract type, NA where a cell could not be used."""
    return Casts().cast(text, column)


def per_spelling(text: pd.Series, caster: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """A caster applied once to each distinct spelling: columns of 60,000 cells have few.

    It gets them as Python's own texts: one by one out of Arrow takes ten times as long.
    """
    if isinstance(text.dtype, pd.CategoricalDtype):
        places, distinct = text.cat.codes.to_numpy(), text.cat.categories
    else:
        places, distinct = pd.factorize(text)
    typed = caster(pd.Series(np.asarray(distinct, dtype=object), dtype=object))
    return pd.Series(typed.array.take(places, allow_fill=True), index=text.index)


def _codes(spellings: pd.Series, code_set: str) -> pd.Series:
    return pd.Series(codes.match(spellings, code_set), index=spellings.index, dtype="string")


def expected(column: Column) -> str:
    if column.type == "category" and column.codes:
        return "one of: " + "; ".join(codes.wordings(column.codes))
    return _EXPECTED.get(column.type, _EXPECTED["text"])


def suggestion(value: str, column: Column) -> str | None:
    """The valid value nearest to a category's text, in the wording that senders know."""
    if column.type != "category" or not column.codes:
        return None
    return codes.nearest(value, column.codes)


def conform(
    cells: pd.DataFrame,
    table: Table,
    resolution: Resolution,
    sheet: str,
    extracted: date | None = None,
    casts: Casts | None = None,
    by_hand: bool = False,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Type a table's cells (as `table_cells` gives them) and evaluate its row rules.

    The result keeps `row` (as Excel numbers it), has every contract column that is not ignored (NA
    where the file had none), and loses no row: an unusable cell becomes NA with a finding. Rules on
    the future need the day on which the file was `extracted`; `casts` are shared by a file's lists.
    Lists that people make (`by_hand`) may be in American order as a whole.
    """
    casts = casts or Casts()
    findings: list[Finding] = []
    typed = {"row": cells["row"].astype("int64") + 1}
    positions = resolution.positions
    nothing = pd.Series(pd.NA, index=cells.index, dtype="string")
    doubtful = _doubtful_dates(cells, table) if by_hand else {}
    for column in table.columns:
        if column.role == "ignore":
            continue
        text = cells[column.name] if column.name in positions else nothing
        typed[column.name] = casts.cast(text, column)
        if column.name in doubtful:
            typed[column.name] = typed[column.name].mask(text.isin(doubtful[column.name]))
        unusable = typed[column.name].isna() & text.notna()
        if unusable.any():
            place = positions[column.name]
            findings += _unusable(
                typed["row"][unusable], text[unusable], column, place, table, sheet
            )
    frame = pd.DataFrame(typed)
    for rule in table.rules:
        findings += broken(rule, frame, table, positions, sheet, extracted)
    return frame, findings


def _doubtful_dates(cells: pd.DataFrame, table: Table) -> dict[str, set[str]]:
    """Texts of each date column that say nothing, because the list has dates in American order."""
    dated = [c.name for c in table.columns if c.type == "date" and c.name in cells]
    columns = {name: cells[name].dropna() for name in dated}
    if not any(day_texts.any_by_numbers(text.unique()) for text in columns.values()):
        return {}
    orders = {name: day_texts.order_of(text) for name, text in columns.items()}
    is_american = any(order.majority > 0 for order in orders.values())
    return {name: order.doubtful(is_american) for name, order in orders.items()}


def _unusable(
    rows: pd.Series, text: pd.Series, column: Column, position: int, table: Table, sheet: str
) -> list[Finding]:
    """A finding for each cell that could not be used, with what may be meant."""
    finding = Finding(
        rule_id=f"{table.name}.{column.name}.type",
        severity="check",
        message=f"{column.headers[0]} is not usable",
        table=table.name,
        sheet=sheet,
        column=column.headers[0],
        expected=expected(column),
    )
    found = listed(finding, rows, text, position)
    if column.type != "date":
        return [replace(f, suggestion=suggestion(f.value or "", column)) for f in found]
    return [
        replace(f, message=f.message.replace("is not usable", what), suggestion=meant)
        for f in found
        for what, meant in [day_texts.trouble(f.value or "")]
    ]


def listed(
    finding: Finding,
    rows: pd.Series,
    values: pd.Series,
    position: int | None,
    meant: pd.Series | None = None,
) -> list[Finding]:
    """A finding for each row (as Excel numbers it), with what may be `meant` where that is known.

    Without a position it names no cell. Beyond a limit, one finding stands for all the rest.
    """
    columns = [rows, values, values if meant is None else meant]
    found = [
        replace(
            finding,
            cell=None if position is None else address(row - 1, position),
            row=row,
            value=None if pd.isna(value) else str(value),
            suggestion=None if meant is None or pd.isna(nearest) else str(nearest),
        )
        for row, value, nearest in zip(*(c[:MAX_LISTED].tolist() for c in columns), strict=True)
    ]
    rest = len(rows) - len(found)
    if rest:
        found.append(replace(finding, message=f"{finding.message} (and {rest} more)", count=rest))
    return found


def violations(rule: Rule, frame: pd.DataFrame, extracted: date | None = None) -> pd.Series:
    """True for each row that breaks the rule; empty cells break only `not_null`."""
    if rule.kind == "not_null":
        empty = frame[rule.column].isna()
        return empty & frame[rule.unless].isna() if rule.unless else empty
    if rule.kind == "unique":
        present = frame[rule.columns].notna().all(axis=1)
        return frame.duplicated(rule.columns, keep="first") & present
    values = frame[rule.column]
    if rule.kind == "between":
        low = rule.min if rule.min is not None else float("-inf")
        high = rule.max if rule.max is not None else float("inf")
        bad = (values < low) | (values > high)
    elif rule.kind == "not_before":
        bad = values < frame[rule.other]
    else:
        bad = values > pd.Timestamp(extracted or date.max)
    bad = bad.fillna(False).astype(bool)
    if rule.kind != "between" and rule.unborn and bad.any():
        bad &= (frame["age_years"] != UNBORN).fillna(True).astype(bool)
    return bad


def broken(
    rule: Rule,
    frame: pd.DataFrame,
    table: Table,
    positions: dict[str, int],
    sheet: str,
    extracted: date | None = None,
) -> list[Finding]:
    """A finding for each row of a typed frame that breaks the rule, at the cell it speaks of."""
    name = rule.columns[-1] if rule.kind == "unique" else rule.column
    if name not in positions:
        return []
    bad = violations(rule, frame, extracted)
    if not bad.any():
        return []
    finding = Finding(
        rule_id=rule.id,
        severity=rule.severity,
        message=rule.message,
        table=table.name,
        sheet=sheet,
        column=table.column(name).headers[0],
        expected=rule.expected or _asked_for(rule, table, extracted),
        fix=rule.fix,
    )
    # As the sender wrote it, where the frame still knows.
    seen = frame[f"{name}_text"] if f"{name}_text" in frame else frame[name]
    seen = shown(seen)
    if rule.kind != "not_before" or not rule.unborn:
        return listed(finding, frame["row"][bad], seen[bad], positions[name])
    expecting = bad & ((frame[rule.other] - frame[name]).dt.days <= _PREGNANCY)
    noted = replace(finding, severity="note")
    return [
        *listed(finding, frame["row"][bad & ~expecting], seen[bad & ~expecting], positions[name]),
        *listed(noted, frame["row"][expecting], seen[expecting], positions[name]),
    ]


def _asked_for(rule: Rule, table: Table, extracted: date | None) -> str | None:
    """What would have kept a rule, where the rule itself does not say it."""
    if rule.kind == "not_null":
        return "a value"
    if rule.kind == "not_before":
        return f"the day of “{table.column(rule.other).headers[0]}” or a later one"
    if rule.kind == "not_future" and extracted is not None:
        return f"{extracted:%d/%m/%Y}, the day of the extract, or an earlier one"
    if rule.kind == "between":
        low, high = (None if bound is None else f"{bound:g}" for bound in (rule.min, rule.max))
        return f"{low} or more" if high is None else f"{low} to {high}"
    return "a row of its own" if rule.kind == "unique" else None


def shown(values: pd.Series) -> pd.Series:
    """Values as a finding quotes them: dates as people write them."""
    return values.dt.strftime("%d/%m/%Y") if values.dtype.kind == "M" else values.astype("string")
