"""Every CSV of a run against DfE's checks."""

from ingestion.screening import screen
from tests.conftest import Run


def test_every_csv_of_a_run_passes(synthetic_run: Run) -> None:
    folder = synthetic_run.home / "outputs" / "2025-26-Q2"
    data = [path for path in folder.rglob("*.csv") if not path.name.endswith(".meta.csv")]
    assert {path.parent.name for path in data} == {"dfe", "d2i", "adcs", "lscb"}
    for path in data:
        report = screen(path)
        refused = {name: r.message for name, r in report.results.items() if r.result == "FAIL"}
        assert refused == {}, path.name
        assert report.passed
