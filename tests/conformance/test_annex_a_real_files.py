"""Workbooks of Annex A that others published: every row and cell is read, or named where it is not.

Held against a plain reading of the same files, and against what a person sees in them.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion import landing
from ingestion.contract import contract
from ingestion.findings import address
from ingestion.sources import Parsed, annex_a
from tests.conformance import plain

pytestmark = pytest.mark.conformance

# Rows of all eleven lists together, as counted by hand.
BOOKS = {
    "annex_a_2024_jan.xlsx": 59,
    "header_row_1_example.xlsx": 43,
    "ofsted_template_2016-01.xlsx": 0,
    "ofsted_template_a.xls": 13,
    "ofsted_template_b.xlsx": 11,
}
FILLED = "annex_a_2024_jan.xlsx"
LISTS = {i: table.name for i, table in enumerate(contract("annex_a").tables, 1)}


@pytest.fixture
def read(shared: Path, tmp_path: Path) -> Callable[[str], Parsed]:
    """One of the workbooks as its sender would be told of it."""

    def run(name: str) -> Parsed:
        place = tmp_path / "annex_a" / "2020-21-Q3" / "CAM" / name
        place.parent.mkdir(parents=True)
        shutil.copyfile(shared / "annex_a" / name, place)
        return annex_a.read_lists(landing.landed(place, tmp_path, "annex_a"))

    return run


def test_all_the_workbooks_are_looked_at(shared: Path) -> None:
    assert {path.name for path in (shared / "annex_a").iterdir()} == set(BOOKS)


@pytest.mark.parametrize(("name", "expected"), BOOKS.items())
def test_every_row_of_every_list_is_read(
    read: Callable, shared: Path, name: str, expected: int
) -> None:
    parsed = read(name)
    counted = plain.rows(shared / "annex_a" / name)
    assert sum(counted.values()) == expected
    assert set(parsed.tables) == {*LISTS.values(), annex_a.COLUMNS}
    assert {i: len(parsed.tables[table]) for i, table in LISTS.items()} == counted
    # Nothing that somebody wrote was taken for a total, a remark or a second header.
    assert {f.rule_id for f in parsed.findings}.isdisjoint(
        {"annex_a.row.no_child", "annex_a.list.twice", "annex_a.list.missing"}
    )


@pytest.mark.parametrize("name", BOOKS)
def test_every_cell_is_read_or_named(read: Callable, shared: Path, name: str) -> None:
    """What has a value in the lists is what is filled in the file, less what a finding names."""
    path = shared / "annex_a" / name
    parsed = read(name)
    named = {(f.sheet, f.cell) for f in parsed.findings if f.rule_id.endswith(".type")}
    for number, (_, *filled) in plain.lists(path).items():
        frame, resolution = (
            source[LISTS[number]] for source in (parsed.tables, parsed.resolutions)
        )
        # Every header of these files is known.
        assert not resolution.unmatched, LISTS[number]
        sheets = set(frame["sheet"])
        valued = {
            address(row - 1, place)
            for column, place in resolution.positions.items()
            for row in frame.loc[frame[column].notna(), "row"]
        }
        of_list = {cell for sheet, cell in named if sheet in sheets}
        failed = {cell for sheet, cell in plain.failed(path) if sheet in sheets}
        assert valued | of_list == {cell for row in filled for cell in row} | failed, LISTS[number]
        assert valued.isdisjoint(of_list), LISTS[number]


def test_formulas_that_failed_are_named_each(read: Callable, shared: Path) -> None:
    failed = plain.failed(shared / "annex_a" / FILLED)
    assert len(failed) == 10
    named = {(f.sheet, f.cell): f.column for f in read(FILLED).findings if f.value == "#N/A"}
    assert set(named) == failed
    assert {cell[0]: column for (_, cell), column in named.items()} == {
        "M": "Allocated Team",
        "N": "Allocated Worker",
    }


def test_what_means_nothing_is_named_with_what_was_expected(read: Callable) -> None:
    unusable = [f for f in read(FILLED).findings if f.rule_id.endswith(".type")]
    said = {(f.sheet, f.cell): (f.value, f.severity) for f in unusable if f.value != "#N/A"}
    assert said == {
        ("List 8", "Y3"): ("nope", "check"),
        ("List 6", "H2"): ("PSRMEM - Support with memory and cognition", "check"),
        **{("List 4", f"J{row}"): ("CS Assessment Updated", "check") for row in range(2, 7)},
    }
    assert all(f.expected and f.fix for f in unusable)
    # Nothing that could be meant is near enough to be suggested.
    assert {f.suggestion for f in unusable} == {None}


def test_a_date_that_somebody_was_unsure_of_is_not_guessed(read: Callable) -> None:
    parsed = read("ofsted_template_b.xlsx")
    (finding,) = [f for f in parsed.findings if f.rule_id.endswith(".type")]
    assert (finding.sheet, finding.cell, finding.value) == ("List_2", "D10", "May be 8 Jan 2000")


@pytest.mark.parametrize("name", ["ofsted_template_a.xls", "ofsted_template_b.xlsx"])
def test_the_same_row_twice_stays_twice_and_is_told(read: Callable, name: str) -> None:
    parsed = read(name)
    (finding,) = [f for f in parsed.findings if f.rule_id == "annex_a.assessment.twice"]
    frame = parsed.tables["annex_a_list_2"].set_index("row")
    twin = (frame["child_id"] == frame["child_id"][finding.row]) & (
        frame["assessment_start_date"] == frame["assessment_start_date"][finding.row]
    )
    assert twin.sum() == 2


def test_who_stands_on_one_list_only_is_named(read: Callable) -> None:
    """The lists were made unrecognisable one by one: their children do not match."""
    found = [f for f in read(FILLED).findings if f.rule_id.startswith("annex_a.lists.")]
    assert {(f.rule_id, f.sheet, f.cell) for f in found} == {
        ("annex_a.lists.plan_in_need", "List 7", "A3"),
        ("annex_a.lists.plan_in_need", "List 7", "A4"),
        *(("annex_a.lists.care_in_need", "List 8", f"A{row}") for row in range(2, 6)),
        *(("annex_a.lists.conference_has_plan", "List 5", f"A{row}") for row in (2, 3, 6)),
        *(("annex_a.lists.birth_date", "List 10", f"E{row}") for row in range(2, 7)),
    }
    of_birth = {f.cell: (f.value, f.suggestion) for f in found if f.sheet == "List 10"}
    assert of_birth["E2"] == ("13/02/2002", "07/08/2002")
