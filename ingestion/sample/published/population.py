"""The mid-year estimates that DfE issues with the statistics of children in need, in two releases.

They are the real ones of ONS, for the region and England, from the reference data: the synthetic
rates rest on real populations. The files are marked synthetic all the same, as they stand among
invented ones. Belongs here: the layout of that file. Does not belong here: any other estimate.
"""

import pandas as pd

from ingestion.sample.figures import Figures
from ingestion.sample.published import tables
from ingestion.sample.published.tables import Publication
from ingestion.sources.published_dataset import categories

_FIRST = 2018


def publications(figures: Figures, seed: int) -> list[Publication]:
    return [_estimates(figures, "2024", "utf-8-sig"), _estimates(figures, "2025", "utf-8")]


def _estimates(figures: Figures, release: str, encoding: str) -> Publication:
    last = int(release) - 1
    places = pd.MultiIndex.from_product(
        [range(_FIRST, last + 1), figures.authorities["short_code"]], names=["year", "la"]
    )
    rows = tables.with_areas(pd.DataFrame({"population_estimate": 0}, places), figures)
    [(age_group, column)] = tables.columns("population", "filter").items()
    rows[age_group] = categories(column)[0]
    rows["population_estimate"] = tables.people(rows, release, years_before=0)
    name = f"ons_mid-year_population_estimates_{_FIRST}_to_{last}"
    day = tables.issued(release)
    return Publication("population", name, rows, release, day, encoding=encoding)
