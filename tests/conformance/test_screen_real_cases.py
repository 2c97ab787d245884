"""DfE's own screening cases: the check that each is named for gives the result that DfE expects."""

from pathlib import Path

import pandas as pd
import pytest

from ingestion.screening import screen
from ingestion.screening.registry import CHECKS

pytestmark = pytest.mark.conformance

# DfE's list of wards is not carried and not among the lists beside the cases.
LEFT_OUT = {"ward_combinations"}


@pytest.fixture(scope="session")
def ees(shared: Path) -> Path:
    return shared / "ees_format"


@pytest.fixture(scope="session")
def cases(ees: Path) -> pd.DataFrame:
    return pd.read_csv(ees / "expected.csv", dtype=str)


@pytest.fixture(params=["with DfE's lists", "without"])
def lists(shared: Path, request: pytest.FixtureRequest) -> Path | None:
    """What the contract carries is enough for every case; DfE's own lists say the same."""
    return shared.parent / "reference" / "ees_lists" if request.param != "without" else None


def test_the_lists_lie_beside_the_cases(shared: Path) -> None:
    assert (shared.parent / "reference" / "ees_lists" / "data-dictionary.csv").is_file()


def test_our_checks_are_dfes(cases: pd.DataFrame) -> None:
    assert {check.name for check in CHECKS} == set(cases["check"])


def test_every_case_gives_the_expected_result(
    ees: Path, cases: pd.DataFrame, lists: Path | None
) -> None:
    found = {}
    for case in cases[~cases["check"].isin(LEFT_OUT)].itertuples():
        report = screen(ees / str(case.data_file), ees / str(case.meta_file), lists)
        result = report.results[str(case.check)]
        assert result.ran, (case.check, result.message)
        if result.result != case.expected_result:
            found[case.data_file] = (case.check, case.expected_result, result)
    assert found == {}


def test_a_ward_is_said_to_be_not_checked(ees: Path, cases: pd.DataFrame) -> None:
    (case,) = cases[cases["check"].isin(LEFT_OUT)].itertuples()
    result = screen(ees / str(case.data_file), ees / str(case.meta_file)).results[str(case.check)]
    assert result.result == "ADVISORY"
    assert result.message.startswith("Not checked: wards.csv")


@pytest.mark.parametrize("name", ["financial_half", "financial_quarter", "passes_everything"])
def test_the_examples_pass(name: str, ees: Path, lists: Path | None) -> None:
    report = screen(ees / "examples" / f"{name}.csv", None, lists)
    assert [check for check, result in report.results.items() if result.result == "FAIL"] == []
    assert report.passed


def test_what_dfe_has_published_is_not_refused(shared: Path, tmp_path: Path) -> None:
    """No check on time or place says of DfE's own files that they break DfE's standard."""
    about_data = [
        check.name
        for check in CHECKS
        if check.function.__module__.endswith((".time", ".geography")) or "ethnic" in check.name
    ]
    refused = {}
    files = [path for path in (shared / "published").glob("*.csv") if "ofsted" not in path.name]
    assert len(files) > 25
    for path in files:
        report = screen(path, tmp_path / f"{path.stem}.meta.csv")
        failed = {name: report.results[name] for name in about_data}
        refused[path.name] = {n: r.message for n, r in failed.items() if r.result != "PASS"}
    assert {name: said for name, said in refused.items() if said} == {}
