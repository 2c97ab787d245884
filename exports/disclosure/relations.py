"""How figures hang together, from the registry: what a disclosure can be worked out with.

Nothing is listed by hand: terms of indicators, breakdowns, parts of wholes and members of areas are
seeds already. Sums over quarters are calendar arithmetic (`system.py`).
"""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from ingestion.registry import breakdowns, parts_of_wholes, seed


@dataclass(frozen=True)
class Relations:
    """What ties figures together.

    indicators: indicator_code, unit, multiplier, decimals, is_sensitive.
    terms: indicator_code, role, measure_code; a side is the sum of its terms. An indicator with
        `unit` rate_per_10000 and no denominator term has a population below the line: public.
    breakdowns: total, part, tolerance: the parts add up to the total.
    wholes: part, whole: a part is never larger than its whole.
    members: area, new_la_code: an area's figure pools its authorities'.
    people: the measures that count children or what happened to them, not posts or days.
    """

    indicators: pd.DataFrame
    terms: pd.DataFrame
    breakdowns: pd.DataFrame
    wholes: pd.DataFrame
    members: pd.DataFrame
    people: frozenset[str]


@lru_cache
def registry_relations() -> Relations:
    """The relations of the registry and reference seeds as they stand today."""
    indicators = seed("registry/indicators")
    measures = seed("registry/measures")
    return Relations(
        indicators=pd.DataFrame(
            {
                "indicator_code": indicators["indicator_code"],
                "unit": indicators["unit"],
                "multiplier": indicators["multiplier"].astype(int),
                "decimals": indicators["decimals"].astype(int),
                "is_sensitive": indicators["disclosure_rule"] == "small_counts",
            }
        ),
        terms=seed("registry/indicator_terms"),
        breakdowns=breakdowns(),
        wholes=parts_of_wholes(),
        members=_members(),
        people=frozenset(measures.loc[measures["unit"] == "count", "measure_code"]),
    )


def _members() -> pd.DataFrame:
    """Areas and comparison groups whose figure pools single authorities."""
    las = seed("reference/local_authorities")
    las = las[las["is_london"] == "true"]
    groups = seed("reference/comparison_groups")
    by_region = groups[groups["members_from"] == "sub_region"]
    names = by_region.set_index("members_key")["comparison_group"]
    regional = seed("reference/sub_regions")
    listed = seed("reference/comparison_group_members")
    pairs = [
        las.assign(area=las["region_code"]),
        las[las["inner_outer_code"] != ""].assign(area=las["inner_outer_code"]),
        regional[regional["valid_to"] == ""].assign(area=regional["sub_region"].map(names)),
        listed[listed["valid_to"] == ""].assign(area=listed["comparison_group"]),
    ]
    return pd.concat(pairs)[["area", "new_la_code"]].dropna().reset_index(drop=True)
