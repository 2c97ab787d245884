"""The statistics of children in need: tables B1, B7, C1 (two releases), C2, C4, C5, D1, D3, D5-D7.

Belongs here: what the yearly census adds to the quarters, and how DfE hides small numbers in it.
Does not belong here: headers (the contracts), or what other publications do too (`tables.py`).
"""

import numpy as np
import pandas as pd

from ingestion.registry import seed as read_seed
from ingestion.sample.figures import SOURCES, Figures
from ingestion.sample.files import generator
from ingestion.sample.published import tables
from ingestion.sample.published.tables import Publication, half_up, text, with_parts

_FIRST, _LAST = 2019, 2025
_NOT_SUBMITTED = ("HAC", (2021, 2022))  # the one authority and two years that DfE has no census of
_TABLES = {
    "cin_numbers": "b1_children_in_need",
    "cin_plans": "b7_child_in_need_plans",
    "cin_referrals": "c1_children_in_need_referrals_and_rereferrals",
    "cin_assessments": "c2_children_in_need_assessments_duration",
    "cin_s47_icpc": "c4_children_in_need_section_47s_and_icpcs",
    "cin_referral_sources": "c5_children_in_need_referrals_by_source",
    "cpp_numbers": "d1_child_protection_plans",
    "cpp_subsequent": "d3_cpps_subsequent_plan",
    "cpp_open_duration": "d5_cpps_at31march_by_duration",
    "cpp_reviewed": "d6_cpps_reviewed_within_timescales",
    "cpp_ended_duration": "d7_cpps_ending_by_duration",
}
_FIRST_YEARS = {"cin_plans": 2022}

_LONGER = {
    "more_than_3_months_6_months": 0.33,
    "more_than_6_months_less_than_1_year": 0.38,
    "1_year_less_than_2_years": 0.22,
    "2_years_or_more": 0.07,
}
_ASSESSED_IN_TIME = {
    "same_day": 0.012, "1_10_days": 0.078, "11_20_days": 0.15,
    "21_30_days": 0.21, "31_40_days": 0.3, "41_45_days": 0.25,
}  # fmt: skip
_ASSESSED_LATE = {"46_50_days": 0.4, "51_60_days": 0.3, "61_plus_days": 0.3}
_MET_IN_TIME = {"icpc_0_10_days": 0.15, "icpc_11_15_days": 0.85}
_MET_LATE = {"icpc_16_20_days": 0.42, "icpc_21_plus_days": 0.58}
_SHARES = [
    ("further_action", {"not_in_need": 0.31}),
    ("assessments_within_45wd", _ASSESSED_IN_TIME),
    ("assessments_late", _ASSESSED_LATE),
    ("icpc_within_15wd", _MET_IN_TIME),
    ("icpc_late", _MET_LATE),
    ("cin", {"started_episodes": 0.96, "ended_episodes": 0.85, "awaiting_assessment": 0.035}),
    ("cin_plans", {"cinplan_start": 0.95, "cinplan_end": 0.9}),
    ("cpp", {"3_months_or_less": 0.3, "cpp_at31_3months": 0.7}),
    ("cpp_at31_3months", _LONGER),
    ("cpp_at31_3months", {"reviewed_within_timescales": 0.93}),
]
_SHARES_OF_ENDED = [("cpp_ended", {"3_months_or_less": 0.17, "longer": 0.83}), ("longer", _LONGER)]
_AGAIN = 0.07  # episodes of a child whom an earlier one of the year counts already

# The parts of a total that the same line shows: one hidden alone would be given away by the others.
_PARTS = {
    "cin_referral_sources": [*SOURCES],
    "cin_assessments": [*_ASSESSED_IN_TIME, *_ASSESSED_LATE],
    "cin_s47_icpc": [*_MET_IN_TIME, *_MET_LATE],
    "cpp_open_duration": ["3_months_or_less", *_LONGER],
    "cpp_ended_duration": ["3_months_or_less", *_LONGER],
}
# Working days that end each of those parts, for the tables that show quartiles.
_DAYS = {
    "cin_assessments": [0, 1, 10, 20, 30, 40, 45, 50, 60, 100],
    "cin_s47_icpc": [0, 10, 15, 20, 40],
}
_QUARTILES = {"25th_percentile": 0.25, "median": 0.5, "75th_percentile": 0.75}


def publications(figures: Figures, seed: int) -> list[Publication]:
    known = _counts(figures, seed)
    # The 2025 release of C1 renamed every column it kept, dropped the rates and revised a year.
    revised = _revised(known["cin_referrals"], 2024, seed)
    return [
        *(_publication(figures, counts, dataset, "2024") for dataset, counts in known.items()),
        _publication(figures, revised, "cin_referrals", "2025"),
    ]


def _publication(figures: Figures, counts: pd.DataFrame, dataset: str, release: str) -> Publication:
    rows = tables.with_areas(counts.loc[_FIRST_YEARS.get(dataset, _FIRST) : int(release)], figures)
    rows["population"] = tables.people(rows, release)
    table = _table(dataset, rows, [str(name) for name in counts])
    name = f"{_TABLES[dataset]}_{rows['year'].min()}_to_{release}"
    day = tables.issued(release)
    if release == "2024":
        return Publication(dataset, name, table, release, day)
    kept = [name for name in tables.columns(dataset, "indicator") if not name.endswith("_rate")]
    return Publication(dataset, name, table, release, day, own=kept, vintage=-1)


def _counts(figures: Figures, seed: int) -> dict[str, pd.DataFrame]:
    """The counts that each table shows, by (year ending 31 March, la)."""
    rng = generator(seed, "published", "children in need")
    year = tables.yearly(figures, range(_FIRST, _LAST + 1), rng)
    year["referrals"] = year[[f"referrals_source_{name}" for name in SOURCES]].sum(axis=1)
    year["further_action"] = year["referrals"] - year["referrals_nfa"]
    year["assessments_late"] = year["assessments_completed"] - year["assessments_within_45wd"]
    year["icpc_late"] = year["icpc"] - year["icpc_within_15wd"]
    year = with_parts(year, _SHARES, rng)
    year["anypoint_episodes"] = year["cin"] + year["ended_episodes"]
    year["cinplan_anypoint"] = year["cin_plans"] + year["cinplan_end"]
    year["cpp_anypoint"] = year["cpp"] + year["cpp_ended"]
    ended = with_parts(year[["cpp_ended"]], _SHARES_OF_ENDED, rng)
    return {
        dataset: _shown(dataset, ended if dataset == "cpp_ended_duration" else year, rng)
        for dataset in _TABLES
    }


def _shown(dataset: str, year: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The counts of a table: a measure of the registry, a part drawn from one, or children."""
    places = read_seed("registry/published_measures")
    places = places[places["dataset"] == dataset].drop_duplicates("measure_code", keep=False)
    measures = dict(zip(places["column_name"], places["measure_code"], strict=True))
    counts: dict[str, pd.Series] = {}
    for name in tables.columns(dataset, "indicator"):
        episodes = name.replace("_child", "")
        found = measures[name] if measures.get(name) in year else name
        if found in year:
            counts[name] = year[found]
        elif episodes != name and not name.endswith(("_rate", "_percent")):
            whole = counts[episodes if episodes in counts else f"{episodes}_episodes"]
            counts[name] = whole - rng.binomial(whole.to_numpy(), _AGAIN)
    return pd.DataFrame(counts)


def _table(dataset: str, rows: pd.DataFrame, counts: list[str]) -> pd.DataFrame:
    """Ratios, disclosure and rounding, in that order; `rows` are unrounded."""
    local, names = tables.is_local(rows), list(tables.columns(dataset, "indicator"))
    hidden = rows[counts].apply(lambda c: local & c.between(1, 5))
    parts = _PARTS.get(dataset, [])
    if parts:
        hidden[parts] |= _secondary(rows[parts], hidden[parts])
    shown = rows.copy()
    for name in names:
        count, _, kind = name.rpartition("_")
        if name in counts:
            shown[name] = text(tables.to_ten(rows[name], rows)).mask(hidden[name], "c")
        elif kind == "rate":
            rate = half_up(rows[count], rows["population"], 10_000)
            shown[name] = text(rate).mask(hidden[count], "c")
        elif kind == "percent":
            whole = "referrals_child" if count == "rereferrals_child" else names[0]
            percent = half_up(rows[count], rows[whole], 100)
            shown[name] = text(percent).mask(hidden[count] | hidden[whole], "c")
        else:
            [share] = [share for key, share in _QUARTILES.items() if key in name]
            shown[name] = _quartile(rows[parts], _DAYS[dataset], share)
    la, years = _NOT_SUBMITTED
    shown.loc[(rows["la"] == la) & rows["year"].isin(years), names] = "x"
    return shown


def _secondary(counts: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Where one part alone is hidden, hide the next smallest too: the total would give it away."""
    smallest = counts.where(~hidden & (counts > 0)).rank(axis=1, method="first") == 1
    return smallest.mul(hidden.sum(axis=1) == 1, axis=0)


def _quartile(parts: pd.DataFrame, days: list[int], share: float) -> pd.Series:
    """Working days by which a share of the cases was done."""
    whole = parts.sum(axis=1)
    done = parts.cumsum(axis=1).div(whole.clip(lower=1), axis=0)
    values = [round(np.interp(share, [0, *held], days)) for held in done.to_numpy()]
    return text(pd.Series(values, parts.index).where(whole > 0))


def _revised(counts: pd.DataFrame, year: int, seed: int) -> pd.DataFrame:
    """A later release corrects the year before it for some authorities."""
    rng = generator(seed, "published", "revised")
    years = counts.index.get_level_values("year")
    changed = (years == year) & (rng.random(len(counts)) < 0.25)
    factor = np.where(changed, rng.normal(1, 0.02, len(counts)), 1.0)
    return counts.mul(factor, axis=0).round().astype(int)
