"""Rules between Annex A lists: who stands on one and belongs on another too.

The rules stand in the contract (`list_rules`) and are evaluated where both lists have been read, on
the ids as sent. Rules on the rows of one list are evaluated in `conform.py`.
"""

from collections.abc import Collection

import pandas as pd

from ingestion import conform
from ingestion.contract import Same, StandsIn, Table, contract
from ingestion.findings import Finding
from ingestion.sources.annex_a_lists import Headers

_CHILD = "child_id"


def evaluate(
    tables: dict[str, pd.DataFrame], headers: dict[str, Headers], found: Collection[Finding]
) -> list[Finding]:
    """What breaks a rule between the lists read; frames have the contract's columns and `sheet`.

    `found` is what was told of their cells: one that could not be read is not an empty one.
    """
    findings: list[Finding] = []
    for rule in contract("annex_a").list_rules:
        if isinstance(rule, StandsIn):
            asked = {rule.table: {_CHILD, *rule.where}, rule.other: {_CHILD}}
            if all(_has(headers.get(name, {}), columns) for name, columns in asked.items()):
                frame = _readable(tables[rule.table], rule, found)
                missing = _missing(rule, frame, tables[rule.other])
                findings += _listed(rule, rule.table, _CHILD, missing, headers)
        else:
            for name, differing in _differing(rule, tables).items():
                findings += _listed(rule, name, rule.column, differing, headers)
    return findings


def _has(headers: Headers, columns: Collection[str]) -> bool:
    """Whether a list was read and every sheet of it has the columns."""
    return bool(headers) and all(set(columns) <= set(h.positions) for h in headers.values())


def _readable(frame: pd.DataFrame, rule: StandsIn, found: Collection[Finding]) -> pd.DataFrame:
    """Rows of which every cell that the rule asks of is empty or could be read."""
    unread = {f"{rule.table}.{column}.type" for column in rule.where}
    cells = {(f.sheet, f.row) for f in found if f.rule_id in unread}
    if not cells:
        return frame
    if any(row is None for _, row in cells):
        return frame[:0]  # past the limit of findings rows are not named: nothing is said of any
    places = pd.Series(list(zip(frame["sheet"], frame["row"], strict=True)), index=frame.index)
    return frame[~places.isin(cells)]


def left_out(read: Collection[str]) -> list[tuple[StandsIn | Same, list[str]]]:
    """Rules that speak of a list that was read and could not be evaluated, with what was missing.

    Nobody evaluates them later: lists that come in several files are never held together.
    """
    found = []
    for rule in contract("annex_a").list_rules:
        of_rule = [t.name for t in contract("annex_a").tables if _speaks_of(rule, t)]
        there = [name for name in of_rule if name in read]
        if len(there) == 1:
            found.append((rule, [name for name in of_rule if name not in read]))
    return found


def _speaks_of(rule: StandsIn | Same, table: Table) -> bool:
    if isinstance(rule, StandsIn):
        return table.name in (rule.table, rule.other)
    return {_CHILD, rule.column} <= {column.name for column in table.columns}


def _missing(rule: StandsIn, frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Rows that the rule speaks of whose child is not on the other list."""
    # As Python's own texts: a look-up of Arrow's takes five times as long.
    ids, others = (f[_CHILD].astype("object") for f in (frame, other))
    chosen = ids.notna() & ~ids.isin(others.dropna())
    for column, values in rule.where.items():
        given = frame[column].isin([value for value in values if value is not None])
        chosen &= given | frame[column].isna() if None in values else given
    return frame[chosen.astype(bool)].assign(value=frame[_CHILD])


def _differing(rule: Same, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Rows whose value is not the one that a child has most often, first read first on a tie."""
    columns = [_CHILD, rule.column, "row", "sheet"]
    parts = [
        frame[columns].assign(table=name)
        for name, frame in tables.items()
        if {_CHILD, rule.column} <= set(frame)
    ]
    if not parts:
        return {}
    rows = pd.concat(parts, ignore_index=True).dropna(subset=[_CHILD, rule.column])
    counts = rows.groupby([_CHILD, rule.column], sort=False).size().reset_index(name="times")
    usual = counts.sort_values("times", ascending=False, kind="stable").drop_duplicates(_CHILD)
    rows = rows.merge(usual[[_CHILD, rule.column]], on=_CHILD, suffixes=("", "_usual"))
    rows = rows[rows[rule.column] != rows[f"{rule.column}_usual"]]
    rows = rows.assign(
        value=conform.shown(rows[rule.column]),
        suggestion=conform.shown(rows[f"{rule.column}_usual"]),
    )
    return {str(name): found for name, found in rows.groupby("table", sort=False)}


def _listed(
    rule: StandsIn | Same,
    table: str,
    column: str,
    rows: pd.DataFrame,
    headers: dict[str, Headers],
) -> list[Finding]:
    found: list[Finding] = []
    about = contract("annex_a").table(table)
    for sheet, on_sheet in rows.groupby("sheet", sort=False):
        position = headers[table][str(sheet)].positions[column]
        finding = Finding(
            rule_id=rule.id,
            severity=rule.severity,
            message=rule.message,
            table=table,
            sheet=str(sheet),
            column=about.column(column).headers[0],
            expected=rule.expected,
            fix=rule.fix,
        )
        meant = on_sheet.get("suggestion")
        found += conform.listed(finding, on_sheet["row"], on_sheet["value"], position, meant)
    return found
