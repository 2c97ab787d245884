"""What a table's page tells: how new, by what hash, a few rows of those that may be seen."""

from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from orchestration.column_lineage import LINEAGE
from orchestration.mart_facts import with_content
from orchestration.received import ledger_metadata
from orchestration.table_facts import PREVIEWS, table_metadata


@pytest.fixture
def rug(tmp_path: Path) -> Path:
    columns = PREVIEWS["mart_tartan_rug"]
    rows = [dict.fromkeys(columns, "old"), dict.fromkeys(columns, "new | now")]
    path = tmp_path / "mart_tartan_rug.parquet"
    ends = [pd.Timestamp("2025-06-30"), pd.Timestamp("2025-09-30")]
    pd.DataFrame(rows).assign(period_end=ends).to_parquet(path)
    return path


def test_a_table_shows_its_newest_rows(rug: Path) -> None:
    told = table_metadata(rug)
    assert told["dagster/row_count"].value == 2
    assert told["newest_period_end"] == "2025-09-30"
    assert len(told["sha256_begins"]) == 16
    shown = told["preview"].value
    # A bar in a cell is no end of the cell.
    assert "new \\| now" in shown and "old" not in shown


def test_a_table_that_is_not_named_shows_no_rows(rug: Path) -> None:
    other = rug.rename(rug.with_name("annex_a_list_3.parquet"))
    assert "preview" not in table_metadata(other)


def test_dbts_events_say_what_a_column_is_made_of_and_what_a_mart_holds(rug: Path) -> None:
    deps = {"value": [dg.TableColumnDep(dg.AssetKey(["marts", "fct_indicator"]), "value")]}
    metadata = {
        "unique_id": dg.MetadataValue.text("model.liia.mart_tartan_rug"),
        LINEAGE: dg.MetadataValue.column_lineage(dg.TableColumnLineage(deps)),
    }
    result = dg.AssetCheckResult(passed=True)
    output, check = with_content([dg.Output(None, metadata=metadata), result], rug.parent)
    assert check is result
    link = "| `value` | [fct_indicator.value](/assets/marts/fct_indicator) |"
    assert link in output.metadata["made_of"].value
    assert "preview" in output.metadata
    assert output.metadata[LINEAGE] == metadata[LINEAGE]


def test_a_ledger_says_who_is_missing_late_and_set_aside(tmp_path: Path) -> None:
    def file(la: str, state: str, received: str) -> dict[str, object]:
        return {
            "file_id": la,
            "path": f"returns/2025-26-Q2/{la}.xlsx",
            "state": state,
            "new_la_code": la,
            "quarter": "2025-26-Q2",
            "is_current": state == "accepted",
            "received_at": pd.Timestamp(received, tz="Europe/London"),
        }

    files = [
        file("E09000007", "accepted", "2025-10-10"),
        file("E09000003", "accepted", "2026-03-01"),
        file("E09000017", "quarantined", "2025-10-10"),
    ]
    finding = {"file_id": "E09000017", "severity": "block", "rule_id": "a.rule", "fix": "Do it"}
    (tmp_path / "raw").mkdir()
    pd.DataFrame(files).to_parquet(tmp_path / "raw" / "return_files.parquet")
    pd.DataFrame([finding]).to_parquet(tmp_path / "raw" / "return_findings.parquet")
    told = ledger_metadata("return", tmp_path)
    assert told["returned"] == 2
    assert len(told["missing"].split(", ")) == 30
    assert not {"Camden", "Barnet", "Hillingdon"} & set(told["missing"].split(", "))
    assert "| 2025-26 Q2 | 2 of 33 | Barnet |" in told["by_quarter"].value
    assert "| Hillingdon | returns/2025-26-Q2/E09000017.xlsx | a.rule | Do it |" in (
        told["set_aside"].value
    )
