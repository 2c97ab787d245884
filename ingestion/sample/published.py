"""Invented statistics in the layouts of DfE's published files, two of them in two vintages.

Belongs here: column names and order as DfE issues them, regional and national rows, rounding and
symbols. Does not belong here: levels (`figures.py`), or any row of a real publication. Yearly
figures are the sums of the same quarters the returns are written from, give or take what the
yearly collection corrects.
"""

from calendar import isleap
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion.contract import Column, contract
from ingestion.periods import Quarter
from ingestion.registry import seed as read_seed
from ingestion.sample.figures import Figures
from ingestion.sample.files import at_nine, describe, generator

LAST_NEEDED = Quarter(2025, 2)  # the quarter that ends the last workforce year below
_CIN_YEARS = range(2019, 2026)
_WORKFORCE_YEARS = range(2017, 2026)
_NOT_SUBMITTED = (
    "MER",
    (2021, 2022),
)  # one authority's two years without a children-in-need return
_JOINT = (
    "KUT",
    "RUT",
)  # one workforce row for two authorities, as DfE publishes Achieving for Children
_WORKING_DAYS_A_YEAR = 253  # as in DfE's absence rate, which adds a 29 February

_REGIONS = {"E12000007": "London", "E13000001": "Inner London", "E13000002": "Outer London"}
_ENGLAND = "E92000001"
# England as a multiple of London: per child it refers less often and employs fewer agency staff.
_ENGLAND_TO_LONDON = {
    "referrals": 5.9,
    "rereferrals": 7.0,
    "no_further_action": 4.8,
    "not_in_need": 6.3,
    "referrals_child": 5.75,
    "rereferrals_child": 6.8,
    "section47": 6.05,
    "section47_child": 5.9,
    "icpc_0_10_days": 5.0,
    "icpc_11_15_days": 7.0,
    "icpc_16_20_days": 6.3,
    "icpc_21_plus_days": 5.6,
    "icpc_child": 6.5,
    "inpost_fte": 5.8,
    "inpost_headcount": 5.9,
    "starters_fte": 5.5,
    "starters_headcount": 5.6,
    "leavers_fte": 5.0,
    "leavers_headcount": 5.2,
    "agency_fte": 4.0,
    "agency_headcount": 4.0,
    "agency_cover_fte": 3.7,
    "vacancy_fte": 4.1,
    "case_holders_fte": 5.8,
    "cases": 6.4,
    "working_days_lost_fte": 7.2,
}

# ratio -> (numerator, denominator, per); the population is that of the year before.
_CIN_RATIOS = {
    "referrals_rate": ("referrals", "population", 10_000),
    "rereferrals_percent": ("rereferrals", "referrals", 100),
    "no_further_action_percent": ("no_further_action", "referrals", 100),
    "not_in_need_percent": ("not_in_need", "referrals", 100),
    "referrals_child_rate": ("referrals_child", "population", 10_000),
    "rereferrals_child_percent": ("rereferrals_child", "referrals_child", 100),
    "section47_rate": ("section47", "population", 10_000),
    "section47_child_rate": ("section47_child", "population", 10_000),
    "icpc_rate": ("icpc", "population", 10_000),
    "icpc_child_rate": ("icpc_child", "population", 10_000),
}
_WORKFORCE_RATIOS = {
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
_REFERRAL_COUNTS = [
    "referrals",
    "rereferrals",
    "no_further_action",
    "not_in_need",
    "referrals_child",
    "rereferrals_child",
]
_DURATIONS = ["icpc_0_10_days", "icpc_11_15_days", "icpc_16_20_days", "icpc_21_plus_days"]
_ENQUIRY_COUNTS = ["section47", "section47_child", "icpc", "icpc_child", *_DURATIONS]
_QUARTILES = {
    "icpc_duration_25th_percentile": 0.25,
    "icpc_duration_median": 0.5,
    "icpc_duration_75th_percentile": 0.75,
}

# The headline file to 2022 orders its columns differently; its headers are the contract's aliases.
_HEADLINE_ORDER = [
    "inpost_fte",
    "leavers_fte",
    "turnover_rate_fte",
    "working_days_lost_fte",
    "absence_rate_fte",
    "agency_fte",
    "agency_rate_fte",
    "agency_cover_fte",
    "agency_cover_rate_fte",
    "vacancy_fte",
    "vacancy_rate_fte",
    "vacancy_agency_cover_rate_fte",
    "case_holders_fte",
    "cases",
    "caseload_fte",
    "inpost_headcount",
    "leavers_headcount",
    "turnover_rate_headcount",
    "agency_headcount",
    "agency_rate_headcount",
]


def half_up(numerator: pd.Series, denominator: pd.Series, per: int) -> pd.Series:
    """numerator / denominator x per to one decimal, halves up; empty where nothing is divided by.

    In whole tenths, because 0.05 has no exact float and would round either way.
    """
    top = (numerator * 10).round().astype("int64") * per * 10
    bottom = (denominator * 10).round().astype("int64")
    tenths = (2 * top + bottom) // (2 * bottom).where(bottom > 0, 1)
    return (tenths / 10).where(bottom > 0)


def _text(values: pd.Series) -> pd.Series:
    """Numbers as DfE writes them: `21`, `8.5`; what cannot be divided is `z`."""
    return values.map(lambda v: "z" if pd.isna(v) else f"{v:.1f}".removesuffix(".0"))


def _children_in_need(figures: Figures, seed: int) -> pd.DataFrame:
    """Counts by (year ending 31 March, la) of both children-in-need tables."""
    rng = generator(seed, "published", "children in need")
    returned = (
        figures.frame.groupby(level=["year", "la"]).sum().rename(lambda y: y + 1, level="year")
    )
    returned = returned.loc[_CIN_YEARS.start : _CIN_YEARS.stop - 1]
    # The census is cleaned child by child and ends up near, not at, the sum of the quarters.
    cleaned = rng.normal(1, 0.008, len(returned))

    def census(measure: str) -> pd.Series:
        return (returned[measure] * cleaned).round().astype(int)

    counts = pd.DataFrame(
        {
            "referrals": census("referrals"),
            "rereferrals": census("repeat_referrals"),
            "no_further_action": census("referrals_nfa"),
            "section47": census("s47"),
            "icpc": census("icpc"),
        }
    )
    on_time = census("icpc_within_15wd")
    further = counts["referrals"] - counts["no_further_action"]
    later = counts["icpc"] - on_time
    counts["not_in_need"] = rng.binomial(further, 0.31)
    counts["referrals_child"] = rng.binomial(counts["referrals"], 0.914)
    counts["rereferrals_child"] = rng.binomial(counts["rereferrals"], 0.856)
    counts["section47_child"] = rng.binomial(counts["section47"], 0.87)
    counts["icpc_child"] = rng.binomial(counts["icpc"], 0.985)
    counts["icpc_0_10_days"] = rng.binomial(on_time, 0.15)
    counts["icpc_11_15_days"] = on_time - counts["icpc_0_10_days"]
    counts["icpc_16_20_days"] = rng.binomial(later, 0.42)
    counts["icpc_21_plus_days"] = later - counts["icpc_16_20_days"]
    return counts


def _workforce(figures: Figures, seed: int) -> pd.DataFrame:
    """FTE, headcounts and days by (year to 30 September, la)."""
    rng = generator(seed, "published", "workforce")
    frame = figures.frame
    autumn = frame.xs(2, level="number").loc[_WORKFORCE_YEARS.start : _WORKFORCE_YEARS.stop - 1]
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


def _with_areas(
    counts: pd.DataFrame, authorities: pd.DataFrame, joint: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Rows for England, London, Inner, Outer and the authorities, with DfE's geography columns.

    Authorities in `joint` share one row, their codes and names joined as DfE joins them.
    """
    values = list(counts.columns)
    names = authorities.set_index("short_code")[
        ["inner_outer_code", "old_la_code", "new_la_code", "la_name"]
    ]
    local = counts.reset_index().join(names, on="la")
    together = local["la"].isin(joint)
    how = dict.fromkeys(values, "sum") | dict.fromkeys(names.columns[1:], " / ".join)
    shared = local[together].groupby(["year", "inner_outer_code"], as_index=False).agg(how)
    local = pd.concat([local[~together], shared]).sort_values("la_name")
    local = local.assign(geographic_level="Local authority", order=3)
    local = local.rename(columns={"inner_outer_code": "region_code"})

    halves = local.groupby(["year", "region_code"], as_index=False)[values].sum()
    london = halves.groupby("year", as_index=False)[values].sum().assign(region_code="E12000007")
    regions = pd.concat([london, halves]).assign(geographic_level="Regional", order=2)
    england = london.assign(region_code=None, geographic_level="National", order=1)
    for name in set(values) & set(_ENGLAND_TO_LONDON):
        england[name] = (england[name] * _ENGLAND_TO_LONDON[name]).round(1)
    if "icpc" in values:  # the parts have their own multiples; the whole stays their sum
        england[_DURATIONS] = england[_DURATIONS].round()
        england["icpc"] = england[_DURATIONS].sum(axis=1)

    rows = pd.concat([england, regions, local])
    rows = rows.sort_values(["year", "order"], ascending=[False, True], kind="stable")
    return rows.reset_index(drop=True).assign(
        time_period=lambda f: f["year"].astype(str),
        time_identifier="Reporting year",
        country_code=_ENGLAND,
        country_name="England",
        region_name=lambda f: f["region_code"].map(_REGIONS),
    )


def _population(rows: pd.DataFrame, release: str) -> pd.Series:
    """Children 0-17 in the middle of the year before, as known at a release."""
    people = read_seed("reference/populations")
    people = people[(people["population_release"] == release) & (people["age_band"] == "0-17")]
    known = people.set_index(["mid_year", "area_code"])["population"]
    area = rows["new_la_code"].fillna(rows["region_code"]).fillna(_ENGLAND)
    keys = pd.MultiIndex.from_arrays([(rows["year"] - 1).astype(str), area])
    return pd.Series(pd.to_numeric(known.reindex(keys)).to_numpy(), index=rows.index)


def _children_in_need_table(rows: pd.DataFrame, counts: list[str]) -> pd.DataFrame:
    """Ratios, disclosure and rounding, in that order; `rows` are unrounded."""
    ratios = {name: r for name, r in _CIN_RATIOS.items() if r[0] in counts}
    local = rows["geographic_level"] == "Local authority"
    hidden = rows[counts].apply(lambda c: local & c.between(1, 5))
    if "icpc" not in counts:
        shown = rows.assign(category="Referrals and Re-referrals")
    else:
        shown = rows.assign(
            category="Section 47s and Initial Child Protection Conferences", **_quartiles(rows)
        )
        hidden[_DURATIONS] |= _secondary(rows[_DURATIONS], hidden[_DURATIONS])
    for name, (top, bottom, per) in ratios.items():
        value = half_up(rows[top], rows[bottom], per)
        shown[name] = _text(value).mask(hidden[top] | hidden.get(bottom, False), "c")
    for name in counts:
        rounded = rows[name].where(local, (rows[name] / 10 + 0.5).floordiv(1) * 10)
        shown[name] = _text(rounded).mask(hidden[name], "c")
    la, years = _NOT_SUBMITTED
    absent = (rows["la"] == la) & rows["year"].isin(years)
    shown.loc[absent, [*counts, *ratios, *shown.columns.intersection(list(_QUARTILES))]] = "x"
    return shown


def _secondary(counts: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Where one part alone is hidden, hide the next smallest too: the total would give it away."""
    smallest = counts.where(~hidden & (counts > 0)).rank(axis=1, method="first") == 1
    return smallest.mul(hidden.sum(axis=1) == 1, axis=0)


def _quartiles(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Working days by which a quarter, half and three quarters of the conferences were held."""
    edges = [0, 10, 15, 20, 40]
    shares = rows[_DURATIONS].cumsum(axis=1).div(rows["icpc"].clip(lower=1), axis=0)
    days = {
        name: [round(np.interp(share, [0, *held], edges)) for held in shares.to_numpy()]
        for name, share in _QUARTILES.items()
    }
    return {
        name: _text(pd.Series(values, index=rows.index)).mask(rows["icpc"] == 0, "z")
        for name, values in days.items()
    }


def _workforce_table(rows: pd.DataFrame, counts: list[str]) -> pd.DataFrame:
    bases = rows.assign(
        agency_and_inpost_fte=rows["agency_fte"] + rows["inpost_fte"],
        agency_and_inpost_headcount=rows["agency_headcount"] + rows["inpost_headcount"],
        establishment_fte=rows["vacancy_fte"] + rows["inpost_fte"],
        working_days=rows["inpost_fte"] * (_WORKING_DAYS_A_YEAR + rows["year"].map(isleap)),
    )
    for name, (top, bottom, per) in _WORKFORCE_RATIOS.items():
        rows = rows.assign(**{name: _text(half_up(bases[top], bases[bottom], per))})
    headcounts = [name for name in counts if not name.endswith("_fte")]
    rows[headcounts] = rows[headcounts].round()
    return rows.assign(**{name: _text(rows[name]) for name in counts})


def _columns(dataset: str) -> list[Column]:
    return contract("published").table(dataset).columns


def _revised(counts: pd.DataFrame, year: int, seed: int) -> pd.DataFrame:
    """A later release corrects the year before it for some authorities."""
    rng = generator(seed, "published", "revised")
    years = counts.index.get_level_values("year")
    changed = (years == year) & (rng.random(len(counts)) < 0.25)
    factor = np.where(changed, rng.normal(1, 0.02, len(counts)), 1.0)
    return counts.mul(factor, axis=0).round().astype(int)


@dataclass(frozen=True)
class _Publication:
    name: str
    table: pd.DataFrame
    headers: dict[str, str]  # the table's column -> the header DfE gave it, in DfE's order
    release: str
    issued: date
    encoding: str = "utf-8"

    def write(self, root: Path) -> Path:
        path = root / f"{self.name}_synthetic.csv"
        layout = self.table[list(self.headers)].rename(columns=self.headers)
        layout.to_csv(path, index=False, encoding=self.encoding, lineterminator="\r\n")
        describe(path, at_nine(self.issued), release=self.release, synthetic=True)
        return path


def write_published(root: Path, figures: Figures, seed: int) -> list[Path]:
    """The five files, with sidecars, under `root`."""
    releases = read_seed("reference/population_releases").set_index("population_release")
    issued = releases["available_from"].map(date.fromisoformat)
    need, workforce = _children_in_need(figures, seed), _workforce(figures, seed)
    standard = {c.name: c.headers[0] for c in _columns("cin_referrals") if c.role == "standard"}
    referrals, enquiries, staff = (
        {c.name: c.headers for c in _columns(dataset) if c.role != "standard"}
        for dataset in ("cin_referrals", "cin_s47_icpc", "csww")
    )

    def children_in_need(known: pd.DataFrame, counts: list[str], release: str) -> pd.DataFrame:
        rows = _with_areas(known.loc[: int(release), counts], figures.authorities)
        rows["population"] = _population(rows, release)
        return _children_in_need_table(rows, counts)

    def staffing(known: pd.DataFrame, joint: tuple[str, ...] = ()) -> pd.DataFrame:
        return _workforce_table(_with_areas(known, figures.authorities, joint), list(known.columns))

    publications = [
        _Publication(
            "c1_children_in_need_referrals_and_rereferrals_2019_to_2024",
            children_in_need(need, _REFERRAL_COUNTS, "2024"),
            standard | {name: headers[0] for name, headers in referrals.items()},
            "2024",
            issued["2024"],
        ),
        # The 2025 release renamed every column it kept and dropped the rates.
        _Publication(
            "c1_children_in_need_referrals_and_rereferrals_2019_to_2025",
            children_in_need(_revised(need, 2024, seed), _REFERRAL_COUNTS, "2025"),
            standard | {n: h[-1] for n, h in referrals.items() if not n.endswith("_rate")},
            "2025",
            issued["2025"],
        ),
        _Publication(
            "c4_children_in_need_section_47s_and_icpcs_2019_to_2024",
            children_in_need(need, _ENQUIRY_COUNTS, "2024"),
            standard | {name: headers[0] for name, headers in enquiries.items()},
            "2024",
            issued["2024"],
        ),
        _Publication(
            "csww_headline_measures_2017_to_2022",
            staffing(workforce.loc[:2022]),
            standard | {name: staff[name][-1] for name in _HEADLINE_ORDER},
            "2022",
            date(2023, 2, 23),
            encoding="utf-8-sig",
        ),
        _Publication(
            "csww_indicators_2017_to_2025",
            staffing(workforce, _JOINT),
            standard | {name: headers[0] for name, headers in staff.items()},
            "2025",
            date(2026, 2, 26),
        ),
    ]
    root.mkdir(parents=True, exist_ok=True)
    return [publication.write(root) for publication in publications]
