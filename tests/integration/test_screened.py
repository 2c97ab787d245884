"""The DfE CSV of a run against DfE's checks."""

from ingestion.screening import screen
from tests.conftest import Run


def test_the_dfe_pair_of_a_run_passes(synthetic_run: Run) -> None:
    folder = synthetic_run.home / "outputs" / "2025-26-Q2" / "dfe"
    (data,) = (path for path in folder.glob("*.csv") if not path.name.endswith(".meta.csv"))
    report = screen(data)
    refused = {name: r.message for name, r in report.results.items() if r.result == "FAIL"}
    assert refused == {}
    assert report.passed
