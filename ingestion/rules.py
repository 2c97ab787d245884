"""Rules across the rows of one return: parts and wholes, totals, zeros.

The rules stand in the contract (`file_rules`), the measures they hold for in the registry. Rules on
a single row are evaluated in `conform.py`; rules that need other quarters run in dbt.
"""

from collections.abc import Callable

import pandas as pd

from ingestion.contract import FileRule, Table
from ingestion.findings import Finding
from ingestion.registry import breakdowns, parts_of_wholes, seed

# One breach: the measure whose cell is shown, and what was expected there.
Breach = tuple[str, str]


def evaluate(table: Table, frame: pd.DataFrame, sheet: str) -> list[Finding]:
    """What breaks a file rule; `frame` has measure_code, value, value_text, row and cell.

    Only measures with a usable figure take part: a missing one proves nothing.
    """
    sent = frame[frame["value"].notna()].drop_duplicates("measure_code").set_index("measure_code")
    checks: dict[str, Callable[[pd.DataFrame], list[Breach]]] = {
        "part_of_whole": _parts_above_wholes,
        "parts_of_total": _parts_beside_totals,
        "zero_unlikely": _unlikely_zeros,
    }
    return [
        _finding(rule, table, sheet, sent.loc[[measure]].iloc[0], expected)
        for rule in table.file_rules
        for measure, expected in checks[rule.kind](sent)
    ]


def _finding(rule: FileRule, table: Table, sheet: str, row: pd.Series, expected: str) -> Finding:
    return Finding(
        rule_id=rule.id,
        severity=rule.severity,
        message=rule.message,
        table=table.name,
        sheet=sheet,
        cell=str(row["cell"]),
        row=int(row["row"]),
        column=table.column("value").headers[0],
        value=str(row["value_text"]),
        expected=expected,
        fix=rule.fix,
    )


def _parts_above_wholes(sent: pd.DataFrame) -> list[Breach]:
    pairs = parts_of_wholes()
    pairs = pairs[pairs["part"].isin(sent.index) & pairs["whole"].isin(sent.index)]
    part, whole = (sent["value"].reindex(pairs[side]).to_numpy() for side in ("part", "whole"))
    broken = pairs[part > whole]
    return [
        (part, f"at most {sent.loc[whole, 'value_text']}, the figure of {whole}")
        for part, whole in zip(broken["part"], broken["whole"], strict=True)
    ]


def _parts_beside_totals(sent: pd.DataFrame) -> list[Breach]:
    """Breakdowns of which every part and the total were sent, and whose sum is another."""
    lines = breakdowns().assign(value=lambda f: f["part"].map(sent["value"]))
    sums = lines.groupby("total").agg(
        value=("value", lambda parts: parts.sum(skipna=False)),
        tolerance=("tolerance", "first"),
    )
    sums = sums[sums.index.isin(sent.index) & sums["value"].notna()]
    difference = (sums["value"] - sent["value"].reindex(sums.index)).abs()
    broken = sums[difference > sums["tolerance"]]
    return [
        (str(total), f"{value:,g}, the sum of its parts")
        for total, value in broken["value"].items()
    ]


def _unlikely_zeros(sent: pd.DataFrame) -> list[Breach]:
    measures = seed("registry/measures")
    unlikely = measures.loc[measures["zero_unlikely"] == "true", "measure_code"]
    zeros = sent.index[(sent["value"] == 0) & sent.index.isin(unlikely)]
    return [(str(measure), "more than zero, or empty with a comment") for measure in zeros]
