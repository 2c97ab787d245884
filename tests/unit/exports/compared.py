"""Marts of comparison, made from fct_indicator rows: who is unusual, what moved, what else is.

The made-up rules are plain: the six highest and the six lowest are exceptions, all of them strong.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion.registry import seed

POINT = ["indicator_code", "source", "period_type", "period_label"]
LONDON, CITY, CAMDEN = "E12000007", "E09000001", "E09000007"


def ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """The current rates and percentages of London authorities but the City, ranked where usable."""
    las = seed("reference/local_authorities").query("is_london == 'true'")["new_la_code"]
    own = rows[rows["is_current"] & ~rows["unit"].isin(["count", "fte"])]
    own = own[own["new_la_code"].isin(las)]
    usable = (own["value_status"] == "ok") & (own["new_la_code"] != CITY)
    value = own["value"].where(usable)
    by = [own[key] for key in POINT]
    london = rows[rows["new_la_code"] == LONDON].drop_duplicates(POINT)
    values = london.set_index(POINT)["value"]
    return own.assign(
        rank=value.groupby(by).rank(method="min", ascending=False),
        rank_from_lowest=value.groupby(by).rank(method="min"),
        n=value.groupby(by).transform("count"),
        london_value=own.set_index(POINT).index.map(values),
    )


def group_comparisons(rows: pd.DataFrame) -> pd.DataFrame:
    """fct_comparison with London, clusters and sub-regions, whose values are plain means."""
    base = ranked(rows)
    base = base.assign(significance="higher", group_value=base["london_value"])
    below = base["value"] < base["group_value"]
    base["significance"] = base["significance"].mask(below, "lower")
    base["value"] = base["value"].where(base["value_status"] == "ok")
    members = seed("reference/comparison_group_members")[["comparison_group", "new_la_code"]]
    places = seed("reference/sub_regions")[["sub_region", "new_la_code"]]
    groups = seed("reference/comparison_groups")[["members_key", "comparison_group"]]
    places = places.merge(groups, left_on="sub_region", right_on="members_key")
    parts = pd.concat([members, places[["comparison_group", "new_la_code"]]])
    near = base.merge(parts, on="new_la_code")
    near["group_value"] = near.groupby([*POINT, "comparison_group"])["value"].transform("mean")
    near["significance"] = np.where(near["value"] < near["group_value"], "lower", "higher")
    near["rank"] = np.nan
    columns = [*POINT, "new_la_code", "comparison_group", "rank", "n", "group_value"]
    both = pd.concat([base.assign(comparison_group="london"), near], ignore_index=True)
    return both[[*columns, "significance", "period_end"]]


def exceptions(rows: pd.DataFrame) -> pd.DataFrame:
    """fct_exception: strong, lasting, of no small base."""
    base = ranked(rows)
    high, low = base["rank"] <= 6, base["rank_from_lowest"] <= 6
    base = base[high | low].assign(direction=np.where(high[high | low], "high", "low"))
    judged = np.where(base["polarity"] == base["direction"], "better", "worse")
    return base.assign(
        judgement=np.where(base["polarity"] == "none", "neutral", judged),
        evidence="strong",
        is_lasting=True,
        periods_compared=4,
        periods_flagged=3,
        is_small_base=False,
        funnel_z=(base["value"] / base["london_value"] - 1) * 10,
    )


def changes(rows: pd.DataFrame) -> pd.DataFrame:
    """fct_change: everything one tenth above the year before, and steady."""
    return rows[rows["is_current"]].assign(
        change_on_year=rows["value"] / 11, year_ago_label="2024-25 Q2", movement="steady",
        judgement="none",
    )  # fmt: skip


def reconciliation() -> pd.DataFrame:
    """fct_reconciliation: one pair moderately apart, one not at all, one not compared."""
    row = {"new_la_code": CAMDEN, "indicator_code": "repeat_referrals_pct", "base_source": "return"}
    row |= {"compared_source": "chat", "period_label": "2025-26 Q2", "compared_as": "percent"}
    row |= {"period_end": date(2025, 9, 30), "return_value": 12.34, "chat_value": 16.66}
    row |= {"published_value": np.nan, "return_numerator": 10.0, "chat_numerator": 14.0}
    row |= {"published_numerator": np.nan, "size_class": "moderate", "size_order": 2.0}
    same = {"indicator_code": "cla", "compared_as": "count", "size_class": "none"}
    none = {"indicator_code": "referrals", "size_class": None, "chat_value": np.nan}
    return pd.DataFrame([row, row | same, row | none])


def inspections() -> pd.DataFrame:
    """fct_inspection: one area without a grade, and one from an older inspection."""
    row = {"new_la_code": CAMDEN, "judgement_area": "overall", "grade": "outstanding"}
    row |= {"grade_status": "ok", "publication_date": date(2024, 5, 3), "is_current": True}
    none = {"judgement_area": "care_leavers", "grade": None, "grade_status": "not_applicable"}
    old = {"grade": "inadequate", "is_current": False, "publication_date": date(2019, 5, 3)}
    return pd.DataFrame([row, row | none, row | old])


def write_compared(folder: Path, rows: pd.DataFrame) -> None:
    made = {
        "fct_comparison": group_comparisons(rows),
        "fct_exception": exceptions(rows),
        "fct_change": changes(rows),
        "fct_reconciliation": reconciliation(),
        "fct_inspection": inspections(),
    }
    for name, frame in made.items():
        frame.to_parquet(folder / f"{name}.parquet")
