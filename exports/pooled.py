"""London over fewer authorities than the marts have, for products that leave some out.

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
        london = _pooled(las, london, multipliers)
    return pd.concat([las, london], ignore_index=True)


def _pooled(las: pd.DataFrame, london: pd.DataFrame, multipliers: pd.Series) -> pd.DataFrame:
    """London's rows with the figures of `las`; an indicator that none of them has has no row."""
    usable = las["value_status"] == "ok"
    # 0 of 0 is no value of an authority's own, but both parts are there.
    usable |= (las["denominator"] == 0) & (las["value_status"] == "not_applicable")
    usable &= las["numerator"].notna()
    # Where no population is loaded for anybody, the counts still add up.
    alone = (las["value_status"] == "not_derivable") & las["numerator"].notna()
    someone = usable.groupby(las["indicator_code"]).transform("any")
    rows = las[usable | (alone & ~someone)].assign(is_usable=usable)
    if rows.empty:
        return london.head(0)
    parts = rows.groupby("indicator_code")
    # On the grid of the marts' exact sums, so that the order of rows leaves no trace.
    pooled = parts[["numerator", "denominator"]].sum(min_count=1).round(6)
    pooled["n_authorities"] = parts.size()
    multiplier = multipliers.reindex(pooled.index)
    ratio = pooled["numerator"] * multiplier / pooled["denominator"].replace(0, float("nan"))
    value = ratio.where(pooled["denominator"].notna(), pooled["numerator"])
    status = pd.Series("ok", pooled.index).mask(pooled["denominator"] == 0, "not_applicable")
    pooled["value_status"] = status.where(parts["is_usable"].any(), "not_derivable")
    pooled["value"] = value.where(pooled["value_status"] == "ok")
    kept = london.drop(columns=pooled.columns)
    return kept.merge(pooled.reset_index(), on="indicator_code")[list(london.columns)]
