"""Education, health and care plans: requests and plans of a calendar year, in all and by sex.

Belongs here: what the SEN2 return asks about them. Its counts are neither rounded nor hidden, and
the region has no parts in it. Does not belong here: the breakdowns by age and ethnicity, which no
figure is taken from.
"""

from datetime import date

import pandas as pd

from ingestion.region import REGION
from ingestion.sample.figures import Figures
from ingestion.sample.files import generator
from ingestion.sample.published import tables
from ingestion.sample.published.tables import Publication, half_up, text, with_parts
from ingestion.sources.published_dataset import categories

_YEARS = range(2019, 2025)
_GIRLS = 0.36  # of all requests and plans
_SHARES = [
    (
        "not_assessed",
        {
            "requests_decided_not_to_assess": 0.7,
            "requests_decision_not_made": 0.28,
            "requests_withdrawn": 0.02,
        },
    ),
    ("requests_decided_not_to_assess", {"mediation_related_request": 0.19}),
    ("requests_decided_not_to_assess", {"tribunal_related_request": 0.12}),
    ("mediation_related_request", {"tribunal_after_mediation_request": 0.16}),
    ("requests_decision_not_made", {"requests_rya": 0.003}),
    ("requests_received_in_year", {"outcomes": 0.97}),
    ("outcomes", {"request_outcome_six_weeks": 0.85, "request_outcome_over_6_weeks": 0.15}),
    (
        "plans_issued_den",
        {
            "plans_issued_within_20_weeks": 0.65,
            "plans_issued_gt20weeks_ltyear": 0.33,
            "plans_issued_gt_1_year": 0.02,
        },
    ),
    # Leaving out plans that an exception holds for.
    ("plans_issued_within_20_weeks", {"plans_issued_20_weeks_ex": 0.95}),
    ("plans_issued_gt20weeks_ltyear", {"plans_issued_gt20weeks_ltyear_ex": 0.86}),
    ("plans_issued_gt_1_year", {"plans_issued_gt_1_year_ex": 0.82}),
]
_PERCENTAGES = {
    "request_assess_pc": ("requests_decided_to_assess", "requests_received_in_year"),
    "request_not_assess_pc": ("requests_decided_not_to_assess", "requests_received_in_year"),
    "request_outstanding_pc": ("requests_decision_not_made", "requests_received_in_year"),
    "request_withdrawn_pc": ("requests_withdrawn", "requests_received_in_year"),
    "request_outcome_six_weeks_pc": ("request_outcome_six_weeks", "outcomes"),
    "request_outcome_over_6_weeks_pc": ("request_outcome_over_6_weeks", "outcomes"),
}


def publications(figures: Figures, seed: int) -> list[Publication]:
    by_sex = {
        sex: tables.with_areas(counts, figures) for sex, counts in _counts(figures, seed).items()
    }
    return [
        _publication(dataset, f"{name}_2019_to_2024", by_sex)
        for dataset, name in (
            ("ehc_requests", "requests"),
            ("ehc_timeliness", "timeliness_20_week"),
        )
    ]


def _counts(figures: Figures, seed: int) -> dict[str, pd.DataFrame]:
    """Counts by (calendar year, la) of each sex: what adds up for both adds up for all."""
    rng = generator(seed, "published", "ehc")
    frame = figures.frame.filter(like="ehc_")
    year, number = (frame.index.get_level_values(level) for level in ("year", "number"))
    # The fourth quarter of a financial year is the first of the next calendar year.
    summed = frame.groupby([(year + (number == 4)).rename("year"), "la"]).sum()
    summed = summed.loc[_YEARS.start : _YEARS.stop - 1]
    every = pd.DataFrame(
        {
            "requests_decided_to_assess": summed["ehc_assessments"],
            "not_assessed": summed["ehc_requests"] - summed["ehc_assessments"],
            "plans_issued_den": summed["ehc_plans_issued"],
        }
    )
    girls = pd.DataFrame(rng.binomial(every, _GIRLS), every.index, every.columns)
    by_sex = {"Female": girls, "Male": every - girls}
    for sex, counts in by_sex.items():
        received = counts["requests_decided_to_assess"] + counts["not_assessed"]
        parts = with_parts(counts.assign(requests_received_in_year=received), _SHARES, rng)
        by_sex[sex] = parts.assign(
            plans_issued_den_ex=parts.filter(regex="^plans_issued_.*_ex$").sum(axis=1),
        )
    return by_sex


def _publication(dataset: str, name: str, by_sex: dict[str, pd.DataFrame]) -> Publication:
    counts = list(by_sex["Female"].select_dtypes("number").drop(columns=["year", "order"]))
    girls, boys = (rows[counts] for rows in by_sex.values())
    filters = tables.columns(dataset, "filter")
    every = categories(filters["breakdown"])[0]
    lines = {
        (every, every): girls + boys,
        ("Sex", "Female"): girls,
        ("Sex", "Male"): boys,
        ("Sex", "Unknown"): girls * 0,
    }
    # No Inner and Outer London here: its authorities are of the region.
    rows = by_sex["Female"]
    rows = rows[(rows["order"] != 2) | (rows["region_code"] == REGION.code)]
    inside = rows["region_code"].notna()
    rows = rows.assign(
        time_identifier="Calendar year",
        region_code=rows["region_code"].mask(inside, REGION.code),
        region_name=rows["region_name"].mask(inside, REGION.name),
    )
    printed: tables.Lines = {category: _printed(dataset, line) for category, line in lines.items()}
    return Publication(
        dataset,
        name,
        tables.by_category(rows, filters, printed),
        "2025",
        date(2025, 6, 26),
        codes=("new_la_code", "old_la_code", "la_name"),
        encoding="utf-8-sig",
    )


def _printed(dataset: str, counts: pd.DataFrame) -> pd.DataFrame:
    shown = {}
    for name in tables.columns(dataset, "indicator"):
        if name.startswith("pc_"):
            whole = "plans_issued_den_ex" if name.endswith("_ex") else "plans_issued_den"
            part = name.removeprefix("pc_")
        else:
            part, whole = _PERCENTAGES.get(name, (name, ""))
        shares = half_up(counts[part], counts[whole], 100) if whole else counts[part]
        shown[name] = text(shares, nothing="x")
    return pd.DataFrame(shown)
