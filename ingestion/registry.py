"""The registry and reference seeds, read as data by everything outside dbt.

dbt owns `dbt_project/seeds/`; Python reads the same CSVs so that a label, a unit or an authority's
name stands once. An installed wheel carries a copy beside this package. No figures are computed
here.
"""

from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ingestion.periods import Quarter

_PACKAGED = Path(__file__).parent / "_seeds"
_CHECKOUT = Path(__file__).parent.parent / "dbt_project" / "seeds"


def seeds_folder() -> Path:
    """The folder that holds `registry/` and `reference/`: the checkout's, else the wheel's."""
    return _CHECKOUT if _CHECKOUT.is_dir() else _PACKAGED


@lru_cache
def seed(name: str) -> pd.DataFrame:
    """A seed such as `registry/measures` as text; empty cells are empty strings."""
    return pd.read_csv(seeds_folder() / f"{name}.csv", dtype=str, keep_default_na=False)


def indicator_set_in_force(day: str) -> str:
    """The id of the RIIA set valid on an ISO date; raises ValueError before the first set."""
    sets = seed("registry/indicator_sets")
    riia = sets[sets["set_id"].str.startswith("riia_")]
    valid = riia[
        (riia["valid_from"] <= day) & ((riia["valid_to"] == "") | (riia["valid_to"] >= day))
    ]
    if valid.empty:
        raise ValueError(
            f"No RIIA indicator set is in force on {day}; see seeds/registry/indicator_sets.csv"
        )
    return str(valid["set_id"].iloc[-1])


@lru_cache
def parts_of_wholes() -> pd.DataFrame:
    """Measures that are a part of another: columns part and whole.

    They are the percentages of the registry with one measure above and one below the line.
    """
    indicators = seed("registry/indicators")
    plain = indicators[(indicators["unit"] == "percent") & (indicators["denominator_factor"] == "")]
    terms = seed("registry/indicator_terms")
    terms = terms[~terms.duplicated(["indicator_code", "role"], keep=False)]
    part, whole = (terms[terms["role"] == role] for role in ("numerator", "denominator"))
    pairs = part.merge(whole, on="indicator_code").merge(plain, on="indicator_code")
    pairs = pairs.rename(columns={"measure_code_x": "part", "measure_code_y": "whole"})
    return pairs[["part", "whole"]]


def parts_in_set(set_id: str) -> pd.DataFrame:
    """Which measures of a set are parts of others: columns part, whole, adds_up; each part once.

    Parts add up to their whole where the set asks for all parts of a breakdown; any other part is
    only no larger than its whole.
    """
    asked = measures_of_set(set_id)["measure_code"]
    adding = breakdowns().rename(columns={"total": "whole"})[["part", "whole"]]
    complete = adding["part"].isin(asked).groupby(adding["whole"]).transform("all")
    single = parts_of_wholes()
    pairs = pd.concat([adding[complete].assign(adds_up=True), single.assign(adds_up=False)])
    pairs = pairs[pairs["part"].isin(asked) & pairs["whole"].isin(asked)]
    return pairs.drop_duplicates("part").reset_index(drop=True)


def return_due(quarter: Quarter) -> date:
    """When a quarter's returns are due; raises ValueError outside the calendar seed."""
    calendar = seed("reference/quarters").set_index("quarter_label")["return_due"]
    if quarter.label not in calendar:
        raise ValueError(f"{quarter.label} is not in seeds/reference/quarters.csv")
    return date.fromisoformat(calendar[quarter.label])


@lru_cache
def breakdowns() -> pd.DataFrame:
    """Parts that add up to a total: columns total, part, tolerance (absolute, in the unit)."""
    lines = seed("registry/measure_breakdowns").astype({"tolerance": float})
    names = {"total_measure_code": "total", "part_measure_code": "part"}
    return lines.rename(columns=names)[["total", "part", "tolerance"]]


@lru_cache
def names_of_measures() -> dict[str, list[str]]:
    """What each measure may be called in a return: its code, its label, its item of the list.

    An item names a measure where it is a count: one measure above the line, none below it.
    """
    measures = seed("registry/measures")
    names = {
        code: [code, label]
        for code, label in zip(measures["measure_code"], measures["label"], strict=True)
    }
    terms = seed("registry/indicator_terms")
    alone = terms[~terms["indicator_code"].duplicated(keep=False) & (terms["role"] == "numerator")]
    items = alone.merge(seed("registry/indicator_set_members"), on="indicator_code")
    for code, item in zip(items["measure_code"], items["item_label"], strict=True):
        names[code].append(item)
    return names


def participates(la_code: str, day: str, activity: str = "quarterly_return") -> bool:
    """Whether an authority takes part in an activity on an ISO date (MoU, June 2022).

    Participation is voluntary and dated; the register is `reference/participation.csv`. Without a
    row an authority does not take part.
    """
    register = seed("reference/participation")
    lines = register[(register["new_la_code"] == la_code) & (register["activity"] == activity)]
    begun = lines["valid_from"] <= day
    return bool((begun & ((lines["valid_to"] == "") | (lines["valid_to"] >= day))).any())


def measures_of_set(set_id: str) -> pd.DataFrame:
    """The measures an authority returns for a set, in the set's order; columns of measures.csv.

    LAs return measures, never percentages: a set names indicators, and their terms name measures.
    """
    members = seed("registry/indicator_set_members")
    members = members[members["set_id"] == set_id].assign(
        position=lambda f: f["position"].astype(int)
    )
    terms = members.merge(seed("registry/indicator_terms"), on="indicator_code")
    # Within an indicator the denominator is the larger, more natural count: it comes first.
    terms = terms.sort_values(["position", "role"], kind="stable").drop_duplicates("measure_code")
    return (
        terms[["measure_code"]]
        .merge(seed("registry/measures"), on="measure_code")
        .reset_index(drop=True)
    )


@lru_cache
def published_places(dataset: str, release: str | None = None) -> pd.DataFrame:
    """Where in a dataset's files figures are taken from: columns column_name and filter_key.

    In files of one release, or, without it, those that hold for all.
    """
    places = pd.concat(
        [seed("registry/published_measures"), seed("registry/published_populations")]
    )
    places = places[places["dataset"] == dataset].fillna("")
    first, last = places["first_release"], places["last_release"]
    if release is None:
        holds = (first == "") & (last == "")
    else:
        holds = (first <= release) & ((last == "") | (last >= release))
    return places.loc[holds, ["column_name", "filter_key"]].drop_duplicates(ignore_index=True)
