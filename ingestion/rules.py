"""Rules across the rows of one return: parts and wholes, totals, zeros.

The rules stand in the contract (`file_rules`), the measures they hold for in the registry. Rules on
a single row are evaluated in `conform.py`; rules that need other quarters run in dbt.
"""

from collections.abc import Callable, Container, Mapping
from functools import lru_cache

import pandas as pd

from ingestion.contract import Table
from ingestion.findings import Finding
from ingestion.registry import breakdowns, parts_of_wholes, seed

# One breach: the measure whose cell is shown, and what was expected there.
Breach = tuple[str, str]
# Usable figures of one return by measure.
Figures = Mapping[str, float]


def evaluate(table: Table, frame: pd.DataFrame, sheet: str) -> list[Finding]:
    """What breaks a file rule; `frame` has measure_code, value, value_text, row and cell.

    Only measures with a usable figure take part: a missing one proves nothing. A zero that the
    sender has commented on is not asked about again.
    """
    usable = frame[frame["value"].notna()].drop_duplicates("measure_code")
    explained = set(usable.loc[usable["comment"].notna(), "measure_code"])
    rows = usable.set_index("measure_code").to_dict("index")
    sent = {str(measure): float(row["value"]) for measure, row in rows.items()}
    # A total that is too small is one mistake, not one for each of its parts.
    wrong = {total for total, _ in _parts_beside_totals(sent)}
    checks: dict[str, Callable[[Figures], list[Breach]]] = {
        "part_of_whole": lambda figures: _parts_above_wholes(figures, wrong),
        "parts_of_total": _parts_beside_totals,
        "zero_unlikely": lambda figures: _unlikely_zeros(figures, explained),
    }
    return [
        Finding(
            rule_id=rule.id,
            severity=rule.severity,
            message=rule.message,
            table=table.name,
            sheet=sheet,
            cell=str(rows[measure]["cell"]),
            row=int(rows[measure]["row"]),
            column=table.column("value").headers[0],
            value=str(rows[measure]["value_text"]),
            expected=expected,
            fix=rule.fix,
        )
        for rule in table.file_rules
        for measure, expected in checks[rule.kind](sent)
    ]


def _parts_above_wholes(sent: Figures, wrong: Container[str]) -> list[Breach]:
    above = [
        (part, whole)
        for part, whole in _pairs()
        if part in sent and whole in sent and sent[part] > sent[whole]
    ]
    of_wrong = [pair for pair in above if pair[1] in wrong and pair[0] in _totals()[pair[1]][0]]
    left_out = of_wrong if len(of_wrong) > 1 else []
    return [
        (part, f"at most {sent[whole]:,g}, the figure of “{_labels()[whole]}”")
        for part, whole in above
        if (part, whole) not in left_out
    ]


def _parts_beside_totals(sent: Figures) -> list[Breach]:
    """Breakdowns of which every part and the total were sent, and whose sum is another."""
    found = []
    for total, (parts, tolerance) in _totals().items():
        if total in sent and all(part in sent for part in parts):
            added = sum(sent[part] for part in parts)
            if abs(added - sent[total]) > tolerance:
                found.append((total, f"{added:,g}, the sum of its parts"))
    return found


def _unlikely_zeros(sent: Figures, explained: Container[str]) -> list[Breach]:
    zeros = [m for m in _never_zero() if sent.get(m) == 0 and m not in explained]
    return [(measure, "more than zero, or empty with a comment") for measure in zeros]


@lru_cache
def _pairs() -> list[tuple[str, str]]:
    pairs = parts_of_wholes()
    return list(zip(pairs["part"], pairs["whole"], strict=True))


@lru_cache
def _totals() -> dict[str, tuple[list[str], float]]:
    """Each total with its parts, and how far their sum may be from it."""
    return {
        str(total): (list(lines["part"]), float(lines["tolerance"].iloc[0]))
        for total, lines in breakdowns().groupby("total", sort=False)
    }


@lru_cache
def _labels() -> dict[str, str]:
    measures = seed("registry/measures")
    return dict(zip(measures["measure_code"], measures["label"], strict=True))


@lru_cache
def _never_zero() -> list[str]:
    measures = seed("registry/measures")
    return list(measures.loc[measures["zero_unlikely"] == "true", "measure_code"])
