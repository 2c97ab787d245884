"""The figures that packs show, each authority and indicator once, with what the marts say of it.

Reads, joins, rounds and words; chooses nothing for a page and asks nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from exports.figures import london_text, own_figure
from exports.marts import read_mart, require_unique
from exports.rounding import fixed, half_up_double
from ingestion.periods import Quarter
from ingestion.registry import seed

MARTS = ("mart_tartan_rug", "fct_comparison", "fct_exception", "fct_change")
KEYS = ["source", "period_type", "period_label", "indicator_code", "new_la_code"]
SIDES = {"high": "▲ among the highest", "low": "▼ among the lowest"}
VERDICTS = {"better": "better than most", "worse": "worse than most", "neutral": ""}
EVIDENCE = {"strong": "strong evidence", "some": "some evidence", "weak": "weak evidence"}
_STRENGTH = {"strong": 0, "some": 1, "weak": 2}
_QUARTERLY = ["quarter", "snapshot"]
# fmt: off
_RUG = [
    *KEYS, "period_end", "release_id", "label", "name", "theme", "unit",
    "display_unit", "multiplier", "decimals", "polarity", "la_name", "sub_region", "numerator",
    "denominator", "value_status", "display_value", "is_proxy", "london_value",
    "london_numerator", "london_denominator",
]
_EXCEPTION = [
    *KEYS, "direction", "judgement", "rank_from_lowest", "evidence", "is_lasting",
    "periods_compared", "periods_flagged", "is_small_base", "funnel_z",
]
_CHANGE = [*KEYS, "change_on_year", "year_ago_label", "movement", "judgement"]
# Needed to print a figure, and no longer once it is printed.
_WORKING = [
    "numerator", "denominator", "display_value", "london_value", "london_numerator",
    "london_denominator", "multiplier", "display_unit", "funnel_z", "change_on_year",
]
# fmt: on
_SUFFIX = {"percent": "%", "rate_per_10000": " per 10,000", "fte": " FTE", "days": " days"}
UNIT_WORDS = {
    "percent": "%",
    "rate_per_10000": "per 10,000",
    "fte": "FTE",
    "days": "days",
    "count": "number",
    "number": "number",
}


def of_quarter(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """The returns of a quarter: a row for each London authority and indicator, in reading order."""
    where: list[tuple] = [("source", "==", "return"), ("period_label", "==", quarter.label)]
    where.append(("period_type", "in", _QUARTERLY))
    return _figures(marts, where)


def of_last_year(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """Published figures, of each indicator its newest year up to the quarter's end."""
    where = [("source", "==", "published"), ("period_end", "<=", quarter.end)]
    rows = _figures(marts, where)
    newest = rows.groupby("indicator_code")["period_end"].transform("max")
    return rows[rows["period_end"] == newest]


def group_values(marts: Path, quarter: Quarter, kind: str) -> pd.DataFrame:
    """What the groups of one kind (`cluster_`, `sub_region_`) have for the quarter's indicators.

    Columns indicator_code, new_la_code, comparison_group, group_text, group_words, significance: a
    row for each figure and group.
    """
    columns = ["indicator_code", "new_la_code", "comparison_group", "group_value", "significance"]
    where: list[tuple] = [("source", "==", "return"), ("period_label", "==", quarter.label)]
    where += [("period_type", "in", _QUARTERLY), ("comparison_group", ">=", kind)]
    where += [("comparison_group", "<", kind + "~")]
    rows = read_mart(marts, "fct_comparison", columns, where)
    registry = seed("registry/indicators").set_index("indicator_code")
    decimals = rows["indicator_code"].map(registry["decimals"].astype(int))
    text = fixed(half_up_double(rows["group_value"], decimals), decimals)
    words = with_unit(text, rows["indicator_code"].map(registry["unit"]))
    return rows.assign(group_text=text, group_words=words).drop(columns="group_value")


def with_unit(text: pd.Series, unit: pd.Series) -> pd.Series:
    """Printed numbers with their unit as read in a sentence; '' stays ''."""
    return (text + unit.map(_SUFFIX).fillna("")).where(text != "", "")


def _figures(marts: Path, where: list[tuple]) -> pd.DataFrame:
    rug = read_mart(marts, "mart_tartan_rug", _RUG, where)
    require_unique(rug, "mart_tartan_rug", KEYS)
    london = [*where, ("comparison_group", "==", "london")]
    ranks = read_mart(marts, "fct_comparison", [*KEYS, "rank", "n"], london)
    exceptions = read_mart(marts, "fct_exception", _EXCEPTION, where)
    changes = read_mart(marts, "fct_change", _CHANGE, where)
    changes = changes.rename(columns={"judgement": "course"})
    rows = rug
    for name, part in (
        ("fct_comparison", ranks),
        ("fct_exception", exceptions),
        ("fct_change", changes),
    ):
        require_unique(part, name, KEYS)
        rows = rows.merge(part, on=KEYS, how="left", validate="one_to_one")
    codes = seed("registry/indicators")["indicator_code"]
    themes = seed("registry/themes").set_index("theme")["theme_order"].astype(int)
    rows = rows.assign(
        indicator_order=rows["indicator_code"].map(pd.Series(range(len(codes)), codes)),
        theme_order=rows["theme"].map(themes),
    )
    rows = rows.sort_values(["theme_order", "indicator_order", "la_name"], ignore_index=True)
    return _worded(_printed(rows)).drop(columns=_WORKING)


def _printed(rows: pd.DataFrame) -> pd.DataFrame:
    """Adds each figure as printed: text, words (with unit), and London's beside it."""
    own, london = own_figure(rows), london_text(rows)
    has_value = own["has_value"]
    statuses = seed("registry/value_statuses").set_index("value_status")["label"]
    return rows.assign(
        has_value=has_value,
        text=own["text"],
        words=with_unit(own["text"].where(has_value, ""), rows["display_unit"]),
        meaning=rows["value_status"].map(statuses).where(~has_value, ""),
        london_text=london,
        london_words=with_unit(london, rows["display_unit"]),
        unit_words=rows["display_unit"].map(UNIT_WORDS).fillna(""),
    )


def _worded(rows: pd.DataFrame) -> pd.DataFrame:
    """Adds rank, side, verdict, how long and the change on the year in words; '' for none."""
    is_exception = rows["direction"].notna()
    ranked = rows["rank"].notna() & rows["n"].notna()
    # With ties a figure may be 15th from the highest and yet the lowest there is.
    is_low = rows["direction"] == "low"
    place = rows["rank"].mask(is_low, rows["rank_from_lowest"])
    rank = place.fillna(0).astype(int).astype("str")
    end = is_low.map({True: " from the lowest", False: ""}).astype("str")
    of = rows["n"].fillna(0).astype(int).astype("str")
    flagged = rows["periods_flagged"].fillna(0).astype(int).astype("str")
    compared = rows["periods_compared"].fillna(0).astype(int).astype("str")
    by_year = rows["source"] == "published"
    step = by_year.map({True: " years", False: " quarters"}).astype("str")
    lasting = "so in " + flagged + " of " + compared + step + " compared"
    lasting = lasting.mask(compared == "1", "compared once")
    size = fixed(half_up_double(rows["change_on_year"].abs(), rows["decimals"]), rows["decimals"])
    is_nil = pd.to_numeric(size, errors="coerce") == 0
    sign = pd.Series(np.where(rows["change_on_year"] < 0, "−", "+"), rows.index)
    points = pd.Series(np.where(rows["unit"] == "percent", " points", ""), rows.index)
    change = (sign + size + points).mask(is_nil, "no change")
    change = change + " on " + rows["year_ago_label"].fillna("").astype("str")
    return rows.assign(
        is_exception=is_exception,
        rank_words=("rank " + rank + " of " + of + end).where(ranked, ""),
        side=rows["direction"].map(SIDES).fillna(""),
        verdict=rows["judgement"].map(VERDICTS).fillna(""),
        evidence_words=rows["evidence"].map(EVIDENCE).fillna(""),
        lasting=lasting.where(is_exception, ""),
        change=change.where(rows["change_on_year"].notna() & rows["has_value"], ""),
        strength=rows["evidence"].map(_STRENGTH).fillna(9),
        distance=-rows["funnel_z"].abs().fillna(0.0),
    )


def strongest(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """The exceptions with the best evidence, farthest from London first."""
    found = rows[rows["is_exception"]].sort_values(
        ["strength", "distance", "indicator_order", "new_la_code"]
    )
    return found.head(count)
