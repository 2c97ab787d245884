"""DfE's releases of 2025 landed beside those of 2024: told before, restated after, no more."""

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.conftest import Run, liia, liia_run

pytestmark = pytest.mark.conformance

FIRST = {
    "c1_children_in_need_referrals_and_rereferrals_2013_to_2024.csv": "2024-11-04T09:00",
    "c4_children_in_need_section_47s_and_icpcs_2013_to_2024.csv": "2024-11-04T09:00",
    "ons_mid-year_population_estimates_2012_to_2023.csv": "2024-11-04T09:00",
}
NEXT = {
    "c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv": "2025-11-03T09:00",
    "ons_mid-year_population_estimates_2012_to_2024.csv": "2025-11-03T09:00",
}
CITY = "E09000001"


def land(files: dict[str, str], source: Path, landing: Path) -> None:
    folder = landing / "published"
    folder.mkdir(parents=True, exist_ok=True)
    for name, received in files.items():
        shutil.copyfile(source / name, folder / name)
        (folder / f"{name}.yml").write_text(f"received_at: {received}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def runs(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Run, str]:
    """`fct_indicator` of the first run; the second run; what `liia check` said in between."""
    folder = tmp_path_factory.mktemp("next")
    land(FIRST, shared / "published", folder / "landing")
    first = liia_run("2023-24-Q4", folder / "landing", folder / "home")
    assert first.code == 0, first.output
    before = first.mart("fct_indicator")
    renamed = shared / "published_next" / next(iter(NEXT))
    told = liia("check", renamed, "--home", folder / "home").stdout
    land(NEXT, shared / "published_next", folder / "landing")
    second = liia_run("2024-25-Q4", folder / "landing", folder / "home")
    assert second.code == 0, second.output
    return before, second, told


def test_every_rename_and_every_lost_column_is_told(
    runs: tuple[pd.DataFrame, Run, str], shared: Path
) -> None:
    """Each column of the old layout is there, renamed or lost; the headers say which."""
    found = runs[1].mart("mart_findings").query("table_name == 'cin_referrals'")
    old, new = (
        set(pd.read_csv(shared / folder / name, nrows=0).columns)
        for folder, name in (
            ("published", next(iter(FIRST))),
            ("published_next", next(iter(NEXT))),
        )
    )
    renamed = found[found["rule_id"] == "drift.column.renamed"]
    lost = found[found["rule_id"] == "drift.column.lost"]
    assert set(renamed["expected"]) | set(lost["expected"]) == old - new
    assert set(renamed["value"]) == new - old
    assert set(lost["expected"]) == {"Referrals_rate", "Referrals_child_rate"}
    assert "block" not in set(found["severity"])


def test_the_check_of_the_file_tells_the_same_before_it_is_landed(
    runs: tuple[pd.DataFrame, Run, str],
) -> None:
    told = " ".join(runs[2].split())
    assert "“Referrals_rate” is not in release 2025" in told
    assert "Columns under another known name (10 places)" in told


def test_the_revised_population_of_the_city_is_a_restatement(
    runs: tuple[pd.DataFrame, Run, str],
) -> None:
    restated = runs[1].mart("mart_restatement").query(f"new_la_code == '{CITY}'")
    rate = restated.query("indicator_code == 'referrals'").set_index("period_label")
    assert set(rate["reason"]) == {"revised population"}
    assert rate.loc["2024", ["denominator_before", "denominator_after"]].tolist() == [642, 918]
    assert rate.loc["2023", ["denominator_before", "denominator_after"]].tolist() == [841, 985]
    assert (rate["numerator_before"] == rate["numerator_after"]).all()
    assert round(rate.loc["2024", "difference_percent"]) == -30
    found = runs[1].mart("mart_findings").query("rule_id == 'drift.history.revised'")
    (population,) = found.query("table_name == 'population'")["message"]
    assert "City of London 2023, 642 → 918" in population


def test_every_restatement_is_a_change_of_a_count_a_population_or_a_name(
    runs: tuple[pd.DataFrame, Run, str],
) -> None:
    restated = runs[1].mart("mart_restatement")
    renamed = restated["reason"] == "renamed"
    assert set(restated.loc[renamed, "indicator_code"]) == {
        "referrals",
        "repeat_referrals_pct",
        "referrals_nfa_pct",
    }
    figures = restated[~renamed]
    # What did not change is not there: mid-2022 and mid-2023 are all that ONS revised.
    populations = figures[figures["reason"] == "revised population"]
    assert set(populations["period_label"]) == {"2023", "2024"}
    assert set(populations["indicator_code"]) == {"referrals", "s47", "icpc"}
    # Of the counts DfE changed one: Barnet's 0 referrals without further action became unreliable.
    others = figures[figures["reason"] != "revised population"]
    assert others[["la_name", "period_label", "reason"]].to_numpy().tolist() == [
        ["Barnet", "2024", "no longer given"]
    ]


def test_what_was_known_before_can_be_asked_after(runs: tuple[pd.DataFrame, Run, str]) -> None:
    """The figures of a day between the two releases are those that the first run published."""
    before, second, _ = runs
    keys = ["indicator_code", "new_la_code", "period_type", "period_label", "source"]
    with duckdb.connect(str(second.home / "analyst.duckdb"), read_only=True) as connection:
        known, later = (
            connection.sql(f"from fct_indicator_known_on('{day}')").to_arrow_table().to_pandas()
            for day in ("2025-01-15", "2026-01-15")
        )
    assert not known.duplicated(keys).any()
    # The seeds held the population of 2025 already; on that day the one of 2024 was the newest.
    then = before[before["is_as_published"]].set_index(keys)["value"].sort_index()
    pd.testing.assert_series_equal(known.set_index(keys)["value"].sort_index(), then)
    now = second.mart("fct_indicator").query("is_current").set_index(keys)["value"].sort_index()
    pd.testing.assert_series_equal(later.set_index(keys)["value"].sort_index(), now)


def test_what_the_next_release_does_not_hold_stays_as_it_was(
    runs: tuple[pd.DataFrame, Run, str],
) -> None:
    before, second, _ = runs
    keys = ["indicator_code", "new_la_code", "period_label"]
    columns = [*keys, "numerator", "denominator", "value", "value_status", "release_id"]
    icpc = "is_current and source == 'published' and indicator_code == 'icpc_15wd_pct'"
    after = second.mart("fct_indicator").query(icpc)[columns]
    pd.testing.assert_frame_equal(
        after.sort_values(keys, ignore_index=True),
        before.query(icpc)[columns].sort_values(keys, ignore_index=True),
    )
    new = second.mart("fct_indicator").query("is_current and indicator_code == 'referrals'")
    assert {"2013", "2024", "2025"} <= set(new["period_label"])
