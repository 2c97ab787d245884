"""Our published indicators against DfE's Local Authority Interactive Tool, cell for cell.

LAIT is an independent computation of the same figures by DfE. Every London cell that both hold must
be equal at LAIT's one decimal, in exact arithmetic, half up. A cell that cannot be equal stands in
known_differences.csv with its reason, and must really be different: nothing hides there.
"""

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from exports.rounding import half_up
from tests.conftest import Run

pytestmark = pytest.mark.conformance

MEASURES = {
    "repeat_referrals_pct": "ReReferral",
    "icpc_15wd_pct": "CP_conf_15days",
    "sw_agency_rate": "Work_Force_Agecy_Rate",
}
# How many cells both sides hold; a loss of rows would otherwise pass unseen.
EXPECTED_EQUAL = {"repeat_referrals_pct": 260, "icpc_15wd_pct": 250, "sw_agency_rate": 220}
DIFFERENCES = Path(__file__).parent / "known_differences.csv"


def exact(numerator: float, denominator: float) -> Fraction:
    """Percentage to one decimal, half up, from the decimals that DfE printed."""
    tenths = Fraction(str(numerator)) * 1000 / Fraction(str(denominator))
    return Fraction((2 * tenths.numerator + tenths.denominator) // (2 * tenths.denominator), 10)


@pytest.fixture(scope="module")
def cells(real_run: Run, shared: Path) -> pd.DataFrame:
    """One row per London authority, year and measure of LAIT, with our figure beside it."""
    lait = pd.read_csv(
        shared / "oracle" / "lait_london_to_2023.csv", dtype=str, keep_default_na=False
    )
    lait = lait.merge(pd.DataFrame(MEASURES.items(), columns=["indicator_code", "measure_short"]))
    las = real_run.mart("dim_local_authority").query("is_london")
    lait = lait.merge(las[["old_la_code", "new_la_code"]], on="old_la_code")
    lait["lait"] = pd.to_numeric(lait["value"], errors="coerce")
    ours = real_run.mart("fct_indicator").query("source == 'published' and is_current")
    joined = lait.merge(
        ours.rename(columns={"value": "our_value"}),
        how="left",
        left_on=["indicator_code", "new_la_code", "period"],
        right_on=["indicator_code", "new_la_code", "period_label"],
    )
    known = pd.read_csv(DIFFERENCES, dtype=str).rename(columns={"period_label": "period"})
    return joined.merge(known, how="left", on=["indicator_code", "new_la_code", "period"])


@pytest.mark.parametrize("indicator", MEASURES)
def test_every_cell_agrees_with_lait(cells: pd.DataFrame, indicator: str, capsys) -> None:
    mine = cells[(cells["indicator_code"] == indicator) & cells["lait"].notna()]
    # A year that DfE's file does not hold at all has no row of ours; 2016 for the workforce.
    held = mine[mine["value_status"].notna()]
    explained = held[held["reason"].notna()]
    compared = held[held["reason"].isna()]
    assert compared["our_value"].notna().all(), compared[compared["our_value"].isna()]
    ours = [
        exact(n, d) for n, d in zip(compared["numerator"], compared["denominator"], strict=True)
    ]
    theirs = [Fraction(str(value)) for value in compared["lait"]]
    wrong = compared[[a != b for a, b in zip(ours, theirs, strict=True)]]
    assert wrong.empty, wrong[["geography", "period", "lait", "our_value", "published_value"]]
    # What the reports print is the same figure.
    printed = half_up(compared["numerator"], compared["denominator"], 100, 1)
    assert (pd.to_numeric(printed) == compared["lait"]).all()
    assert len(compared) == EXPECTED_EQUAL[indicator]
    with capsys.disabled():
        print(  # noqa: T201 - the count is what a reader of CI wants to see
            f"\nLAIT {MEASURES[indicator]}: {len(compared)} of {len(held)} London cells equal,"
            f" {len(explained)} explained, {len(mine) - len(held)} in years DfE's file lacks"
        )


def test_explained_cells_are_really_different(cells: pd.DataFrame) -> None:
    explained = cells[cells["reason"].notna()]
    assert len(explained) == len(pd.read_csv(DIFFERENCES))
    suppressed = explained["reason"].str.startswith("DfE suppresses")
    assert (explained.loc[suppressed, "value_status"] == "c").all()
    rounded = explained[~suppressed]
    ours = [exact(n, d) for n, d in zip(rounded["numerator"], rounded["denominator"], strict=True)]
    theirs = [Fraction(str(value)) for value in rounded["lait"]]
    gaps = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    # One unit in the last place, and DfE's own published rate is LAIT's.
    assert all(gap == Fraction(1, 10) for gap in gaps)
    assert (rounded["published_value"] == rounded["lait"]).all()


def test_where_lait_has_no_value_we_have_none(cells: pd.DataFrame) -> None:
    silent = cells[cells["lait"].isna()]
    assert len(silent) > 0
    assert silent["our_value"].isna().all()


def test_a_single_wrong_cell_would_be_seen(cells: pd.DataFrame) -> None:
    """The comparison itself: one child more in one cell is another figure."""
    cell = cells[(cells["indicator_code"] == "icpc_15wd_pct") & cells["our_value"].notna()].iloc[0]
    assert exact(cell["numerator"], cell["denominator"]) == Fraction(str(cell["lait"]))
    assert exact(cell["numerator"] + 1, cell["denominator"]) != Fraction(str(cell["lait"]))
