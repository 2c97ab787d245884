"""The statistics of children looked after and of care leavers: five files, one line a category.

Belongs here: the shares behind each category, and how these files print them: exact counts, whole
percentages. Does not belong here: what other publications do too (`tables.py`).
"""

import itertools
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from ingestion.sample.figures import Figures
from ingestion.sample.files import generator
from ingestion.sample.published import tables
from ingestion.sample.published.tables import Publication, half_up, text, to_ten, with_parts
from ingestion.sources.published_dataset import categories

_YEARS = range(2021, 2026)

_LONG_STAY = (
    "Children looked after continuously for at least 2.5 years on 31 March aged under 16 years"
)
_HEALTH = "Health assessments: Children looked after all ages"
_EARLY = "Development assessments: Children looked after ages 0 to 4 years"
_CONVICTIONS = "Convictions: Children looked after Ages 10 to 17 years"
_SDQ = "Ages 5 to 16 years with SDQ score"
_MISUSE = "Substance misuse: Children looked after all ages"
# whole -> {part: typical share}, each as "category|category"
_CHILDREN = {
    "CLA on 31 March|Total children": {
        "CLA on 31 March|With 3 or more placements during the year": 0.1,
        "CLA 2 years on 31 March|Total children": 0.66,
        f"{_LONG_STAY}|Total children": 0.28,
        f"{_HEALTH}|Total all ages": 0.68,
    },
    "CLA 2 years on 31 March|Total children": {
        "CLA 2 years on 31 March|With 3 or more placements during the previous 2 years": 0.25
    },
    f"{_LONG_STAY}|Total children": {
        f"{_LONG_STAY}|Living with the same carer for at least 2 years": 0.68
    },
    f"{_HEALTH}|Total all ages": {
        f"{_HEALTH}|Had their annual health assessment": 0.92,
        f"{_HEALTH}|Had their immunisations up to date": 0.76,
        f"{_HEALTH}|Had their teeth checked by a dentist": 0.81,
        f"{_EARLY}|Total ages 0 to 4 years": 0.1,
        f"{_CONVICTIONS}|Total ages 10 to 17 years": 0.74,
        f"{_SDQ}|Total ages 5 to 16 years": 0.69,
        f"{_MISUSE}|Identified as having a substance misuse problem": 0.05,
    },
    f"{_EARLY}|Total ages 0 to 4 years": {f"{_EARLY}|Development assessments up to date": 0.88},
    f"{_CONVICTIONS}|Total ages 10 to 17 years": {
        f"{_CONVICTIONS}|Convicted or subject to youth cautions, or youth conditional cautions"
        " during the year": 0.03
    },
    f"{_SDQ}|Total ages 5 to 16 years": {f"{_SDQ}|SDQ score was received": 0.86},
    f"{_SDQ}|SDQ score was received": {
        f"{_SDQ}|SDQ score is a cause for concern": 0.37,
        f"{_SDQ}|SDQ score is borderline": 0.13,
        f"{_SDQ}|SDQ score is normal": 0.5,
    },
    f"{_MISUSE}|Identified as having a substance misuse problem": {
        f"{_MISUSE}|Offered intervention but refused it": 0.5,
        f"{_MISUSE}|Received an intervention for their substance misuse problem": 0.4,
    },
}
_AVERAGE = f"{_SDQ}|SDQ average score"  # follows from the scores, and is no count

_AGES = {"17 to 18 years": 0.24, "19 to 21 years": 0.76}  # of the care leavers that are returned
_LEAVERS = {
    "Total": {
        "Total in education, employment or training": 0.58,
        "Total not in education, employment or training": 0.36,
        "Total information not known": 0.06,
    },
    "Total in education, employment or training": {
        "Education other than higher education": 0.45,
        "Higher education i.e. studies beyond A level": 0.13,
        "In an apprenticeship": 0.04,
        "In training or employment (excl. apprenticeship)": 0.38,
    },
    "Total not in education, employment or training": {
        "Not in education, training or employment, owing to illness or disability": 0.15,
        "Not in education, training or employment, owing to other reasons": 0.78,
        "Not in education, training or employment, owing to pregnancy or parenting": 0.07,
    },
}
# The accommodation of fewer is asked for: some have gone abroad or been deported.
_HOMES = [
    ("Total", {"Suitability total": 0.99}),
    (
        "Suitability total",
        {
            "Accommodation considered suitable": 0.89,
            "Accommodation considered unsuitable": 0.05,
            "No information": 0.06,
        },
    ),
]
_NUMBERS = {
    "cla_ceased": "Children ceasing to be looked after each year",
    "cla": "Children looked after on 31 March each year",
    "cla_started": "Children starting to be looked after each year",
}
_SPLIT_SINCE = "In training or employment"  # a category of earlier years; now there are two


def publications(figures: Figures, seed: int) -> list[Publication]:
    rng = generator(seed, "published", "children looked after")
    year = tables.yearly(figures, _YEARS, rng)
    numbers = tables.with_areas(year[[*_NUMBERS]], figures)
    children = tables.with_areas(_children(year, rng), figures)
    leavers = tables.with_areas(_leavers(year, rng), figures)
    wholes = {
        part: whole for whole, parts in _CHILDREN.items() for part in parts if "|Total" not in part
    }
    active, housed = (
        {str(name): f"{str(name).partition('|')[0]}|{total}" for name in leavers}
        for total in ("Total", "Suitability total")
    )
    files = {
        "cla_numbers": ("cla_number_and_rate_per_10k_children", "utf-8", numbers, None),
        "cla_placement_stability": ("la_cla_placement_stability", "utf-8-sig", children, wholes),
        "cla_health": ("la_conviction_health_outcome_cla", "utf-8", children, wholes),
        "care_leavers_accommodation": (
            "la_care_leavers_accommodation_suitability",
            "utf-8",
            leavers,
            housed,
        ),
        "care_leavers_activity": ("la_care_leavers_activity", "utf-8-sig", leavers, active),
    }
    return [
        Publication(
            dataset,
            name,
            _numbers(rows) if of is None else _shares(dataset, rows, of),
            "2025",
            date(2025, 11, 20),
            codes=("old_la_code", "la_name", "new_la_code"),
            encoding=encoding,
        )
        for dataset, (name, encoding, rows, of) in files.items()
    ]


def _children(year: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    root = next(iter(_CHILDREN))
    counts = with_parts(year[["cla"]].set_axis([root], axis=1), _CHILDREN.items(), rng)
    counts[f"{_MISUSE}|Total all ages"] = counts[f"{_HEALTH}|Total all ages"]
    return counts


def _leavers(year: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    ages = with_parts(year[["care_leavers"]], [("care_leavers", _AGES)], rng)
    counts = []
    for age in _AGES:
        total = ages[[age]].set_axis(["Total"], axis=1)
        counts.append(with_parts(total, [*_LEAVERS.items(), *_HOMES], rng).add_prefix(f"{age}|"))
    return pd.concat(counts, axis=1)


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    population = tables.people(rows, "2025")
    lines: tables.Lines = {
        (category,): pd.DataFrame(
            {
                "population_estimate": text(population),
                "children_count": text(to_ten(rows[measure], rows)),
                "rate_per_10000": text(half_up(rows[measure], population, 10_000, decimals=0)),
            }
        )
        for measure, category in _NUMBERS.items()
    }
    return tables.by_category(rows, ["population_type"], lines)


def _shares(dataset: str, rows: pd.DataFrame, wholes: Mapping[str, str]) -> pd.DataFrame:
    """Each category's count and its share of `wholes`, a total's of itself."""
    filters = tables.columns(dataset, "filter")
    known = [categories(column) for column in filters.values()]
    nothing = pd.Series("z", rows.index)
    lines: tables.Lines = {}
    for category in itertools.product(*known):
        key = "|".join(category)
        if key in rows:
            count, whole = rows[key], rows[wholes.get(key, key)]
            share = half_up(count, whole, 100, decimals=0)
            percent = text(share).mask((count > 0) & (share == 0), "k")
            cells = text(to_ten(count, rows)), percent
        elif key == _AVERAGE:
            concern = rows[f"{_SDQ}|SDQ score is a cause for concern"]
            cells = text(8 + half_up(concern, rows[f"{_SDQ}|SDQ score was received"], 16)), nothing
        elif category[-1] == _SPLIT_SINCE:
            cells = nothing, nothing
        else:
            continue  # not a category of this group
        lines[category] = pd.DataFrame(
            dict(zip(tables.columns(dataset, "indicator"), cells, strict=True))
        )
    return tables.by_category(rows, filters, lines)
