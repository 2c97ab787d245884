"""The sender's dry run: the pipeline's rules, cells quoted, nothing stored."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.check import check_file
from tests.unit.ingestion.builders import (
    LABELS,
    MEASURES,
    REFERRALS,
    annex_a_sheets,
    child,
    ees,
    return_rows,
    write_book,
)


@pytest.mark.parametrize("kind", ["return", "annex_a", "published"])
def test_the_kind_is_told_from_the_content(tmp_path: Path, kind: str) -> None:
    if kind == "published":
        path = tmp_path / "a.csv"
        path.write_text(ees(REFERRALS))
    else:
        sheets = {"Return": return_rows()} if kind == "return" else annex_a_sheets()
        path = write_book(tmp_path / "a.xlsx", sheets)
    assert check_file(path)["kind"] == kind
    assert check_file(path, kind)["tables"] == check_file(path)["tables"]


def test_rows_are_counted_as_the_sender_counts_them(tmp_path: Path) -> None:
    years = ees({name: values * 2 for name, values in REFERRALS.items()}, rows=2)
    (tmp_path / "a.csv").write_text(years.replace("2024", "2023", 1))
    assert check_file(tmp_path / "a.csv")["tables"]["cin_referrals"]["rows"] == 2
    book = write_book(tmp_path / "a.xlsx", annex_a_sheets(annex_a_list_1=[]))
    tables = check_file(book)["tables"]
    assert (tables["annex_a_list_1"]["rows"], tables["annex_a_list_3"]["rows"]) == (0, 1)


def test_a_return_saved_as_csv_is_a_return(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in return_rows()))
    assert check_file(path)["kind"] == "return"


def test_the_result_has_the_promised_shape(tmp_path: Path) -> None:
    rows = [
        ["Valeu" if cell == "Value" else cell for cell in row] for row in return_rows({"cin": -1})
    ]
    result = check_file(write_book(tmp_path / "a.xlsx", {"Return": rows}))
    assert json.loads(json.dumps(result)) == result
    assert (result["file"], result["kind"], result["accepted"]) == ("a.xlsx", "return", False)
    table = result["tables"]["return_values"]
    assert table["rows"] == len(MEASURES)
    assert table["columns"]["Valeu"] == {"to": "value", "how": "fuzzy", "score": 80.0}
    assert [f["severity"] for f in result["findings"]] == ["block", "note"]
    assert result["findings"][0]["measure"] == LABELS["cin"]
    assert set(result["findings"][0]) == {"measure",
        "rule_id", "severity", "table", "sheet", "cell", "row", "column", "value", "expected",
        "suggestion", "message", "count", "fix",
    }  # fmt: skip


def test_the_sender_sees_the_cell_that_is_wrong(tmp_path: Path) -> None:
    sheets = annex_a_sheets(annex_a_list_3=[child("annex_a_list_3", gender="Femail")])
    result = check_file(write_book(tmp_path / "CAM 2025-26-Q2.xlsx", sheets))
    (finding,) = result["findings"]
    assert (finding["cell"], finding["value"], finding["suggestion"]) == (
        "B3",
        "Femail",
        "b) Female",
    )
    assert result["accepted"]


def test_folders_of_a_landing_zone_name_the_authority_as_in_the_pipeline(land: Callable) -> None:
    file = land("annex_a/2025-26-Q2/CAM/x.xlsx", annex_a_sheets())
    assert check_file(file.absolute)["accepted"]
    unnamed = land("annex_a/2025-26-Q2/x.xlsx", annex_a_sheets())
    assert not check_file(unnamed.absolute)["accepted"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.pdf"])
def test_an_unreadable_file_is_an_answer_not_a_crash(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01" * 100)
    result = check_file(tmp_path / name)
    assert not result["accepted"]
    assert [f["severity"] for f in result["findings"]] == ["block"]


def test_nothing_is_stored(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", annex_a_sheets())
    check_file(path)
    assert list(tmp_path.iterdir()) == [path]


def test_checking_stays_light() -> None:
    heavy = "{'dagster', 'dbt', 'great_expectations', 'holidays'}"
    code = f"import ingestion.check, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
