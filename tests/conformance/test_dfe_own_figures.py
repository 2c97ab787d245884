"""Every figure we work out from DfE's parts against the rate or percentage DfE printed beside them.

Authorities: equal at DfE's decimals, in exact arithmetic, half up. Regions and England: DfE rounds
their counts to the nearest ten and works its rates out before rounding, so the printed figure must
be one that those counts allow. What is neither stands in own_figures.csv with its reason and the
number of cells, or cell by cell in own_left_out.csv; nothing else may differ.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration.home import DBT_PROJECT
from tests.conformance.exact import exact, rate
from tests.conftest import Run

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
LISTED = pd.read_csv(HERE / "own_figures.csv", keep_default_na=False)
LEFT_OUT = pd.read_csv(HERE / "own_left_out.csv", dtype={"period_label": str})
REGISTRY = DBT_PROJECT / "seeds" / "registry"
AREAS = ("E92", "E12", "E13")
FTE = 0.05  # half a step of a printed FTE
NOISE = 1e-9
# The most working days a year has: half a step of FTE moves their product by no more.
SLACK = {"sw_absence_rate": FTE * 254}


@pytest.fixture(scope="module")
def own(real_run: Run) -> pd.DataFrame:
    """One row per figure with a printed one beside it, of each release, with its outcome."""
    printed = pd.read_csv(REGISTRY / "published_indicators.csv")
    printed = printed[["indicator_code", "decimals", "areas_rounded_to"]].drop_duplicates()
    indicators = pd.read_csv(REGISTRY / "indicators.csv")
    indicators = indicators[["indicator_code", "multiplier", "population_band"]]
    figures = real_run.mart("fct_indicator").query(
        "source == 'published' and is_as_published and published_value.notna()"
    )
    figures = figures.merge(printed, on="indicator_code", validate="many_to_one")
    figures = figures.merge(indicators, on="indicator_code", validate="many_to_one")
    is_area = figures["new_la_code"].str.startswith(AREAS)
    figures["level"] = np.where(is_area, "area", "authority")
    figures["outcome"] = outcomes(figures)
    return figures


def outcomes(figures: pd.DataFrame) -> np.ndarray:
    """How each printed figure stands to ours; the first that holds."""
    is_area = figures["level"] == "area"
    is_fte = figures["indicator_code"].str.startswith("sw_")
    rounded = figures["areas_rounded_to"].where(is_area, 0) / 2
    of_population = figures["population_band"].notna()
    keys = ["indicator_code", "new_la_code", "period_label"]
    listed = pd.MultiIndex.from_frame(LEFT_OUT[keys])
    nothing = figures["value"].isna()
    conditions = {
        "equal": equal_at_print(figures),
        "within rounding": is_area & allowed(figures, rounded, rounded.mask(of_population, 0)),
        "FTE rounded": is_fte
        & allowed(figures, FTE, figures["indicator_code"].map(SLACK).fillna(0)),
        "left out": pd.MultiIndex.from_frame(figures[keys]).isin(listed),
        "base suppressed": nothing & (figures["value_status"] == "c") & (figures["numerator"] == 0),
    }
    return np.select(list(conditions.values()), list(conditions), "unexplained")


def equal_at_print(figures: pd.DataFrame) -> pd.Series:
    columns = ["value", "numerator", "denominator", "multiplier", "decimals", "published_value"]
    return pd.Series(
        [
            value == value and rate(*parts, decimals) == exact(print_)
            for value, *parts, decimals, print_ in figures[columns].itertuples(index=False)
        ],
        index=figures.index,
    )


def allowed(figures: pd.DataFrame, above: object, below: object) -> pd.Series:
    """Whether some numerator and denominator within the given distances print what DfE printed."""
    half = 0.5 * 10.0 ** -figures["decimals"] + NOISE
    bottom = figures["denominator"]
    lowest = (figures["numerator"] - above) * figures["multiplier"] / (bottom + below)
    highest = (figures["numerator"] + above) * figures["multiplier"] / (bottom - below)
    printed = figures["published_value"]
    return (printed + half >= lowest) & (printed - half <= highest)


def test_each_printed_figure_is_reproduced_or_explained(
    own: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ["indicator_code", "level", "outcome"]
    unexplained = own[own["outcome"] == "unexplained"]
    shown = ["indicator_code", "new_la_code", "period_label", "value", "published_value"]
    assert unexplained.empty, unexplained[shown]
    found = own.groupby(keys).size()
    listed = LISTED.set_index(keys)["cells"]
    pd.testing.assert_series_equal(
        found.sort_index(), listed.sort_index(), check_names=False, check_dtype=False
    )
    with capsys.disabled():
        for (indicator, level), cells in found.groupby(level=[0, 1]):
            parts = ", ".join(f"{n} {outcome}" for (*_, outcome), n in cells.items())
            print(f"\nDfE's own {indicator}, {level}: {parts}", end="")  # noqa: T201
        total = own.groupby(["level", "outcome"]).size()
        print(f"\nDfE's own figures in total, {len(own)} cells:\n{total.to_string()}")  # noqa: T201


def test_what_is_not_reproduced_has_a_reason() -> None:
    plain = LISTED["outcome"].isin(["equal", "within rounding"])
    assert (LISTED.loc[~plain, "reason"] != "").all()
    assert LEFT_OUT["reason"].notna().all()
    # But for the workforce, whose FTE are rounded, no printed figure of an authority differs.
    differs = LISTED[(LISTED["level"] == "authority") & (LISTED["outcome"] == "FTE rounded")]
    assert differs["indicator_code"].str.startswith("sw_").all()


def test_a_wrong_figure_would_be_seen(own: pd.DataFrame) -> None:
    """One step of the last printed decimal at an authority; a tenth in an area of some size."""
    counts = own[~own["indicator_code"].str.startswith("sw_")]
    local = counts[(counts["level"] == "authority") & (counts["outcome"] == "equal")]
    step = 10.0 ** -local["decimals"]
    wrong = local.assign(published_value=(local["published_value"] + step).round(1))
    assert (outcomes(wrong) == "unexplained").all()
    areas = counts[(counts["level"] == "area") & (counts["numerator"] >= 1000)]
    areas = areas[areas["published_value"] >= 20]
    assert len(areas) > 1000
    assert (outcomes(areas.assign(numerator=areas["numerator"] * 1.1)) == "unexplained").all()


def test_children_looked_after_use_dfes_population(real_run: Run, shared: Path) -> None:
    """DfE prints the population beside the rate: ours is the same, to the child."""
    file = pd.read_csv(
        shared / "published" / "cla_number_and_rate_per_10k_children.csv",
        dtype=str,
        encoding="utf-8-sig",
    )
    codes = file["new_la_code"].fillna(file["region_code"]).fillna(file["country_code"])
    changes = pd.read_csv(DBT_PROJECT / "seeds" / "reference" / "la_code_changes.csv", dtype=str)
    file = file.assign(
        new_la_code=codes.replace(changes.set_index("la_code")["new_la_code"].to_dict()),
        printed=pd.to_numeric(file["population_estimate"], errors="coerce"),
    )
    file = file.rename(columns={"time_period": "period_label"}).drop_duplicates(
        ["new_la_code", "period_label"]
    )
    rates = real_run.mart("fct_indicator").query(
        "indicator_code == 'cla' and source == 'published' and denominator.notna()"
    )
    assert (rates["is_current"] & rates["is_as_published"]).all()
    both = rates.merge(file[["new_la_code", "period_label", "printed"]], validate="one_to_one")
    assert len(both) == len(rates) == 821
    assert (both["denominator"] == both["printed"]).all()


@pytest.fixture(scope="module")
def parts(real_run: Run) -> pd.DataFrame:
    """Published counts of authorities, once for each area they belong to; a joint line once."""
    measures = real_run.mart("fct_measure").query("source == 'published'")
    las = real_run.mart("dim_local_authority")[["new_la_code", "region_code", "inner_outer_code"]]
    local = measures[~measures["new_la_code"].str.startswith(AREAS)].merge(las, on="new_la_code")
    local["line"] = local["joint_code"].fillna(local["new_la_code"])
    local = local.drop_duplicates(["measure_code", "period_label", "release_id", "line"])
    areas = [
        local.assign(area=local[column] if column else "E92000001")
        for column in (None, "region_code", "inner_outer_code")
    ]
    return pd.concat(areas).dropna(subset="area")


def test_authorities_add_up_to_dfes_areas(
    real_run: Run, parts: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    """Regions and England, where every authority's count is known: within DfE's rounding."""
    keys = ["measure_code", "period_label", "release_id"]
    sums = parts.groupby([*keys, "area"], as_index=False).agg(
        total=("value", "sum"), known=("value", "count"), lines=("value", "size")
    )
    measures = real_run.mart("fct_measure").query("source == 'published' and value.notna()")
    areas = measures.rename(columns={"new_la_code": "area"}).merge(sums, on=[*keys, "area"])
    whole = areas[areas["known"] == areas["lines"]].copy()
    # A measure that adds several columns adds their roundings.
    mapping = pd.read_csv(REGISTRY / "published_measures.csv").query("use == 'figure'")
    columns = whole["measure_code"].map(mapping["measure_code"].value_counts())
    units = pd.read_csv(REGISTRY / "measures.csv").set_index("measure_code")["unit"]
    is_count = whole["measure_code"].map(units) == "count"
    whole["tolerance"] = columns * np.where(is_count, 5, FTE * (whole["lines"] + 1))
    whole["gap"] = whole["total"] - whole["value"]
    wrong = whole[whole["gap"].abs() > whole["tolerance"] + NOISE]
    assert wrong.empty, wrong[[*keys, "area", "value", "total", "gap", "tolerance"]]
    counts = whole[is_count]["area"].value_counts()
    with capsys.disabled():
        print(  # noqa: T201
            f"\nSums of authorities equal DfE's area within its rounding: {len(whole)} of"
            f" {len(areas)} figures have no part suppressed; counts of London"
            f" {counts['E12000007']}, England {counts['E92000001']}, in all {counts.sum()}"
        )
    assert counts["E12000007"] >= 100
    assert len(whole) >= 3000


@pytest.mark.parametrize("cell", LEFT_OUT.to_dict("records"), ids=lambda cell: cell["reason"])
def test_without_whom_dfe_worked_out_an_areas_rate(
    own: pd.DataFrame, parts: pd.DataFrame, cell: dict
) -> None:
    """Their posts are in DfE's area FTE and in our rate; without them it is the printed one."""
    where = ["indicator_code", "new_la_code", "period_label"]
    (figure,) = own.merge(pd.DataFrame([cell])[where]).to_dict("records")
    here = parts[
        (parts["area"] == cell["new_la_code"])
        & (parts["period_label"] == cell["period_label"])
        & (parts["release_id"] == figure["release_id"])
    ]
    everybody = here.groupby("measure_code")["value"].sum()
    without = here[~here["new_la_code"].isin(cell["left_out"].split("|"))]
    total = without.groupby("measure_code")["value"].sum()
    if cell["indicator_code"] == "sw_absence_rate":
        days = round(figure["denominator"] / everybody["sw_in_post_fte"])
        again = 100 * total["sw_days_lost"] / (days * total["sw_in_post_fte"])
    else:
        agency = total["sw_agency_fte"]
        again = 100 * agency / (agency + total["sw_in_post_fte"])
    assert abs(again - figure["published_value"]) <= 0.05 + NOISE
    assert abs(figure["value"] - figure["published_value"]) > 0.05
