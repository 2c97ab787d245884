"""Cells to typed values; what cannot be used becomes a finding with its address."""

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import conform
from ingestion.contract import Column, Table, contract
from ingestion.findings import Finding
from ingestion.headers import find_header
from ingestion.readers import Sheet
from tests.unit.ingestion.builders import child

LIST_3 = contract("annex_a").table("annex_a_list_3")
HEADER = [column.headers[0] for column in LIST_3.columns]


def cast(kind: str, cells: list[Any], codes: str | None = None) -> list:
    column = Column.model_validate({"name": "x", "type": kind, "headers": ["X"], "codes": codes})
    typed = conform.cast(conform.text_of(cells), column)
    return [None if pd.isna(value) else value for value in typed]


def conformed(rows: list[list[Any]], table: Table = LIST_3) -> tuple[pd.DataFrame, list[Finding]]:
    sheet = Sheet("List 3", [["List 3"], [c.headers[0] for c in table.columns], *rows])
    resolution = find_header(sheet.rows, table.columns)
    assert resolution is not None
    cells = conform.table_cells(sheet, resolution)
    return conform.conform(cells, table, resolution, sheet.name)


@pytest.mark.parametrize(
    "cell",
    [
        "31/12/2023",
        "31/12/23",
        "31.12.2023",
        "31-Dec-2023",
        "31-12-2023",
        "31 Dec 2023",
        "31 December 2023",
        "2023-12-31",
        "2023-12-31T08:30:00",
        "2023-12-31 00:00:00",
        45291,
        45291.75,
        "45291",
        date(2023, 12, 31),
        datetime(2023, 12, 31, 9, 15),  # noqa: DTZ001 - a workbook's times have no zone
    ],
)
def test_a_date_is_read_however_it_is_written(cell: object) -> None:
    assert cast("date", [cell]) == [pd.Timestamp(2023, 12, 31)]


@pytest.mark.parametrize(
    "cell", ["2024-02-30", "12/31/2023", "#N/A", "soon", "2023", 7, -45291, 1e9, "31/12", True]
)
def test_what_is_no_date_is_never_guessed(cell: object) -> None:
    assert cast("date", [cell]) == [None]


@given(st.dates(date(1960, 1, 1), date(2060, 1, 1)))
def test_day_first_dates_round_trip(day: date) -> None:
    assert cast("date", [day.strftime("%d/%m/%Y"), day.isoformat(), day]) == [pd.Timestamp(day)] * 3


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1,234", 1234), ("1,234,567.5", 1234567.5), (" 12 ", 12), ("-3", -3), (0, 0), ("1e3", 1000)],
)
def test_numbers_are_read_from_text(cell: object, number: float) -> None:
    assert cast("number", [cell]) == [number]


@pytest.mark.parametrize(
    "cell",
    ["12%", "1,23", "12,34,567", "~5", "5-10", "#DIV/0!", "five", True, "£12", "1 234", "nan"],
)
def test_what_is_no_number_is_never_guessed(cell: object) -> None:
    assert cast("number", [cell]) == [None]


@given(st.integers(-(10**9), 10**9))
def test_thousands_separators_change_nothing(number: int) -> None:
    assert cast("number", [f"{number:,}", str(number), float(number)]) == [number] * 3


def test_ages_in_decimals_are_years_lived() -> None:
    assert cast("years", [9.96, "-1", 0, ""]) == [9, -1, 0, None]


def test_half_of_what_is_counted_is_no_count() -> None:
    assert cast("integer", [2.7, "2", 0, 1e20, "100000000000000000000", "n/k"]) == [
        None,
        2,
        0,
        None,
        None,
        None,
    ]


def test_an_id_is_itself_however_a_spreadsheet_shows_it() -> None:
    """Of 1.23457E+11 the last digits are gone: it would be the id of many."""
    written = ["1001", "1001.0", "001001", 1001.0, "ab7", "1.23457E+11", "n/a"]
    assert cast("identifier", written) == ["1001"] * 4 + ["AB7", None, None]


def test_an_integral_float_is_the_id_it_was() -> None:
    assert list(conform.text_of([1001.0, "1001", " 1001\u00a0", 1.5])) == [
        "1001",
        "1001",
        "1001",
        "1.5",
    ]


@pytest.mark.parametrize(
    ("code_set", "cells", "code"),
    [
        ("gender", [" F ", "b) Female", "female", "2"], "female"),
        ("ethnicity", ["a) WBRI", "White British", "WBRI"], "white"),
        ("source_group", ["q) 6: Police", "POLICE", "6"], "police"),
        ("no_further_action", ["a) Yes", "y", "NFA"], "yes"),
    ],
)
def test_local_spellings_become_one_code(code_set: str, cells: list, code: str) -> None:
    assert cast("category", cells, code_set) == [code] * len(cells)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["1", "x", "", "31/12/2023", "b) No", "Female", 3.0]), max_size=8))
def test_each_cell_is_typed_as_if_it_stood_alone(cells: list) -> None:
    for kind, codes in (("number", None), ("date", None), ("category", "gender")):
        assert cast(kind, cells, codes) == [cast(kind, [cell], codes)[0] for cell in cells]


def test_tidy_rows_have_no_findings() -> None:
    frame, findings = conformed([child("annex_a_list_3", child_id=i) for i in (1, 2, 3)])
    assert findings == []
    assert list(frame["row"]) == [3, 4, 5]
    assert set(frame["no_further_action"]) == {"no"}


def test_an_unusable_cell_is_named_with_address_expectation_and_suggestion() -> None:
    frame, (finding,) = conformed(
        [child("annex_a_list_3"), child("annex_a_list_3", child_id=2, gender="Femail")]
    )
    assert frame["gender"].isna().tolist() == [False, True]
    assert (finding.cell, finding.row, finding.value) == ("B4", 4, "Femail")
    assert finding.expected is not None
    assert finding.expected.startswith("one of: a) Male; b) Female; ")
    assert finding.suggestion == "b) Female"
    assert (finding.rule_id, finding.severity) == ("annex_a_list_3.gender.type", "check")


@pytest.mark.parametrize("cell", ["#N/A", "(formula without a saved result)", "30/02/2024"])
def test_errors_and_impossible_dates_become_findings(cell: str) -> None:
    _, findings = conformed([child("annex_a_list_3", referral_date=cell)])
    assert ("F3", cell) in {(f.cell, f.value) for f in findings}


@pytest.mark.parametrize(
    ("age", "flagged"), [(-1, False), (0, False), (26, False), (-3, True), (214, True)]
)
def test_unborn_children_have_an_age_and_impossible_ages_are_flagged(
    age: int, flagged: bool
) -> None:
    _, findings = conformed([child("annex_a_list_3", age_years=age)])
    assert [f.rule_id for f in findings] == ["annex_a.age.plausible"] * flagged
    assert all((f.cell, f.value) == ("E3", str(age)) for f in findings)


def test_blank_rows_are_no_records_and_do_not_shift_addresses() -> None:
    blank = [""] * len(HEADER)
    spaces = ["  ", "\u00a0", *blank[2:]]
    frame, findings = conformed(
        [blank, child("annex_a_list_3", age_years=99), spaces, *[blank] * 140]
    )
    assert list(frame["row"]) == [4]
    assert [f.cell for f in findings] == ["E4"]


def test_ragged_rows_end_in_blanks() -> None:
    frame, findings = conformed([child("annex_a_list_3")[:9]])
    assert frame["worker"].isna().all()
    assert findings == []


def test_a_blank_id_is_a_finding_and_keeps_its_row() -> None:
    frame, findings = conformed([child("annex_a_list_3", child_id="")])
    assert len(frame) == 1
    assert [(f.rule_id, f.cell) for f in findings] == [("annex_a.child_id.present", "A3")]


def test_dates_in_the_wrong_order_are_flagged_where_both_are_there() -> None:
    table = contract("annex_a").table("annex_a_list_2")
    early, none = date(2025, 1, 1), ""
    ends = (early, none, date(2025, 9, 1))
    rows = [child(table.name, child_id=i, assessment_end_date=end) for i, end in enumerate(ends)]
    _, findings = conformed(rows, table)
    assert [(f.rule_id, f.row) for f in findings] == [("annex_a.assessment_dates.ordered", 3)]


def test_a_column_wrong_throughout_is_counted_not_listed() -> None:
    rows = [child("annex_a_list_3", child_id=i, gender=f"?x{i}") for i in range(1000)]
    _, findings = conformed(rows)
    assert len(findings) == conform.MAX_LISTED + 1
    assert sum(f.count for f in findings) == 1000
    assert findings[-1].cell is None
    assert "800 more" in findings[-1].message


def test_repeated_keys_are_flagged_after_the_first() -> None:
    table = contract("return").table("return_values")
    rows = [[code, "", "", "", 5, "", ""] for code in ("cin", "cla", "cin", "cin")]
    _, findings = conformed(rows, table)
    assert [(f.rule_id, f.row, f.severity) for f in findings] == [
        ("return.measure.once", 5, "block"),
        ("return.measure.once", 6, "block"),
    ]


def test_a_missing_optional_column_is_empty_and_breaks_no_rule() -> None:
    sheet = Sheet(
        "List 3",
        [HEADER[:4] + HEADER[5:], child("annex_a_list_3")[:4] + child("annex_a_list_3")[5:]],
    )
    resolution = find_header(sheet.rows, LIST_3.columns)
    assert resolution is not None
    cells = conform.table_cells(sheet, resolution)
    frame, findings = conform.conform(cells, LIST_3, resolution, "List 3")
    assert frame["age_years"].isna().all()
    assert findings == []
