"""Two frames that should be one: rows by key, texts exactly, numbers to a billionth."""

import numpy as np
import pandas as pd

RELATIVE = 1e-9
ABSOLUTE = 1e-9


WORDING = {"why"}  # the sentence is the mart's own; what it says stands in the other columns


def differences(
    marts: pd.DataFrame, recomputed: pd.DataFrame, keys: list[str]
) -> dict[str, pd.DataFrame]:
    """Rows that differ, by column; under "rows" those that only one of the two has."""
    columns = compared(marts, keys)
    assert set(columns) <= set(recomputed.columns), set(columns) - set(recomputed.columns)
    assert not marts.duplicated(keys).any()
    assert not recomputed.duplicated(keys).any()
    both = marts.merge(
        recomputed, on=keys, how="outer", suffixes=("_mart", "_again"), indicator=True
    )
    found = {}
    lone = both[both["_merge"] != "both"]
    if len(lone):
        found["rows"] = lone[[*keys, "_merge"]]
    both = both[both["_merge"] == "both"]
    for column in columns:
        mart, again = both[f"{column}_mart"], both[f"{column}_again"]
        differs = ~equal(mart, again)
        if differs.any():
            found[column] = both.loc[differs, [*keys, f"{column}_mart", f"{column}_again"]]
    return found


def compared(marts: pd.DataFrame, keys: list[str]) -> list[str]:
    return [column for column in marts.columns if column not in {*keys, *WORDING}]


def equal(mart: pd.Series, again: pd.Series) -> pd.Series:
    neither = mart.isna() & again.isna()
    if pd.api.types.is_numeric_dtype(mart) and not pd.api.types.is_bool_dtype(mart):
        left = mart.astype(float).to_numpy()
        right = pd.to_numeric(again).astype(float).to_numpy()
        return neither | np.isclose(left, right, rtol=RELATIVE, atol=ABSOLUTE)
    return neither | (mart.astype(object) == again.astype(object))
