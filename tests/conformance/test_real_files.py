"""Shapes of DfE's files that have cost others data: joint rows, symbols, unknown files, samples."""

from pathlib import Path

import pandas as pd
import pytest

from ingestion.contract import contract
from tests.conformance import plain
from tests.conftest import Run

pytestmark = pytest.mark.conformance


def figures(run: Run, **where: object) -> pd.DataFrame:
    frame = run.mart("fct_indicator").query("is_current and source == 'published'")
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def test_kingston_and_richmond_share_one_workforce_row(real_run: Run) -> None:
    rate = figures(real_run, indicator_code="sw_agency_rate", period_label="2023")
    pair = rate[rate["new_la_code"].isin(["E09000021", "E09000027"])]
    assert len(pair) == 2
    assert len(set(pair["value"])) == 1
    assert pair["numerator"].tolist() == [40.0, 40.0]
    assert (pair["joint_code"] == "E09000021 / E09000027").all()
    others = rate[~rate["new_la_code"].isin(pair["new_la_code"])]
    assert not others["joint_code"].fillna("").str.contains("E09").any()
    # They are two authorities everywhere else.
    cin = figures(real_run, indicator_code="repeat_referrals_pct", period_label="2023")
    pair = cin[cin["new_la_code"].isin(["E09000021", "E09000027"])]
    assert pair["value"].nunique() == 2
    assert pair["joint_code"].isna().all()


def test_hackney_is_not_available_in_2021_and_2022(real_run: Run) -> None:
    hackney = figures(real_run, indicator_code="repeat_referrals_pct", new_la_code="E09000012")
    years = hackney.set_index("period_label")
    assert years.loc[["2021", "2022"], "value_status"].tolist() == ["x", "x"]
    assert years.loc[["2021", "2022"], "value"].isna().all()
    assert years.loc["2023", "value"] == pytest.approx(100 * 413 / 4148)


def test_city_of_london_is_confidential_not_zero(real_run: Run) -> None:
    city = figures(real_run, new_la_code="E09000001", period_label="2023")
    city = city.set_index("indicator_code")
    assert city.loc["repeat_referrals_pct", "value_status"] == "c"
    assert pd.isna(city.loc["repeat_referrals_pct", "value"])
    assert pd.isna(city.loc["repeat_referrals_pct", "numerator"])
    assert city.loc["referrals", "numerator"] == 59


def test_all_33_authorities_regions_and_england_are_there(real_run: Run) -> None:
    rows = figures(real_run, indicator_code="icpc_15wd_pct", period_label="2024")
    assert rows["new_la_code"].str.startswith("E09").sum() == 33
    assert {"E92000001", "E12000007", "E13000001", "E13000002"} <= set(rows["new_la_code"])
    assert rows["new_la_code"].is_unique


def test_population_revision_is_kept_apart_from_the_current_rate(real_run: Run) -> None:
    """City of London's mid-2022 estimate went from 841 to 985 between two releases."""
    rates = real_run.mart("fct_indicator").query(
        "indicator_code == 'referrals' and new_la_code == 'E09000001' and period_label == '2023'"
    )
    by_release = rates.set_index("population_release")
    assert by_release["denominator"].to_dict() == {"2024": 841, "2025": 985}
    assert by_release["is_current"].to_dict() == {"2024": False, "2025": True}
    # With the population of its own release we reproduce the rate that DfE published.
    first = by_release.loc["2024"]
    assert round(first["value"], 1) == first["published_value"] == 701.5


def test_rates_reproduce_what_dfe_published(real_run: Run) -> None:
    """Every LA's rate with the release's own population, at DfE's decimal: S47, ICPC, referrals."""
    frame = real_run.mart("fct_indicator").query(
        "unit == 'rate_per_10000' and source == 'published' and population_release == '2024'"
    )
    both = frame[frame["value"].notna() & frame["published_value"].notna()]
    # DfE computes regional and national rates from counts it then rounds to ten.
    las = both[both["new_la_code"].str[:3].isin(["E06", "E07", "E08", "E09", "E10"])]
    close = (las["value"] - las["published_value"]).abs() <= 0.0500001
    assert len(las) > 4000
    assert close.mean() > 0.999, las[~close]


def test_unknown_files_are_named_and_set_aside_alone(real_run: Run, shared) -> None:
    ledger = pd.read_parquet(real_run.home / "raw" / "published_files.parquet")
    files = {path.name for path in (shared / "published").glob("*.csv")}
    assert {path.split("/")[-1] for path in ledger["path"]} == files
    accepted = ledger[ledger["state"] == "accepted"]
    datasets = {table.name for table in contract("published").tables}
    assert set(accepted["dataset"]) == {*datasets, "ofsted_ilacs"}
    assert len(accepted) == len(files)  # two of them are the workforce's
    assert ledger.loc[ledger["state"] == "quarantined", "reason"].notna().all()


def test_annex_a_samples_give_every_row(real_run: Run, shared: Path) -> None:
    """All eleven lists of both samples: counted against a plain reading of the workbooks."""
    ledger = pd.read_parquet(real_run.home / "raw" / "annex_a_files.parquet")
    assert (ledger["state"] == "accepted").all()
    expected = {
        file.file_id: plain.rows(shared / "annex_a" / Path(file.path).name)
        for file in ledger.itertuples()
    }
    assert sorted(sum(rows.values()) for rows in expected.values()) == [11, 59]
    for number in range(1, 12):
        path = real_run.home / "raw" / "annex_a" / f"annex_a_list_{number}.parquet"
        read = pd.read_parquet(path)["file_id"].value_counts().to_dict()
        filled = {file_id: rows[number] for file_id, rows in expected.items() if rows[number]}
        assert read == filled, number


@pytest.fixture(scope="module")
def extract(real_run: Run) -> pd.Series:
    """What was counted from the sample extract, by measure.

    Its last event, on 15 March 2021, dates it: of the six months before, 2020-21 Q3 is whole.
    """
    chat = real_run.mart("fct_measure").query("source == 'chat' and new_la_code == 'E09000007'")
    assert set(chat["period_label"]) == {"2020-21 Q3"}
    return chat[chat["value_status"] == "ok"].set_index("measure_code")["value"]


def test_the_extract_is_counted_as_a_plain_reading_counts_it(
    extract: pd.Series, shared: Path
) -> None:
    first, last = pd.Timestamp(2020, 10, 1), pd.Timestamp(2020, 12, 31)
    path = shared / "annex_a" / "annex_a_2024_jan.xlsx"

    def dates(number: int, letter: str) -> pd.Series:
        column = pd.read_excel(path, f"List {number}", usecols=letter, engine="calamine")
        return pd.to_datetime(column.iloc[:, 0])

    def flow(number: int, letter: str) -> int:
        return int(dates(number, letter).between(first, last).sum())

    def stock(number: int, start: str, end: str) -> int:
        return int(((dates(number, start) <= last) & ~(dates(number, end) <= last)).sum())

    counted = {
        "contacts": flow(1, "F"),
        "referrals": flow(3, "F"),
        "assessments_completed": flow(4, "I"),
        "s47": flow(5, "G"),
        "icpc": flow(5, "I"),
        "cin": stock(6, "G", "J"),
        "cpp": stock(7, "G", "M"),
        "cpp_started": flow(7, "G"),
        "cpp_ended": flow(7, "M"),
        "cla": stock(8, "H", "T"),
        "cla_ceased": flow(8, "T"),
    }
    assert extract[list(counted)].to_dict() == counted
    # As a person counts them.
    assert [counted[m] for m in ("assessments_completed", "icpc", "cpp", "cla")] == [1, 3, 3, 4]


def test_the_extract_is_counted_as_a_person_counts_it(extract: pd.Series) -> None:
    """Ages and lengths of time on 31 December 2020, read off the workbook child by child."""
    counted = {
        "icpc_within_15wd": 3,  # 16 September to 1 and 5 October
        "assessments_within_45wd": 0,  # from December 2019 to November 2020
        "cpp_3m_open": 2,  # from 27 April; the third began on 23 November
        "cpp_2yr_open": 0,
        "cla_12m": 4,
        "cla_2_5y_under16": 2,  # aged 13 and 2; the others are 17 and 18
        "cla_stable": 0,  # placed in July 2019 and June 2020
        "cla_health_checked": 4,
        "cla_dental_checked": 3,  # the fourth on 16 December 2019
    }
    assert extract[list(counted)].to_dict() == counted


def test_what_the_extract_cannot_say_of_the_quarter_is_not_counted(
    real_run: Run, extract: pd.Series
) -> None:
    """List 9 is of the day of the extract, too long after the quarter's end."""
    chat = real_run.mart("fct_measure").query("source == 'chat' and new_la_code == 'E09000007'")
    status = chat.set_index("measure_code")["value_status"]
    assert status["care_leavers"] == "not_derivable"
    assert "care_leavers" not in extract
