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


@pytest.mark.parametrize("kind", ["return", "annex_a", "published", "narrative"])
def test_the_kind_is_told_from_the_content(tmp_path: Path, kind: str) -> None:
    if kind == "published":
        path = tmp_path / "a.csv"
        path.write_text(ees(REFERRALS))
    else:
        narrative = {"Form": [["CAM/2025-26-Q2/self_view/good", "Hubs"]]}
        by_kind = {"return": {"Return": return_rows()}, "narrative": narrative}
        sheets = by_kind.get(kind) or annex_a_sheets()
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


def skipped(path: Path) -> dict[str, str]:
    """Why each rule was not checked, by its id."""
    return {rule["rule_id"]: rule["why"] for rule in check_file(path)["not_checked"]}


def test_rules_between_lists_that_a_file_lacks_are_said_to_be_unchecked(tmp_path: Path) -> None:
    sheets = annex_a_sheets()
    assert set(skipped(write_book(tmp_path / "CAM all.xlsx", sheets))) == {"reconciliation"}
    (tmp_path / "CAM List 7.csv").write_text(
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in sheets["List 7"])
    )
    alone = skipped(tmp_path / "CAM List 7.csv")
    assert set(alone) == {
        "annex_a.lists.plan_in_need",
        "annex_a.lists.need_has_plan",
        "annex_a.lists.conference_has_plan",
        "annex_a.lists.birth_date",
        "reconciliation",
    }
    assert alone["annex_a.lists.plan_in_need"].startswith("“List 6: Children in need” is not in")
    assert alone["annex_a.lists.birth_date"].startswith("Another list is not in")
    del sheets["List 8"]
    most = skipped(write_book(tmp_path / "CAM most.xlsx", sheets))
    assert set(most) == {
        *(f"annex_a.lists.{name}" for name in ("care_in_need", "need_in_care", "eligible_in_care")),
        "annex_a.lists.adopted",
        "reconciliation",
    }


def test_values_of_several_authorities_name_them_all(tmp_path: Path) -> None:
    lines = [
        "la,indicator,numerator,window_start,window_end",
        "CAM,referrals,60,01/07/2025,30/09/2025",
        "NEW,referrals,70,01/07/2025,30/09/2025",
        "NEW,contacts,700,01/07/2025,30/09/2025",
    ]
    (tmp_path / "chat values.csv").write_text("\n".join(lines))
    result = check_file(tmp_path / "chat values.csv")
    assert (result["kind"], result["la"]) == ("annex_a", "Camden, Newham")
    assert [table["rows"] for table in result["tables"].values()] == [1, 2]
    assert [rule["rule_id"] for rule in result["not_checked"]] == ["reconciliation"]


def test_a_file_named_for_values_is_told_what_such_a_file_needs(tmp_path: Path) -> None:
    (tmp_path / "ChAT values.csv").write_text("a,b\n1,2\n")
    (finding,) = check_file(tmp_path / "ChAT values.csv")["findings"]
    assert finding["rule_id"] == "chat.no_header"


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
