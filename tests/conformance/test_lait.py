"""Our published figures against DfE's Local Authority Interactive Tool, cell for cell.

LAIT is an independent computation of the same figures by DfE. lait_measures.csv says which of its
measures is held against which figure of ours: the value of an indicator, its numerator, or a
measure. Every London cell that both hold must be equal at LAIT's decimals, in exact arithmetic,
half up. A cell that cannot be equal stands in lait_differences.csv with its reason, and must really
be different: nothing hides there. What LAIT shows is the newest: newest release, newest population.
"""

from pathlib import Path

import pandas as pd
import pytest

from exports import rounding
from orchestration.home import DBT_PROJECT
from tests.conformance.exact import exact, half_up, rate
from tests.conftest import Run

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
MEASURES = pd.read_csv(HERE / "lait_measures.csv", dtype={"note": str}, keep_default_na=False)
DIFFERENCES = pd.read_csv(HERE / "lait_differences.csv", dtype=str)
SUPPRESSED = "DfE suppresses"
ROUNDED = "DfE computes from unrounded FTE"
KEYS = ["kind", "code", "new_la_code", "period_label"]


def read_lait(shared: Path) -> pd.DataFrame:
    """LAIT's values of the listed measures, missing where it shows none."""
    lait = pd.read_csv(
        shared / "oracle" / "lait_london_to_2023.csv", dtype=str, keep_default_na=False
    )
    lait = lait.rename(columns={"value": "lait", "period": "period_label"})
    return lait.assign(lait=lait["lait"].where(lait["lait"] != "-")).merge(
        MEASURES, on="measure_short"
    )


def our_figures(run: Run) -> pd.DataFrame:
    """Current published figures, one row per kind, code, area and year."""
    indicators = run.mart("fct_indicator").query("source == 'published' and is_current")
    multipliers = run.mart("dim_indicator")[["indicator_code", "multiplier"]]
    indicators = indicators.merge(multipliers, on="indicator_code")
    indicators = indicators.rename(columns={"indicator_code": "code"})
    counts = indicators.assign(value=indicators["numerator"], published_value=None)
    measures = run.mart("fct_measure").query("source == 'published' and is_current")
    figures = [
        indicators.assign(kind="indicator"),
        counts.assign(kind="numerator"),
        measures.rename(columns={"measure_code": "code"}).assign(kind="measure"),
    ]
    parts = ["numerator", "denominator", "multiplier", "published_value"]
    return pd.concat(figures)[[*KEYS, "value", "value_status", *parts]]


@pytest.fixture(scope="module")
def figures(real_run: Run) -> pd.DataFrame:
    return our_figures(real_run)


@pytest.fixture(scope="module")
def cells(real_run: Run, shared: Path, figures: pd.DataFrame) -> pd.DataFrame:
    """One row per LAIT measure, London authority and year of LAIT, with our figure beside it."""
    las = real_run.mart("dim_local_authority").query("is_london")[["old_la_code", "new_la_code"]]
    lait = read_lait(shared).merge(las.astype(str), on="old_la_code")
    joined = lait.merge(figures, how="left", on=KEYS, validate="many_to_one")
    cell = ["measure_short", "new_la_code", "period_label"]
    joined = joined.merge(DIFFERENCES, how="left", on=cell, validate="one_to_one")
    # A year that DfE's file does not hold at all has no row of ours; 2016 for the workforce.
    joined["is_held"] = joined["value_status"].notna()
    both = joined["value"].notna() & joined["lait"].notna()
    joined["ours"] = joined[both].apply(ours_at, axis=1)
    joined["theirs"] = joined.loc[both, "lait"].map(exact)
    return joined


def ours_at(cell: pd.Series) -> object:
    """Our figure at LAIT's decimals."""
    if cell["kind"] == "indicator":
        parts = cell[["numerator", "denominator", "multiplier", "decimals"]]
        return rate(*parts)
    return half_up(exact(cell["value"]), cell["decimals"])


def test_the_list_is_long_enough_and_sound(figures: pd.DataFrame) -> None:
    assert len(MEASURES) >= 25
    assert MEASURES["measure_short"].is_unique
    assert not DIFFERENCES.duplicated(["measure_short", "new_la_code", "period_label"]).any()
    wanted = set(MEASURES[["kind", "code"]].itertuples(index=False, name=None))
    assert wanted <= set(figures[["kind", "code"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("measure", MEASURES["measure_short"])
def test_every_cell_agrees_with_lait(
    cells: pd.DataFrame, figures: pd.DataFrame, measure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = cells[(cells["measure_short"] == measure) & cells["lait"].notna()]
    held = mine[mine["is_held"]]
    compared = held[held["reason"].isna()]
    shown = ["geography", "period_label", "lait", "value", "value_status", "published_value"]
    assert compared["value"].notna().all(), compared.loc[compared["value"].isna(), shown]
    wrong = compared[compared["ours"] != compared["theirs"]]
    assert wrong.empty, wrong[shown]

    (listed,) = MEASURES[MEASURES["measure_short"] == measure].to_dict("records")
    # LAIT prints no more decimals than we compare at.
    assert compared["theirs"].map(lambda v: v == half_up(v, listed["decimals"])).all()
    if listed["kind"] == "indicator":  # what the reports print is the same figure
        parts = (compared[name] for name in ("numerator", "denominator", "multiplier", "decimals"))
        assert (rounding.half_up(*parts) == compared["lait"].astype(float)).all()
    # A loss of rows would otherwise pass unseen.
    assert len(compared) == listed["equal"]

    ours = figures[(figures["kind"] == listed["kind"]) & (figures["code"] == listed["code"])]
    lait_years = cells.loc[cells["measure_short"] == measure, "period_label"]
    more_years = set(ours["period_label"]) - set(lait_years)
    with capsys.disabled():
        print(  # noqa: T201 - the count is what a reader of CI wants to see
            f"\nLAIT {measure} = {listed['kind']} {listed['code']}: {len(compared)} of {len(held)}"
            f" London cells equal, {len(held) - len(compared)} explained,"
            f" {len(mine) - len(held)} in years DfE's file lacks,"
            f" {len(more_years)} years LAIT lacks"
        )


def test_in_total(cells: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    held = cells[cells["is_held"] & cells["lait"].notna()]
    equal = held["reason"].isna() & (held["ours"] == held["theirs"])
    assert equal.sum() == MEASURES["equal"].sum()
    assert len(held) == equal.sum() + len(DIFFERENCES)
    reasons = DIFFERENCES["reason"].value_counts()
    with capsys.disabled():
        print(  # noqa: T201
            f"\nLAIT in total: {len(MEASURES)} measures, {equal.sum()} of {len(held)} London cells"
            f" equal, {len(DIFFERENCES)} explained, 0 unexplained"
        )
        print(*(f"  {count} x {reason}" for reason, count in reasons.items()), sep="\n")  # noqa: T201


def test_explained_cells_are_really_different(cells: pd.DataFrame) -> None:
    explained = cells[cells["reason"].notna()]
    assert len(explained) == len(DIFFERENCES)
    assert explained["lait"].notna().all()
    suppressed = explained["reason"].str.startswith(SUPPRESSED)
    assert (explained.loc[suppressed, "value_status"] == "c").all()
    rounded = explained[~suppressed]
    assert rounded["reason"].str.startswith(ROUNDED).all()
    # One unit in the last place, and DfE's own published rate is LAIT's.
    gaps = (rounded["ours"] - rounded["theirs"]).abs()
    assert (gaps == rounded["decimals"].map(lambda places: exact(10) ** -places)).all()
    assert (rounded["published_value"] == rounded["lait"].astype(float)).all()


def test_what_lait_shows_is_what_dfe_printed(cells: pd.DataFrame) -> None:
    """Percentages do not depend on a population: DfE's own column is LAIT's, cell for cell."""
    percent = cells[(cells["multiplier"] == 100) & cells["lait"].notna()]
    printed = percent[percent["published_value"].notna()]
    assert len(printed) > 2500
    assert (printed["published_value"] == printed["lait"].astype(float)).all()


def test_where_lait_has_no_value_we_have_none(cells: pd.DataFrame) -> None:
    silent = cells[cells["lait"].isna()]
    assert len(silent) > 0
    assert silent["value"].isna().all(), silent[silent["value"].notna()]


# LAIT gives 14,550 plans and 22.7 % for England in 2022; the 2024 release, which we read, prints
# 14,990 and 23.3, and its nine regions add up to 14,990.
REVISED = {("ReRegCPR", "England", "2022"), ("PrevRegCPR", "England", "2022")}


def test_london_and_england_agree_with_lait(
    shared: Path, figures: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts are equal, printed percentages too; rates are ones that DfE's rounded counts allow."""
    codes = {
        "England": "E92000001",
        "London": "E12000007",
        "London (Inner)": "E13000001",
        "London (Outer)": "E13000002",
    }
    lait = read_lait(shared)
    lait = lait.assign(new_la_code=lait["geography"].map(codes)).dropna(subset="new_la_code")
    areas = lait[lait["lait"].notna()].merge(figures, on=KEYS, validate="many_to_one")
    theirs = areas["lait"].astype(float)
    plain = areas["kind"] != "indicator"
    equal = areas["value"].where(plain, areas["published_value"]).astype(float) == theirs
    # Up to six columns make a count, each rounded to ten; a population is not rounded.
    mapping = pd.read_csv(DBT_PROJECT / "seeds" / "registry" / "published_measures.csv")
    per_measure = mapping[mapping["use"] == "figure"].groupby("measure_code").size()
    terms = pd.read_csv(DBT_PROJECT / "seeds" / "registry" / "indicator_terms.csv")
    of_top = terms[terms["role"] == "numerator"].set_index("indicator_code")["measure_code"]
    top = 5 * areas["code"].map(of_top.map(per_measure))
    bottom = (areas["multiplier"] == 100) * 5
    half = 0.5 * 10.0 ** -areas["decimals"] + 1e-9
    lowest = (areas["numerator"] - top) * areas["multiplier"] / (areas["denominator"] + bottom)
    highest = (areas["numerator"] + top) * areas["multiplier"] / (areas["denominator"] - bottom)
    allowed = ~plain & (theirs + half >= lowest) & (theirs - half <= highest)
    named = pd.MultiIndex.from_frame(areas[["measure_short", "geography", "period_label"]])
    differ = ~(equal | allowed)
    assert set(named[differ]) == REVISED
    with capsys.disabled():
        print(  # noqa: T201
            f"\nLAIT's London, Inner, Outer and England: {equal.sum()} of {len(areas)} cells equal"
            f" as DfE prints them, {(allowed & ~equal).sum()} within DfE's rounding of counts,"
            f" {differ.sum()} revised by DfE"
        )
    assert len(areas) > 1000


def test_a_single_wrong_cell_would_be_seen(cells: pd.DataFrame) -> None:
    """The comparison itself: ten children more are another figure, in every measure."""
    equal = cells[cells["ours"].notna() & (cells["ours"] == cells["theirs"])]
    part = {"indicator": "numerator", "numerator": "value", "measure": "value"}
    # A small denominator: ten children move no rate by less than LAIT's last decimal.
    for measure, mine in equal.sort_values("denominator").groupby("measure_short"):
        cell = mine.iloc[0].copy()
        cell[part[cell["kind"]]] += 10
        assert ours_at(cell) != cell["theirs"], measure
    assert equal["measure_short"].nunique() == len(MEASURES)
