"""The synthetic Annex A workbooks: what is counted from them is what the return says."""

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingestion.contract import contract
from ingestion.sample.annex_a import write_annex_a
from ingestion.sample.figures import (
    Figures,
)
from tests.unit.ingestion.sample.reading import LAST, SEED, Return, sidecar


def annex_a(path: Path) -> dict[str, pd.DataFrame]:
    book = openpyxl.load_workbook(path, read_only=True)
    lists = {}
    for table in contract("annex_a").tables:
        name = next(sheet for sheet in table.sheets if sheet in book.sheetnames)
        rows = list(book[name].values)
        header = next(i for i, row in enumerate(rows) if row[0] == "Child Unique ID")
        assert list(rows[header]) == [c.headers[0] for c in table.columns]
        names = [c.name for c in table.columns]
        lists[table.name] = pd.DataFrame(rows[header + 1 :], columns=names)
    return lists


@pytest.fixture(scope="module")
def camden(
    tmp_path_factory: pytest.TempPathFactory, figures: Figures, latest: dict[str, Return]
) -> tuple[dict[str, pd.DataFrame], dict, dict]:
    """Camden's workbook at full size, its sidecar and its return for the last quarter."""
    root = tmp_path_factory.mktemp("full")
    [path] = write_annex_a(root, figures, ["CAM"], [LAST], scale=1.0, seed=SEED)
    return annex_a(path), sidecar(path), latest["CAM"].numbers


def test_annex_a_counts_reconcile_with_the_return(camden: tuple) -> None:
    lists, _, value = camden

    def in_quarter(table: str, column: str) -> pd.DataFrame:
        rows = lists[table]
        return rows[rows[column].between("2025-07-01", "2025-09-30")]

    conferences = in_quarter("annex_a_list_5", "icpc_date")
    for rows, measure in (
        (in_quarter("annex_a_list_1", "contact_date"), "contacts"),
        (in_quarter("annex_a_list_3", "referral_date"), "referrals"),
        (in_quarter("annex_a_list_5", "s47_start_date"), "s47"),
        (conferences, "icpc"),
    ):
        assert len(rows) == pytest.approx(value[measure], rel=0.05), measure
    elapsed = (conferences["icpc_date"] - conferences["s47_start_date"]).dt.days
    # 15 working days without a bank holiday are 21 days.
    share = (elapsed <= 21).mean()
    assert share == pytest.approx(value["icpc_within_15wd"] / value["icpc"], abs=0.06)


def test_annex_a_events_lie_in_the_six_months_before_the_extract(camden: tuple) -> None:
    lists, described, _ = camden
    extract = pd.Timestamp(date.fromisoformat(described["extract_date"]))
    assert 1 <= (extract - pd.Timestamp(LAST.end)).days <= 9
    for table, column in (
        ("annex_a_list_1", "contact_date"),
        ("annex_a_list_3", "referral_date"),
        ("annex_a_list_5", "s47_start_date"),
    ):
        dates = lists[table][column]
        assert dates.max() <= extract
        assert dates.min() > extract - pd.DateOffset(months=6)
        assert (extract - dates.max()).days < 7
        assert (dates.dt.day_of_week >= 5).mean() < 0.06


def test_annex_a_rows_are_plausible(camden: tuple) -> None:
    lists, described, _ = camden
    extract = pd.Timestamp(described["extract_date"])
    for rows in lists.values():
        assert rows["age_years"].between(0, 18).all()
        years = (extract - rows["birth_date"]).dt.days / 365.25
        assert ((years - rows["age_years"]).between(-0.01, 1.01)).all()
        # A child is the same child on every row and list.
    everyone = pd.concat(rows[["child_id", "gender", "birth_date"]] for rows in lists.values())
    assert everyone.drop_duplicates()["child_id"].is_unique
    enquiries = lists["annex_a_list_5"].dropna(subset="icpc_date")
    assert (enquiries["icpc_date"] >= enquiries["s47_start_date"]).all()
    assert (enquiries["icpc_unnecessary"] == "b) No").all()
    assert lists["annex_a_list_3"]["team"].str.startswith("SYNTHETIC").all()


def test_the_referral_counter_agrees_with_the_dates_in_the_file(camden: tuple) -> None:
    lists, _, value = camden
    rows = lists["annex_a_list_3"].sort_values("referral_date", kind="stable")
    latest_date = rows.groupby("child_id")["referral_date"].transform("max")
    earlier = (rows["referral_date"] < latest_date).groupby(rows["child_id"]).sum()
    latest = rows.groupby("child_id").tail(1).set_index("child_id")
    counter = latest["referrals_last_12_months"]
    assert (counter >= earlier.reindex(counter.index)).all()
    # Most repeats follow a referral from before the file: the counter knows, the file does not.
    assert (counter > earlier.reindex(counter.index)).any()
    repeat = value["repeat_referrals"] / value["referrals"]
    assert (counter >= 1).mean() == pytest.approx(repeat, abs=0.05)


def test_both_forms_of_annex_a_workbook_are_written(tmp_path: Path, figures: Figures) -> None:
    paths = write_annex_a(tmp_path, figures, ["CAM", "GRE", "HOU"], [LAST], scale=0.02, seed=SEED)
    books = [openpyxl.load_workbook(path) for path in paths]
    assert [book.sheetnames[-1] for book in books] == ["List_5", "List 5", "List_5"]
    assert ["Front_Sheet" in book.sheetnames for book in books] == [True, True, False]
    assert books[0]["List_3"]["A1"].value == "List 3: Referral"
    assert books[2]["List_3"]["A1"].value == "Child Unique ID"


def test_the_smallest_authority_can_be_thinned_to_almost_nothing(
    tmp_path: Path, figures: Figures
) -> None:
    [path] = write_annex_a(tmp_path, figures, ["CIT"], [LAST], scale=0.01, seed=SEED)
    assert len(annex_a(path)["annex_a_list_3"]) < 10
