"""Corrections that are remembered, and lines that cannot be used."""

from pathlib import Path

import pytest

from ingestion import aliases
from ingestion.aliases import line

HEADER = "la,kind,written,means,by,on,note\n"
CAMDEN, GREENWICH = "E09000007", "E09000011"


def remember(zone: Path, text: str, name: str = "returns.csv") -> aliases.Remembered:
    path = zone / "aliases" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return aliases.load(zone)


def test_a_line_holds_for_its_authority_alone(zone: Path) -> None:
    found = remember(zone, HEADER + "CAM,measure,Kids in need,cin,A Person,2025-08-01,call\n")
    assert found.of(CAMDEN).measures == {"kidsinneed": "cin"}
    assert found.of(GREENWICH).measures == {}
    assert found.of(None).measures == {}
    assert found.findings == []


def test_a_line_without_an_authority_holds_for_all_and_an_own_line_wins(zone: Path) -> None:
    found = remember(zone, HEADER + "Camden,measure,Plans,cpp,,,\n,measure,Plans,cin_plans,,,\n")
    assert found.of(CAMDEN).measures == {"plans": "cpp"}
    assert found.of(GREENWICH).measures == {"plans": "cin_plans"}


def test_a_column_is_remembered_by_its_header_as_issued(zone: Path) -> None:
    found = remember(zone, HEADER + "CAM,column,Fig.,Value,,,\n")
    assert found.of(CAMDEN).columns == {"fig": "value"}


def test_the_line_that_a_finding_advises_is_understood(zone: Path) -> None:
    told = line(CAMDEN, "measure", "Plans, open", "cpp")
    found = remember(zone, HEADER + told + "\n")
    assert found.of(CAMDEN).measures == {"plansopen": "cpp"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("LEEDS,measure,a,cin", "London authority"),
        ("CAM,sheet,a,cin", "neither measure nor column"),
        ("CAM,measure,a,kids", "means nothing known"),
        ("CAM,column,a,cin", "means nothing known"),
        ("CAM,measure,,cin", "no word under"),
        ("CAM,measure,---,cin", "no word under"),
    ],
)
def test_a_line_that_cannot_be_used_is_found_and_the_others_hold(
    zone: Path, text: str, problem: str
) -> None:
    found = remember(zone, HEADER + f"{text}\nCAM,measure,Kids in need,cin\n")
    assert found.of(CAMDEN).measures == {"kidsinneed": "cin"}
    (finding,) = found.findings
    assert problem in finding.message
    assert (finding.sheet, finding.row) == ("aliases/returns.csv", 2)


@pytest.mark.parametrize("text", ["", "la,kind\nCAM,measure\n", "\x00\x00\x00"])
def test_a_file_that_is_no_aliases_file_is_a_finding(zone: Path, text: str) -> None:
    found = remember(zone, text)
    assert [finding.rule_id for finding in found.findings] == ["aliases.unusable"]
    assert found.of(CAMDEN).measures == {}


def test_files_in_any_nesting_count_and_blank_lines_do_not(zone: Path) -> None:
    remember(zone, HEADER + "\nCAM,measure,a b c,cin\n,,,\n", "2025/CAM.csv")
    found = remember(zone, HEADER + "GRE,measure,d e f,cpp\n", "GRE.csv")
    assert found.of(CAMDEN).measures == {"abc": "cin"}
    assert found.of(GREENWICH).measures == {"def": "cpp"}
    assert found.findings == []


def test_only_what_concerns_an_authority_changes_its_digest(zone: Path) -> None:
    before = remember(zone, HEADER + "CAM,measure,a b c,cin\n")
    after = remember(zone, HEADER + "CAM,measure,a b c,cin\nGRE,measure,a b c,cpp\n")
    assert before.digest(CAMDEN) == after.digest(CAMDEN)
    assert before.digest(GREENWICH) != after.digest(GREENWICH)
    assert before.digest(None) != after.digest(None)


def test_without_a_folder_nothing_is_remembered(zone: Path) -> None:
    assert aliases.load(zone).findings == []
    assert aliases.load(zone).of(CAMDEN).measures == {}


def test_a_name_explained_twice_and_otherwise_means_neither(zone: Path) -> None:
    found = remember(zone, HEADER + "CAM,measure,Plans,cpp,,,\nCAM,measure,plans,cin_plans,,,\n")
    assert found.of(CAMDEN).measures == {}
    assert [finding.row for finding in found.findings] == [2, 3]


def test_a_file_of_another_kind_is_a_finding(zone: Path) -> None:
    (finding,) = remember(zone, HEADER, "returns.xlsx").findings
    assert (finding.rule_id, finding.sheet) == ("aliases.unusable", "aliases/returns.xlsx")


def test_capitals_in_the_ending_do_not_matter_and_a_doubled_column_does(zone: Path) -> None:
    found = remember(zone, HEADER + "CAM,measure,a b c,cin,,,\n", "RETURNS.CSV")
    assert found.of(CAMDEN).measures == {"abc": "cin"}
    (finding,) = remember(zone, "la,la,kind,written,means\n", "doubled.csv").findings
    assert "la is not there once" in finding.message
