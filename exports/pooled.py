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
    rows = las[usable | (alone & ~someone)]
    sums = rows.groupby("indicator_code").agg(
        numerator=("numerator", "sum"),
        denominator=("denominator", lambda parts: parts.sum(min_count=1)),
        value_status=("value_status", lambda states: _status(set(states))),
        n_authorities=("numerator", "size"),
    )
    # On the grid of the marts' exact sums, so that the order of rows leaves no trace.
    sums[["numerator", "denominator"]] = sums[["numerator", "denominator"]].round(6)
    kept = london.drop(columns=sums.columns).drop(columns="value")
    pooled = kept.merge(sums.reset_index(), on="indicator_code")
    multiplier = pooled["indicator_code"].map(multipliers)
    ratio = pooled["numerator"] * multiplier / pooled["denominator"].replace(0, float("nan"))
    value = ratio.where(pooled["denominator"].notna(), pooled["numerator"])
    pooled["value"] = value.where(pooled["value_status"] == "ok")
    no_base = (pooled["value_status"] == "ok") & (pooled["denominator"] == 0)
    pooled["value_status"] = pooled["value_status"].mask(no_base, "not_applicable")
    return pooled[list(london.columns)]


def _status(states: set[str]) -> str:
    return "not_derivable" if states == {"not_derivable"} else "ok"
