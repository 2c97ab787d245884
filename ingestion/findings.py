"""The one record of something wrong in a file, and the frame findings travel in.

A finding says where (table, sheet, cell as Excel shows it), what was seen, what was expected, the
nearest valid suggestion and what to do (`fixes.yml`, by rule id, unless the rule brings its own).
It does not decide whether a file is accepted: any finding of severity `block` does that.
Child-level findings are stored without the value (`masked`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import pandas as pd
import yaml

from ingestion.region import REGION

SEVERITIES = ("block", "check", "note")


@dataclass(frozen=True)
class Finding:
    rule_id: str
    severity: str
    message: str
    table: str | None = None
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    expected: str | None = None
    suggestion: str | None = None
    count: int = 1
    fix: str | None = None

    def __post_init__(self) -> None:
        if self.fix is None:
            object.__setattr__(self, "fix", fix_of(self.rule_id))

    def masked(self) -> "Finding":
        """The same finding without the cell's content, for anything kept centrally."""
        return replace(self, value=None, suggestion=None)


@lru_cache
def _fixes() -> dict[str, str]:
    path = Path(__file__).parent / "fixes.yml"
    fixes = yaml.safe_load(path.read_text(encoding="utf-8"))
    told = {"alliance": REGION.alliance, "la": REGION.example}
    return {rule: fix.format_map(told) for rule, fix in fixes.items()}


@lru_cache
def fix_of(rule_id: str, source: str | None = None) -> str | None:
    """What to do about a finding of this rule, from `fixes.yml`; `source/rule_id` comes first."""
    fixes = _fixes()
    if f"{source}/{rule_id}" in fixes:
        return fixes[f"{source}/{rule_id}"]
    patterns = (pattern for pattern in fixes if fnmatchcase(rule_id, pattern))
    return fixes.get(rule_id) or next((fixes[pattern] for pattern in patterns), None)


COLUMNS = [field.name for field in fields(Finding)]


def to_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row per finding, worst first, columns in the order of the JSON interface."""
    frame = pd.DataFrame([asdict(finding) for finding in findings], columns=COLUMNS)
    frame = frame.astype({c: "string" for c in COLUMNS if c not in ("row", "count")})
    frame = frame.astype({"row": "Int64", "count": "Int64"})
    order = frame["severity"].map({s: i for i, s in enumerate(SEVERITIES)})
    return frame.assign(_order=order).sort_values("_order", kind="stable").drop(columns="_order")


def column_letter(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA: a column's name as Excel shows it."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """The Excel address of zero-based row and column: (0, 0) -> A1."""
    return f"{column_letter(column)}{row + 1}"
