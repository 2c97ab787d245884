"""The rows of a return: which measure each is, and what its value says.

Every row of the sheet ends in the result or in a finding. A measure left empty is `not_returned`, a
symbol is its status, anything else that is no number of the measure's unit is `failed`. Which sheet
is read, and whose it is, is settled in `returns.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from ingestion import aliases as remembering
from ingestion import conform, headers, rules
from ingestion.aliases import Aliases
from ingestion.contract import Table, contract
from ingestion.findings import Finding, address
from ingestion.headers import Resolution
from ingestion.labels import Meaning, Names
from ingestion.periods import Quarter
from ingestion.readers import Sheet
from ingestion.readers.notes import UNCALCULATED
from ingestion.region import REGION
from ingestion.registry import indicator_set_in_force, measures_of_set, names_of_measures, seed

_ERROR = r"#[A-Z0-9/_]+[!?]?|Err:\d+"
_PERCENTAGE = r"-?[\d.,]+ ?%"
_TOTAL = r"(?:grand |sub ?)?totals?|sum"
# A cell with a digit or an error was meant to say a figure.
_FIGURE = r"[0-9#]"
# 112,375 in a file parted by semicolons: a hundred thousand, or a hundred and twelve and a bit.
_AMBIGUOUS = r"[+-]?[0-9]{1,3},[0-9]{3}"
# What somebody means who writes a word for zero; still a question, never a guess.
_ZERO = ("nil", "none", "zero", "nought")
# A formula leaves 11.999999999998 behind; that is no fraction of a child.
_ROUNDING = 1e-6
_NO_MEANING = Meaning("", None, None, float("nan"))


@dataclass(frozen=True)
class _Place:
    """Where findings of one sheet's table point to."""

    table: Table
    sheet: Sheet
    positions: dict[str, int]

    def listed(
        self,
        rule: str,
        severity: str,
        message: str,
        cells: pd.DataFrame,
        which: pd.Series,
        column: str = "value",
        expected: str | None = None,
    ) -> list[Finding]:
        """One finding for each row of `which`, with the cell and the content of one column."""
        if not which.any():
            return []
        rows = cells[which]
        header = self.table.column(column).headers[0]
        finding = Finding(
            rule,
            severity,
            message,
            self.table.name,
            self.sheet.name,
            column=header,
            expected=expected,
        )
        return conform.listed(finding, rows["row"] + 1, rows[column], self.positions[column])


def values(
    sheet: Sheet,
    table: Table,
    resolution: Resolution,
    quarter: str | None,
    aliases: Aliases,
    la: str | None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """One row per measure row: typed value, unit, status, comment, and where its value stands."""
    positions = resolution.positions
    # A finding about a column that the file lacks points to the one that stands in for it.
    naming = positions.get("measure_code", positions.get("measure_label", 0))
    standing_in = {"measure_code": naming, "measure_label": naming, "comment": positions["value"]}
    place = _Place(table, sheet, standing_in | positions)
    cells = conform.table_cells(sheet, resolution)
    nothing = pd.Series(pd.NA, index=cells.index, dtype="string")
    cells = cells.assign(
        **{c: nothing for c in ("measure_code", "measure_label", "comment") if c not in cells}
    )
    asked = _asked(quarter) if quarter else {}
    cells, blocked, findings = _measures(cells, place, aliases, la, set(asked))
    findings += _headers_below(place, resolution)
    frame, found = _typed(cells, place)
    findings += found + _missing(frame, place, quarter, asked, blocked)
    findings += rules.evaluate(table, frame, sheet.name)
    if frame["value"].isna().all():
        message = "The return holds no figure at all"
        fix = None
        if (frame["value_status"] == "failed").any():
            message, fix = "No figure of the return can be used", "Put right the cells named here"
        finding = Finding("return.values.none", "block", message, table.name, sheet.name, fix=fix)
        findings.append(finding)
    else:
        findings += _unanswered(frame, place)
    return frame, findings


def _unanswered(frame: pd.DataFrame, place: _Place) -> list[Finding]:
    """Values left empty without a word; one with a comment is a gap that is explained."""
    empty = (
        (frame["value_status"] == "not_returned")
        & frame["value_text"].isna()
        & frame["comment"].isna()
    )
    cells = pd.DataFrame({"row": frame["row"] - 1, "value": frame["value_text"]})
    message = "The value is empty and no comment says why"
    expected = "a number, or - with a comment"
    return place.listed("return.value.empty", "check", message, cells, empty, expected=expected)


def _headers_below(place: _Place, resolution: Resolution) -> list[Finding]:
    """A second table under the first, perhaps with its columns in another order."""
    rows = headers.headers_below(place.sheet.rows, place.table.columns, resolution)
    return [
        Finding(
            "return.table.second",
            "check",
            "This row is a header again; what stands below was read by the first header",
            place.table.name,
            place.sheet.name,
            cell=address(row, 0),
            row=row + 1,
            expected="one table with one header row",
        )
        for row in rows
    ]


def _measures(
    cells: pd.DataFrame, place: _Place, aliases: Aliases, la: str | None, asked: set[str]
) -> tuple[pd.DataFrame, set[str], list[Finding]]:
    """The rows that name a measure, with its code as registered, and what became of the others:
    measures whose rows contradict themselves, and findings.

    Code and description each name it; one that is certain outweighs one that is not, and two that
    are as sure as each other and differ leave the row open.
    """
    names = _names(tuple(sorted(aliases.measures.items())))
    code, label = (_meanings(cells[name], names) for name in ("measure_code", "measure_label"))
    both = code["key"].notna() & label["key"].notna()
    conflict = both & (code["key"] != label["key"]) & (code["certain"] == label["certain"])
    by_code = code["key"].notna() & (code["certain"] | ~label["certain"])
    taken = code.where(by_code, label)
    key = taken["key"].mask(conflict)
    blocked, open_rows = conflict & code["certain"], key.isna()

    findings = place.listed(
        "return.measure.disagrees",
        "block",
        "Code and description on this row are of different measures",
        cells,
        blocked,
        "measure_code",
    )
    findings = [
        replace(finding, expected=f"the code {other}, or the description of this code")
        for finding, other in zip(findings, label["key"][blocked], strict=False)
    ]
    # What may be meant by a row in question: a measure that is asked for and has no row yet.
    others = set(names.keys) - asked | set(key.dropna())
    findings += _unknown(cells[open_rows & ~blocked], place, names, la, others)

    # Rows whose measure is not written as issued: what each was taken for, and how surely.
    alike = taken["score"].round().astype("Int64").astype("string") + "% alike"
    how = taken["how"]
    reason = how.map({"alias": "as remembered"}).astype("string").mask(how == "fuzzy", alike)
    if "measure_code" in cells and cells["measure_code"].notna().any():
        reason = reason.mask(reason.isna() & ~by_code, "by its description")
    read = key.notna() & reason.notna()
    messages = "“" + taken["written"] + "” was read as " + key + " (" + reason + ")"
    told = cells.assign(measure_code=taken["written"])
    # A likeness is asked about; what is certain or remembered is only said.
    for severity, which in (("check", how == "fuzzy"), ("note", how != "fuzzy")):
        rows = read & which
        found = place.listed("return.measure.resolved", severity, "", told, rows, "measure_code")
        findings += [replace(f, message=m) for f, m in zip(found, messages[rows], strict=False)]
    # A description that is not as issued beside a code that is: the code counted.
    odd = key.notna() & ~read & by_code & cells["measure_label"].notna() & ~label["certain"]
    message = "The description is not the one issued; the code counted"
    another = both & (code["key"] != label["key"])
    for severity, rows in (("check", odd & another), ("note", odd & ~another)):
        findings += place.listed(
            "return.measure.resolved", severity, message, cells, rows, "measure_label"
        )
    known = cells.assign(measure_code=key.astype("string"))[key.notna()]
    contradicted = {*code["key"][blocked], *label["key"][blocked]}
    return known.reset_index(drop=True), contradicted, findings


def _meanings(written: pd.Series, names: Names) -> pd.DataFrame:
    """What each name means, nothing included: columns written, key, how, score, certain."""
    found = {text: names.find(text) or _NO_MEANING for text in written.dropna().unique()}
    meanings = [found.get(text, _NO_MEANING) for text in written]
    columns = list(vars(_NO_MEANING))
    frame = pd.DataFrame([vars(m) for m in meanings], index=written.index, columns=columns)
    return frame.assign(certain=frame["how"].isin(["exact", "normalised", "alias"]))


def _unknown(
    cells: pd.DataFrame, place: _Place, names: Names, la: str | None, taken: set[str]
) -> list[Finding]:
    """Rows that name no measure. One with a figure is a loss, and a person has to say what is
    meant; totals and text alone are not asked for.
    """
    if cells.empty:
        return []
    name = cells["measure_code"].fillna(cells["measure_label"])
    figure = cells["value"].str.contains(_FIGURE).fillna(False).astype(bool)
    total = name.str.strip(" :").str.fullmatch(_TOTAL, case=False).fillna(False).astype(bool)
    cells = cells.assign(measure_code=name)
    loss, column = figure & ~total, "measure_code"
    lost = place.listed("return.measure.unknown", "check", "", cells, loss, column)
    findings = [
        _question(finding, figure, names, la, taken)
        for finding, figure in zip(lost, cells["value"][loss], strict=False)
    ]
    message = "A total is not asked for and was not used"
    findings += place.listed("return.row.total", "note", message, cells, total, column)
    message = "This row names no measure and has no figure"
    return findings + place.listed(
        "return.row.text", "note", message, cells, ~figure & ~total & name.notna(), column
    )


def _question(
    finding: Finding, figure: str, names: Names, la: str | None, taken: set[str]
) -> Finding:
    """One row nobody but the sender can place: its figure, and how to make it understood.

    A measure that has a row of its own is no suggestion.
    """
    written = finding.value or ""
    nearest = names.nearest(written, taken)
    fix = finding.fix
    if written:
        example = remembering.line(la, "measure", written, "<code>")
        fix = (
            f"Write the measure’s code as issued. Where {REGION.alliance} knows what is meant, it"
            f" can remember the name: a line {example} in a file of aliases/"
        )
    return replace(
        finding,
        message=f"This row names no measure; its figure {figure} was not used" + finding.message,
        expected="a code or description as issued in the template",
        suggestion=nearest,
        fix=fix,
    )


@lru_cache
def _names(remembered: tuple[tuple[str, str], ...]) -> Names:
    return Names(names_of_measures(), dict(remembered))


def _typed(cells: pd.DataFrame, place: _Place) -> tuple[pd.DataFrame, list[Finding]]:
    """Values typed by their measure's unit, each with a status; a finding for what is no number."""
    sent, row = cells["value"], cells["row"]
    at = place.positions["value"]
    units = seed("registry/measures").set_index("measure_code")["unit"]
    unit = cells["measure_code"].map(units).astype("string")
    status = _symbols(sent)
    number = conform.per_spelling(sent.mask(status.notna()), conform.numbers)
    is_count = unit == "count"
    shown = pd.Series([(r, at) in place.sheet.percents for r in row], index=row.index, dtype=bool)
    percent = sent.str.fullmatch(_PERCENTAGE) | shown
    semicolons = place.sheet.delimiter == ";"
    ambiguous = ~is_count & semicolons & sent.str.fullmatch(_AMBIGUOUS)
    whole = number.round()

    findings: list[Finding] = []
    open_cells = sent.notna() & status.isna()
    for rule, message, expected, bad in (
        (
            "return.value.percent",
            "A percentage stands where the number itself is asked for",
            "a number",
            percent,
        ),
        ("return.value.error", "The formula has an error", "a number", sent.str.fullmatch(_ERROR)),
        (
            "return.value.uncalculated",
            "The formula was saved without its result",
            "a number",
            sent == UNCALCULATED,
        ),
        (
            "return.value.whole",
            "Children and events are counted in whole numbers",
            "a whole number",
            is_count & ((number - whole).abs() > _ROUNDING),
        ),
        (
            "return.value.comma",
            "In a file parted by semicolons this comma may be a decimal one",
            "a number with a point before its decimals and no comma",
            ambiguous,
        ),
        ("return_values.value.type", "The value is not a number", "a number", number.isna()),
    ):
        rows = (open_cells & bad.fillna(False)).astype(bool)
        open_cells &= ~rows
        number = number.mask(rows)
        found = place.listed(rule, "check", message, cells, rows, expected=expected)
        findings += [replace(f, suggestion=_zero(f.value)) for f in found]
    findings += _as_written(cells, place, status, number.notna())

    status = status.mask(number.notna(), "ok").mask(
        status.isna() & sent.notna() & number.isna(), "failed"
    )
    frame = pd.DataFrame(
        {
            "row": row.astype("int64") + 1,
            "measure_code": cells["measure_code"],
            "unit": unit,
            "value": number.mask(is_count, whole.mask(number.isna())),
            "value_status": status.fillna("not_returned").astype("string"),
            "value_text": sent,
            "comment": cells["comment"],
            "sheet": pd.Series(place.sheet.name, index=cells.index, dtype="string"),
            "cell": pd.Series([address(r, at) for r in row], index=cells.index, dtype="string"),
        }
    )
    for each in place.table.rules:
        findings += conform.broken(each, frame, place.table, place.positions, place.sheet.name)
    return frame, findings


def _symbols(sent: pd.Series) -> pd.Series:
    """The status that stands for a number, where one does."""
    known, text = contract("return"), sent.str.lower()
    status = text.map(known.symbols)
    for pattern, meaning in known.patterns.items():
        matches = text.str.fullmatch(pattern).fillna(False).astype(bool)
        status = status.mask(status.isna() & matches, meaning)
    return status


def _zero(value: str | None) -> str | None:
    return "0" if (value or "").lower() in _ZERO else None


def _as_written(
    cells: pd.DataFrame, place: _Place, status: pd.Series, usable: pd.Series
) -> list[Finding]:
    """What was read otherwise than it may look: symbols, text that is a number, hidden rows."""
    labels = seed("registry/value_statuses").set_index("value_status")["label"]
    withheld = status == "c"
    findings = place.listed(
        "return.value.withheld",
        "check",
        "A small number is kept back; the alliance needs the number itself",
        cells,
        withheld,
        expected="a number",
    )
    symbol = status.notna() & ~withheld
    found = place.listed("return.value.symbol", "note", "", cells, symbol)
    findings += [
        replace(f, message=f"Read as: {labels[s].lower()}, no figure")
        for f, s in zip(found, status[symbol], strict=False)
    ]
    at = place.positions["value"]
    # A row may end before the column: what it lacks is no text either.
    raw = [next(iter(place.sheet.rows[r][at : at + 1]), None) for r in cells["row"]]
    # In a text file every cell is text; in a workbook a number kept as text is worth a word.
    workbook = not all(isinstance(cell, str) for row in place.sheet.rows for cell in row)
    is_text = pd.Series([isinstance(cell, str) for cell in raw], index=cells.index, dtype=bool)
    text = usable & is_text & workbook
    message = "The number is stored as text; it was read as a number"
    findings += place.listed("return.value.text", "note", message, cells, text)

    hidden = cells["row"].isin(place.sheet.hidden_rows) & cells["value"].notna()
    message = "This row is hidden, and its figure is used"
    findings += place.listed("return.row.hidden", "check", message, cells, hidden)
    noted = conform.per_spelling(cells["comment"], conform.numbers).notna() & cells["value"].isna()
    message = "The value is empty and the comment holds a number"
    return findings + place.listed("return.value.beside", "check", message, cells, noted, "comment")


def _missing(
    frame: pd.DataFrame,
    place: _Place,
    quarter: str | None,
    asked: Mapping[str, str],
    elsewhere: set[str],
) -> list[Finding]:
    """Measures asked for in the quarter that have no row, nor one that is in question."""
    table, sheet = place.table, place.sheet.name
    if quarter is not None and not asked:
        message = f"No indicator set is in force in {Quarter.parse(quarter).label}"
        return [Finding("return.quarter.no_set", "check", message, sheet=sheet)]
    present = set(frame["measure_code"]) | elsewhere
    return [
        Finding(
            "return.measure.missing",
            "check",
            f"“{label}” has no row in the return",
            table=table.name,
            sheet=sheet,
            column=table.column("measure_code").headers[0],
            expected=code,
        )
        for code, label in asked.items()
        if code not in present
    ]


@lru_cache
def _asked(quarter: str) -> dict[str, str]:
    """Code and label of each measure that authorities return for a quarter; none without a set."""
    try:
        set_id = indicator_set_in_force(Quarter.parse(quarter).end.isoformat())
    except ValueError:
        return {}
    asked = measures_of_set(set_id)
    return dict(zip(asked["measure_code"], asked["label"], strict=True))
