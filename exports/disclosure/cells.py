"""The long form in which figures are suppressed and attacked: one row per number that is printed.

Columns of a frame of cells:

    source, new_la_code, indicator_code, period_type, period_label   as in fct_indicator
    role            numerator, denominator or value
    value           the number; NaN where there is none, and where it was hidden
    value_status    `ok` where there is a number, the suppression symbol where it was hidden, else
                    the status that stands in its place
    version         changes exactly when the figure does: equal keys and versions are one number
    printed         False: the recipient does not get this cell, but totals are made of it
    step            the printed number is rounded to this; 0 is exact
    least           what an attacker knows a hidden number to be at least; NaN: nothing
    is_small        the hidden number is small itself and to be protected; on a `value` this speaks
                    of denominator less numerator. Never printed.

Rounding, suppression and attacks are elsewhere; here frames only change shape.
"""

from typing import Any

import numpy as np
import pandas as pd

from exports.disclosure.relations import Relations
from ingestion.registry import seed

ROW = ["source", "new_la_code", "indicator_code", "period_type", "period_label"]
KEY = [*ROW, "role"]
ROLES = ("numerator", "denominator", "value")
# A number that failed a rule is not printed, and neither are the parts it came from.
_NO_PARTS = ("failed",)
_DEFAULTS: dict[str, Any] = {
    "source": "return",
    "version": "",
    "printed": True,
    "step": 0.0,
    "least": np.nan,
    "is_small": False,
}


def suppression_symbols() -> frozenset[str]:
    """Statuses that say: there is a number, and it is hidden."""
    return frozenset(seed("registry/release_profiles")["symbol"])


def cells_of(
    facts: pd.DataFrame, relations: Relations, printed: pd.Series | None = None
) -> pd.DataFrame:
    """The cells of fct_indicator rows: those that count now, each number with its version.

    Give the rows of every release (`is_current` true and false), so that a figure that changed has
    another version than it had when it was given before. Give the rows of authorities also where a
    product prints only totals, with `printed` false: they say who is in a total.
    """
    rows = facts.assign(printed=True if printed is None else printed)
    if "known_from" in rows:
        rows = rows.sort_values("known_from", kind="stable", na_position="first")
    plain = relations.indicators.query("unit in ['count', 'fte']")["indicator_code"]
    bare = rows["value_status"].isin([*_NO_PARTS, *suppression_symbols()])
    now = rows["is_current"] if "is_current" in rows else pd.Series(True, rows.index)
    each = [rows[name] for name in ROW]
    long = []
    for role in ROLES:
        number = rows[role].mask(bare).astype(float)
        is_there = number.notna() & ((rows["value_status"] == "ok") | (role != "value"))
        changed = number.notna() & (number != number.groupby(each).shift())
        # A count has nothing below the line.
        has_role = ~rows["indicator_code"].isin(plain) | (role != "denominator")
        cells = rows[[*ROW, "printed"]].assign(
            role=role,
            value=number.where(is_there),
            value_status=rows["value_status"].mask(is_there, "ok"),
            version=changed.groupby(each).cumsum().astype(str),
        )
        long.append(cells[now & has_role])
    return with_defaults(pd.concat(long, ignore_index=True))


def with_defaults(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with every column of the shape above."""
    cells = cells.copy()
    for name, default in _DEFAULTS.items():
        if name not in cells:
            cells[name] = default
    return cells.astype({"value": float, "step": float, "least": float})


def put_back(facts: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of `facts` that may be printed, with their numbers and statuses as in `cells`.

    A row hides as a whole: its value is the symbol, its three numbers are missing.
    """
    given = cells[cells["printed"]]
    wide = given.pivot(index=ROW, columns="role", values=["value", "value_status"])
    rows = facts.join(wide["value"].add_prefix("printed_"), on=ROW)
    rows = rows.join(wide["value_status"]["value"].rename("printed_status"), on=ROW)
    rows = rows[rows["printed_status"].notna()]
    if "is_current" in rows:
        rows = rows[rows["is_current"]]
    numbers = {
        role: rows[f"printed_{role}"].astype(float) for role in ROLES if f"printed_{role}" in rows
    }
    return rows.assign(value_status=rows["printed_status"], **numbers)[facts.columns.tolist()]
