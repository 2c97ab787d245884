"""Comparisons, changes, exceptions and headlines as the marts have them, made up from rows."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion.registry import seed

LONDON = "E12000007"
CAMDEN, CITY = "E09000007", "E09000001"
POINT = ["indicator_code", "source", "period_type", "period_label"]
CELL = [*POINT, "new_la_code", "period_end", "release_id"]


def authority_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["new_la_code"].str.startswith("E09") & rows["is_current"]]


def comparisons(rows: pd.DataFrame) -> pd.DataFrame:
    """fct_comparison: London, sub-regions, clusters and neighbours; counts and City are not ranked.

    Funnel limits are as wide as the group's value for repeat referrals, and narrow for the others.
    """
    las = authority_rows(rows)
    las = las[~las["unit"].isin(["count", "fte"])]
    usable = (las["value_status"] == "ok") & (las["new_la_code"] != CITY)
    value = las["value"].where(usable)
    by_point = value.groupby([las[key] for key in POINT])
    london = rows[rows["new_la_code"] == LONDON].set_index(POINT)["value"]
    las = las.assign(
        value=las["value"],
        rank=by_point.rank(method="min", ascending=False),
        rank_from_lowest=by_point.rank(method="min"),
        n=by_point.transform("count").astype("int32"),
        group_value=las.set_index(POINT).index.map(london),
        n_members=33,
        n_usable=by_point.transform("count").astype("int32"),
        significance=np.where(usable, "higher", "not_tested"),
        funnel_position=np.where(usable, "inside", "not_tested"),
    )
    for name, factor in [("p20", 0.8), ("median_value", 1.0), ("p80", 1.2)]:
        las[name] = las["group_value"] * factor
    wide = np.where(las["indicator_code"] == "repeat_referrals_pct", 0.8, 0.1)
    for name, factor in [("low_95", -1), ("high_95", 1), ("low_998", -1.2), ("high_998", 1.2)]:
        las[f"funnel_{name}"] = las["group_value"] * (1 + factor * wide)
    limits = [name for name in las if name.startswith("funnel_")]
    none = dict.fromkeys(["rank", "rank_from_lowest", *limits], np.nan)
    none["funnel_position"] = "not_tested"
    near = las.merge(_members(), on="new_la_code").assign(**none, n_members=5, n_usable=4)
    near["group_value"] = (
        near["value"]
        .where(near["value_status"] == "ok")
        .groupby([near[key] for key in [*POINT, "comparison_group"]])
        .transform("mean")
    )
    near["significance"] = np.where(near["value"] < near["group_value"], "lower", "higher")
    neighbours = las.assign(
        comparison_group="neighbours_2025",
        **none,
        group_value=las["group_value"] * 1.1,
        n_members=10,
        n_usable=8,
    )
    groups = [las.assign(comparison_group="london"), near, neighbours]
    return pd.concat(groups, ignore_index=True)


def _members() -> pd.DataFrame:
    """Who is in which cluster and sub-region: comparison_group, new_la_code."""
    clusters = seed("reference/comparison_group_members")
    groups = seed("reference/comparison_groups")[["members_key", "comparison_group"]]
    places = seed("reference/sub_regions").rename(columns={"sub_region": "members_key"})
    regions = places.merge(groups, on="members_key")
    both = pd.concat([clusters, regions], ignore_index=True)
    return both[["comparison_group", "new_la_code"]]


def changes(rows: pd.DataFrame) -> pd.DataFrame:
    """fct_change: each figure was 2 lower a quarter and 1.5 higher a year before."""
    las = rows[rows["is_current"]]
    value = las["value"].where(las["value_status"] == "ok")
    quarterly = las["source"] == "return"
    changed = las[CELL].assign(
        previous_label="2025-26 Q1",
        previous_value=(value - 2).where(quarterly),
        change_on_previous=(value * 0 + 2).where(quarterly),
        previous_significance="higher",
        year_ago_label="2024-25 Q2",
        year_ago_value=value + 1.5,
        change_on_year=value * 0 - 1.5,
        year_ago_significance="not_different",
        centre=(value * 0.9).where(quarterly),
        lower_limit=(value * 0.85).where(quarterly),
        upper_limit=(value * 0.95).where(quarterly),
        control_signal=np.where(value.notna() & quarterly, "above_limits", "no_limits"),
        trend="none",
        movement="steady",
        judgement="none",
        is_like_for_like=True,
    )
    return changed.astype({"previous_label": "str"})


def exceptions(rows: pd.DataFrame) -> pd.DataFrame:
    """fct_exception: ranks at either end, with all kinds of evidence by turns."""
    ranked = comparisons(rows).query("comparison_group == 'london'")
    cut = np.ceil(ranked["n"] / 5)
    found = ranked[(ranked["rank"] <= cut) | (ranked["rank_from_lowest"] <= cut)]
    high = found["rank"] <= found["rank_from_lowest"]
    worse_high = found["polarity"] == "low"
    judged = pd.Series(np.where(high == worse_high, "worse", "better"), found.index)
    turn = np.arange(len(found)) % 3
    told = found[[*CELL, "value", "rank", "rank_from_lowest", "n"]]
    return told.astype({"rank": "int32", "rank_from_lowest": "int32"}).assign(
        london_value=found["group_value"],
        direction=np.where(high, "high", "low"),
        judgement=judged.where(found["polarity"] != "none", "neutral"),
        significance=np.where(turn == 2, "not_different", np.where(high, "higher", "lower")),
        is_significant=turn != 2,
        window_periods=4,
        periods_compared=np.where(turn == 1, 1, 4),
        periods_flagged=np.where(turn == 0, 3, 1),
        is_lasting=turn == 0,
        evidence=np.array(["strong", "some", "weak"])[turn],
        is_small_base=turn == 2,
        funnel_z=(found["value"] / found["group_value"] - 1) * 10,
    )


def headlines(rows: pd.DataFrame) -> pd.DataFrame:
    """mart_headline: Camden improves nowhere in its return, but does in published figures."""
    told = rows[rows["new_la_code"].isin([CAMDEN]) & rows["is_current"]]
    wanted = [
        ("return", "2025-26 Q2", "sw_agency_rate", "concern", 1),
        ("return", "2025-26 Q2", "referrals", "unusual", 1),
        ("published", "2025", "sw_agency_rate", "improving", 1),
        ("published", "2024", "referrals", "improving", 1),
        ("published", "2025", "sw_agency_rate", "concern", 1),
    ]
    columns = ["source", "period_label", "indicator_code", "kind", "position"]
    found = pd.DataFrame(wanted, columns=columns).merge(told, on=columns[:3])
    return found[[*CELL, "label", "kind", "position"]].assign(
        score=2.0, why="rank 2 from the highest of 32"
    )


def reconciliations() -> pd.DataFrame:
    """fct_reconciliation of Camden: largely apart, moderately, not at all, and not compared."""
    row = {"new_la_code": CAMDEN, "period_type": "quarter", "period_label": "2025-26 Q2"}
    row |= {"period_end": date(2025, 9, 30), "base_source": "return", "compared_source": "chat"}
    row |= {"la_name": "Camden", "indicator_label": "Repeat Referrals", "unit": "percent"}
    row |= {"published_value": np.nan, "published_numerator": np.nan, "likely_reason": None}
    row |= {"explanation": "No known reason: compare the two figures at their source."}
    apart = {"indicator_code": "repeat_referrals_pct", "compared_as": "percent"}
    apart |= {"return_value": 12.34, "chat_value": 16.66, "difference": 4.32}
    apart |= {"return_numerator": 10.0, "chat_numerator": 14.0}
    large = {"indicator_code": "referrals", "compared_as": "count", "difference": 40.0}
    large |= {"size_class": "large", "size_order": 3.0, "likely_reason": "unexplained"}
    return pd.DataFrame(
        [
            row | apart | large,
            row | apart | {"size_class": "moderate", "size_order": 2.0},
            row | apart | {"indicator_code": "cla", "compared_as": "count", "size_class": "none"},
            row | apart | {"indicator_code": "contacts", "size_class": None, "chat_value": np.nan},
        ]
    )


def inspections() -> pd.DataFrame:
    """fct_inspection: one area without a grade, and one from an older inspection."""
    row = {"new_la_code": CAMDEN, "judgement_area": "overall", "grade": "outstanding"}
    row |= {"grade_status": "ok", "publication_date": date(2024, 5, 3), "is_current": True}
    none = {"judgement_area": "care_leavers", "grade": None, "grade_status": "not_applicable"}
    old = {"grade": "inadequate", "is_current": False, "publication_date": date(2019, 5, 3)}
    return pd.DataFrame([row, row | none, row | old])


def write(folder: Path, rows: pd.DataFrame) -> None:
    """Each as the mart it is, in the folder."""
    made = {
        "fct_comparison": comparisons(rows),
        "fct_change": changes(rows),
        "fct_exception": exceptions(rows),
        "fct_inspection": inspections(),
        "fct_reconciliation": reconciliations(),
        "mart_headline": headlines(rows),
    }
    for name, frame in made.items():
        frame.to_parquet(folder / f"{name}.parquet")
