"""The children's social work workforce at 30 September, in both of its layouts.

Belongs here: what that collection asks and derives. Does not belong here: anything about children.
"""

from calendar import isleap
from datetime import date

import numpy as np
import pandas as pd

from ingestion.sample.figures import Figures
from ingestion.sample.files import generator
from ingestion.sample.published.tables import Publication, half_up, text, with_areas

_YEARS = range(2017, 2026)
_JOINT = ("KUT", "RUT")  # one row for two authorities, as DfE publishes Achieving for Children
_WORKING_DAYS_A_YEAR = 253  # as in DfE's absence rate, which adds a 29 February

_RATIOS = {
    "turnover_rate_fte": ("leavers_fte", "inpost_fte", 100),
    "turnover_rate_headcount": ("leavers_headcount", "inpost_headcount", 100),
    "agency_rate_fte": ("agency_fte", "agency_and_inpost_fte", 100),
    "agency_rate_headcount": ("agency_headcount", "agency_and_inpost_headcount", 100),
    "agency_cover_rate_fte": ("agency_cover_fte", "agency_fte", 100),
    "vacancy_rate_fte": ("vacancy_fte", "establishment_fte", 100),
    "vacancy_agency_cover_rate_fte": ("agency_cover_fte", "vacancy_fte", 100),
    "caseload_fte": ("cases", "case_holders_fte", 1),
    "absence_rate_fte": ("working_days_lost_fte", "working_days", 100),
}
# The headline file to 2022 orders its columns differently; its headers are the contract's aliases.
_HEADLINE_ORDER = [
    "inpost_fte", "leavers_fte", "turnover_rate_fte", "working_days_lost_fte",
    "absence_rate_fte", "agency_fte", "agency_rate_fte", "agency_cover_fte",
    "agency_cover_rate_fte", "vacancy_fte", "vacancy_rate_fte", "vacancy_agency_cover_rate_fte",
    "case_holders_fte", "cases", "caseload_fte", "inpost_headcount", "leavers_headcount",
    "turnover_rate_headcount", "agency_headcount", "agency_rate_headcount",
]  # fmt: skip


def publications(figures: Figures, seed: int) -> list[Publication]:
    counts = _counts(figures, seed)
    headline = _table(with_areas(counts.loc[:2022], figures))
    every_year = _table(with_areas(counts, figures, _JOINT))
    return [
        Publication(
            "csww",
            "csww_headline_measures_2017_to_2022",
            headline,
            "2022",
            date(2023, 2, 23),
            vintage=-1,
            own=_HEADLINE_ORDER,
            encoding="utf-8-sig",
        ),
        Publication("csww", "csww_indicators_2017_to_2025", every_year, "2025", date(2026, 2, 26)),
    ]


def _counts(figures: Figures, seed: int) -> pd.DataFrame:
    """FTE, headcounts and days by (year to 30 September, la)."""
    rng = generator(seed, "published", "workforce")
    frame = figures.frame
    autumn = frame.xs(2, level="number").loc[_YEARS.start : _YEARS.stop - 1]
    # A workforce year runs October to September: it takes the second half of the financial year.
    ends = pd.Index(
        frame.index.get_level_values("year") + (frame.index.get_level_values("number") > 2)
    )
    days_lost = frame.groupby([ends, frame.index.get_level_values("la")])["sw_days_lost"].sum()
    days_lost = days_lost.rename_axis(["year", "la"]).reindex(autumn.index)

    def fte(values: pd.Series) -> pd.Series:
        return values.round(1)

    def heads(values: pd.Series) -> pd.Series:
        return np.ceil(values * 1.03).astype(int)

    size = len(autumn)
    inpost, agency, vacancy = (
        fte(autumn[name] * rng.normal(1, 0.008, size))
        for name in ("sw_in_post_fte", "sw_agency_fte", "sw_vacancies_fte")
    )
    starters, leavers = (fte(inpost * rng.normal(mean, 0.03, size)) for mean in (0.16, 0.145))
    holders = fte(inpost * rng.normal(0.62, 0.03, size))
    return pd.DataFrame(
        {
            "inpost_fte": inpost,
            "inpost_headcount": heads(inpost),
            "starters_fte": starters,
            "starters_headcount": heads(starters),
            "leavers_fte": leavers,
            "leavers_headcount": heads(leavers),
            "agency_fte": agency,
            "agency_headcount": heads(agency),
            "agency_cover_fte": fte(agency.clip(upper=vacancy) * rng.uniform(0.75, 1, size)),
            "vacancy_fte": vacancy,
            "case_holders_fte": holders,
            "cases": (holders * rng.normal(13.8, 1.4, size)).round().astype(int),
            "working_days_lost_fte": days_lost,
        }
    )


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    bases = rows.assign(
        agency_and_inpost_fte=rows["agency_fte"] + rows["inpost_fte"],
        agency_and_inpost_headcount=rows["agency_headcount"] + rows["inpost_headcount"],
        establishment_fte=rows["vacancy_fte"] + rows["inpost_fte"],
        working_days=rows["inpost_fte"] * (_WORKING_DAYS_A_YEAR + rows["year"].map(isleap)),
    )
    ratios = {name: half_up(bases[a], bases[b], per) for name, (a, b, per) in _RATIOS.items()}
    counts = rows.select_dtypes("number").drop(columns=["year", "order"])
    return rows.assign(**{name: text(values) for name, values in {**counts, **ratios}.items()})
