"""What a mart's rules are asked of: its rows, and columns that are made for rules alone.

Belongs here: from a staged Parquet file to a frame. Does not: the rules, which name these columns
(`suites.py`). Great Expectations looks at a frame anew for each column that must not be empty, and
filters it seven times for each rule that is about some rows only: nearly half of the gate's
time, and pages that said a condition of ten lines for each indicator.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import marts
from ingestion.registry import seed

# The first of a row's columns that must hold a value and do not; null where there is none.
EMPTY = "column without a value"


def of_table(path: Path) -> pd.DataFrame:
    """The whole table. Texts as categories: forty times faster to read, and to compare."""
    texts = [c.name for c in pq.read_schema(path) if pa.types.is_string(c.type)]
    return pq.read_table(path, read_dictionary=texts).to_pandas()


def of_mart(mart: str, path: Path) -> pd.DataFrame:
    """The mart with `EMPTY`, and where it has indicators with the values of each in a column."""
    frame = of_table(path)
    empty = frame.reindex(columns=required(mart)).isna()
    made = {EMPTY: empty.idxmax(axis=1).where(empty.any(axis=1))}
    if mart == "fct_indicator":
        # Of authorities only: a count for England is no outlier among them.
        asked = frame.reindex(columns=["indicator_code", "new_la_code", "value"])
        areas = seed("reference/areas")["area_code"]
        values = asked["value"].where(~asked["new_la_code"].isin(areas))
        made |= {
            value_of(code): values.where(asked["indicator_code"] == code)
            for code in seed("registry/indicators")["indicator_code"]
        }
    return pd.concat([frame, pd.DataFrame(made, index=frame.index)], axis=1)


def of_rules(broken: pd.DataFrame, rule_ids: Iterable[str]) -> pd.DataFrame:
    """Rows that break rules between marts; each rule's column has what was found in its rows."""
    said = broken["found"].fillna("empty") + " against " + broken["expected"].fillna("empty")
    made = {rule_id: said.where(broken["rule_id"] == rule_id) for rule_id in rule_ids}
    return pd.concat([broken, pd.DataFrame(made, index=broken.index)], axis=1)


def required(mart: str) -> list[str]:
    """The columns in which the mart's contract promises a value."""
    return [column.name for column in marts()[mart] if column.required]


def value_of(indicator: str) -> str:
    """The column with the values that authorities have for an indicator."""
    return f"value of {indicator}"
