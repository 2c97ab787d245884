"""Figures of several authorities together, for products that leave some out.

The marts' own rule (int_indicators__pooled) applied again: sum of numerators over sum of
denominators of the authorities that have both. A London of all beside the rows of all but one would
give that one away by subtraction. No other figure is computed outside dbt.
"""

import pandas as pd

from exports.marts import LONDON
from exports.release.register import Authorities


def london_of(
    facts: pd.DataFrame, authorities: Authorities, multipliers: pd.Series
) -> pd.DataFrame:
    """Rows of one quarter's returns for the permitted authorities, and of London over these alone.

    `facts` are rows of fct_indicator, one for each indicator and area; rows of other areas go. With
    nobody left out London's rows are the mart's.
    """
    las = facts[facts["new_la_code"].isin(authorities.permitted)]
    london = facts[facts["new_la_code"] == LONDON]
    if authorities.left_out:
        london = _london(las, london, multipliers)
    return pd.concat([las, london], ignore_index=True)


def pooled(las: pd.DataFrame, keys: list[str], multipliers: pd.Series) -> pd.DataFrame:
    """The figures of `las` put together, by `keys`, of which one is `indicator_code`.

    Numerator, denominator, value, value_status and n_authorities; no row where none has a figure.
    """
    usable = las["value_status"] == "ok"
    # 0 of 0 is no value of an authority's own, but both parts are there.
    usable |= (las["denominator"] == 0) & (las["value_status"] == "not_applicable")
    usable &= las["numerator"].notna()
    # Where no population is loaded for anybody, the counts still add up.
    alone = (las["value_status"] == "not_derivable") & las["numerator"].notna()
    someone = usable.groupby([las[key] for key in keys]).transform("any")
    rows = las[usable | (alone & ~someone)].assign(is_usable=usable)
    parts = rows.groupby(keys)
    # On the grid of the marts' exact sums, so that the order of rows leaves no trace.
    together = parts[["numerator", "denominator"]].sum(min_count=1).round(6)
    together["n_authorities"] = parts.size()
    codes = together.index.get_level_values("indicator_code")
    multiplier = multipliers.reindex(codes).set_axis(together.index)
    below = together["denominator"].replace(0, float("nan"))
    ratio = together["numerator"] * multiplier / below
    value = ratio.where(together["denominator"].notna(), together["numerator"])
    status = pd.Series("ok", together.index).mask(together["denominator"] == 0, "not_applicable")
    together["value_status"] = status.where(parts["is_usable"].any(), "not_derivable")
    together["value"] = value.where(together["value_status"] == "ok")
    return together


def _london(las: pd.DataFrame, london: pd.DataFrame, multipliers: pd.Series) -> pd.DataFrame:
    """London's rows with the figures of `las`; an indicator that none of them has has no row."""
    together = pooled(las, ["indicator_code"], multipliers)
    kept = london.drop(columns=together.columns)
    return kept.merge(together.reset_index(), on="indicator_code")[list(london.columns)]
