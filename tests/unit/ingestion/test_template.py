"""The return template: what a data lead can and cannot do in it, and that it reads back.

Workbooks are opened and filled with openpyxl, so that writing and filling share no error.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ingestion import template, template_workbook
from ingestion.contract import contract
from ingestion.periods import Quarter
from ingestion.registry import indicator_set_in_force, measures_of_set, parts_in_set, seed
from ingestion.sources import Parsed, returns
from ingestion.template_workbook import workbook
from tests.unit.ingestion.builders import USUAL

QUARTER = Quarter(2025, 2)
SET = indicator_set_in_force(QUARTER.end.isoformat())
MEASURES = measures_of_set(SET).set_index("measure_code")
SOURCES = [code for code in MEASURES.index if code.startswith("referrals_source_")]
VERSIONS = [template.FIRST_VERSION, template.VERSION]
EMPTY = template.Form(
    la_name="Camden",
    la_code="E09000007",
    quarter=QUARTER,
    set_id=SET,
    title="LIIA quarterly return: Camden, 2025-26 Q2",
    instructions=template.instructions(QUARTER, "Empty."),
    created=datetime(2025, 9, 30, tzinfo=UTC),
    previous={"referrals": 715.0, "sw_agency_fte": 63.8},
)
# One of each thing that a cell may hold.
TYPED = {
    "contacts": (1234, "ok", 1234),
    "assessments_started": ("n/a", "not_applicable", None),
    "cla_ceased": ("-", "not_returned", None),
    "ehe": (None, "not_returned", None),
    "sw_agency_fte": (12.5, "ok", 12.5),
}


def sheet_of(form: template.Form) -> Worksheet:
    content = workbook(form, template.rows(form))
    return openpyxl.load_workbook(io.BytesIO(content))["Return"]


def rows_by_code(sheet: Worksheet) -> dict[str, dict[str, openpyxl.cell.Cell]]:
    """The table by measure code, then by header."""
    lines = list(sheet.iter_rows())
    top = next(i for i, line in enumerate(lines) if line[0].value == "Measure code")
    names = [cell.value for cell in lines[top]]
    return {line[0].value: dict(zip(names, line, strict=True)) for line in lines[top + 1 :]}


def cover(sheet: Worksheet) -> dict[str, openpyxl.cell.Cell]:
    return {line[0].value: line[1] for line in sheet.iter_rows(max_row=9)}


@pytest.fixture(scope="module")
def sheet() -> Worksheet:
    return sheet_of(EMPTY)


def read_back(parsed: Parsed) -> dict[str, tuple[str, float | None]]:
    frame = parsed.tables["return_values"].set_index("measure_code")
    value = frame["value"].astype(object).where(frame["value"].notna(), None)
    return dict(zip(frame.index, zip(frame["value_status"], value, strict=True), strict=True))


# --- there and back ---


@pytest.mark.parametrize("version", VERSIONS)
def test_a_filled_template_is_read_back_as_typed(
    tmp_path: Path, land: Callable, version: str
) -> None:
    sheet = sheet_of(replace(EMPTY, version=version))
    for code, row in rows_by_code(sheet).items():
        row["Value"].value = TYPED[code][0] if code in TYPED else USUAL[code]
    rows_by_code(sheet)["ehe"]["Comment"].value = "System migration"
    if version == template.VERSION:
        cover(sheet)["Completed by"].value = "A. Lead"
        cover(sheet)["Signed off by"].value = "A. Director"
        cover(sheet)["Signed off on"].value = date(2025, 10, 20)
    path = tmp_path / "filled.xlsx"
    sheet.parent.save(path)
    parsed = returns.parse(land("returns/anything.xlsx", path.read_bytes()))
    said = [f.rule_id for f in parsed.findings if f.rule_id != "return.template.other"]
    assert said == ["return.value.symbol"] * 2
    assert (parsed.la_code, parsed.quarter) == ("E09000007", "2025-26-Q2")
    signed = ("A. Director", "2025-10-20") if version == template.VERSION else (None, None)
    assert (parsed.signed_off_by, parsed.signed_off_on) == signed
    expected: dict[str, tuple[str, float | None]] = {
        code: ("ok", USUAL[code]) for code in MEASURES.index
    }
    expected |= {code: (status, value) for code, (_, status, value) in TYPED.items()}
    assert read_back(parsed) == expected
    frame = parsed.tables["return_values"].set_index("measure_code")
    assert frame.loc["ehe", "comment"] == "System migration"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_csv_twin_says_what_the_sheet_says(land: Callable, version: str) -> None:
    given = {code: cell for code, (cell, _, _) in TYPED.items() if cell not in (None, "-")}
    form = replace(EMPTY, version=version, given=given)
    lines = template.rows(form)
    twin = template.csv_twin(lines)
    assert twin.startswith(b"\xef\xbb\xbf")
    book = workbook(form, lines)
    as_csv = returns.parse(land("returns/return.csv", twin))
    as_xlsx = returns.parse(land("returns/return.xlsx", book))
    assert (as_csv.la_code, as_csv.quarter) == (as_xlsx.la_code, as_xlsx.quarter)
    assert read_back(as_csv) == read_back(as_xlsx)
    assert read_back(as_csv)["sw_agency_fte"] == ("ok", 12.5)
    cells = list(csv.reader(io.StringIO(twin.decode("utf-8-sig"))))
    shown = [[c for c in row if c] for row in sheet_of(form).iter_rows(values_only=True)]
    assert [[c for c in row if c] for row in cells] == [[f"{c}" for c in row] for row in shown]


def test_the_same_form_gives_the_same_bytes_and_another_time_gives_others() -> None:
    lines = template.rows(EMPTY)
    assert workbook(EMPTY, lines) == workbook(EMPTY, lines)
    later = replace(EMPTY, created=datetime(2026, 1, 1, tzinfo=UTC))
    assert workbook(later, lines) != workbook(EMPTY, lines)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_text_can_become_a_formula(version: str) -> None:
    evil = '=HYPERLINK("http://example.org")'
    form = replace(
        EMPTY,
        version=version,
        la_name=evil,
        title=evil,
        instructions=[(evil, evil)],
        comments={"cla": evil, "cpp": "@SUM(1)", "cin": "\tx"},
        sign_off={"completed_by": evil},
    )
    lines = template.rows(form)
    book = openpyxl.load_workbook(io.BytesIO(workbook(form, lines)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert sum(cell.value == evil for cell in cells) >= 5
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    twin = list(csv.reader(io.StringIO(template.csv_twin(lines).decode("utf-8-sig"))))
    assert [c for row in twin for c in row if c.startswith(("=", "+", "-", "@", "\t"))] == []
    assert f"'{evil}" in twin[0]


# --- what can be changed ---


def test_only_values_comments_and_sign_off_can_be_changed(sheet: Worksheet) -> None:
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    # In the file these say what is forbidden.
    assert not sheet.protection.formatColumns
    assert not sheet.protection.formatRows
    table = rows_by_code(sheet)
    assert set(table) == set(MEASURES.index)
    for row in table.values():
        free = {name for name, cell in row.items() if not cell.protection.locked}
        assert free == {"Value", "Comment"}
    free = {name for name, cell in cover(sheet).items() if not cell.protection.locked}
    assert free == {"Completed by", "Signed off by", "Signed off on"}


def test_every_value_cell_takes_numbers_and_words_only(sheet: Worksheet) -> None:
    guards = sheet.data_validations.dataValidation
    for code, row in rows_by_code(sheet).items():
        (guard,) = [v for v in guards if row["Value"].coordinate in v.sqref]
        assert (guard.type, guard.errorStyle or "stop") == ("custom", "stop")
        assert guard.showErrorMessage
        assert guard.showInputMessage
        assert guard.prompt
        assert "n/a" in guard.error
        whole = "INT(" in guard.formula1
        assert whole == (MEASURES.loc[code, "unit"] == "count")
        assert all(f"|{word}|" in guard.formula1 for word in contract("return").symbols)
        first = str(guard.sqref).split(":")[0]
        assert set(re.findall(r"\b[A-Z]+\d+\b", guard.formula1)) == {first}
        assert len(guard.formula1) <= 255  # Excel calls a file with more damaged
    on = cover(sheet)["Signed off on"].coordinate
    (date_guard,) = [v for v in guards if on in v.sqref]
    assert (date_guard.type, date_guard.operator) == ("date", "greaterThan")


def test_numbers_are_shown_as_their_unit_asks(sheet: Worksheet) -> None:
    table = rows_by_code(sheet)
    assert table["referrals"]["Value"].number_format == "#,##0"
    assert table["sw_agency_fte"]["Value"].number_format == "#,##0.0"
    assert table["sw_agency_fte"]["Previous quarter"].value == 63.8
    assert table["cla"]["Previous quarter"].value is None
    assert table["referrals"]["Value"].alignment.horizontal == "right"


# --- what a reader sees ---


def test_parts_stand_indented_under_their_total(sheet: Worksheet) -> None:
    table = rows_by_code(sheet)
    codes = list(table)
    parts = parts_in_set(SET)
    assert len(parts) > 11
    indented = {c for c, row in table.items() if row["Measure"].alignment.indent}
    assert indented == set(parts["part"])
    above = ""
    for code in codes:
        if code in indented:
            assert parts.set_index("part").loc[code, "whole"] == above
        else:
            above = code
    at = codes.index("referrals")
    assert codes[at + 1 : at + 12] == SOURCES
    assert table["referrals"]["Measure"].font.bold


def test_parts_follow_their_total_also_where_the_set_names_them_first() -> None:
    """Those that add up come first: the total's definition counts on the rows right below."""
    backwards = template._explained(MEASURES.iloc[::-1].reset_index(), SET)
    codes = list(backwards["measure_code"])
    at = codes.index("referrals")
    assert set(codes[at + 1 : at + 12]) == set(SOURCES)
    assert codes[at + 12] == "repeat_referrals"


def test_only_a_full_breakdown_must_add_up(sheet: Worksheet) -> None:
    definitions = {code: row["Definition"].value for code, row in rows_by_code(sheet).items()}
    adding = [code for code, text in definitions.items() if "must add up" in text]
    assert adding == ["referrals", "sw_establishment_fte"]
    assert "The 11 rows below" in definitions["referrals"]
    assert "The 2 rows below" in definitions["sw_establishment_fte"]
    assert len(SOURCES) == 11
    assert definitions["uasc"].startswith("Part of “Children looked after”")


def test_themes_are_ruled_off(sheet: Worksheet) -> None:
    table = rows_by_code(sheet)
    strong = [code for code, row in table.items() if row["Value"].border.top.style == "medium"]
    themes = [table[code]["Theme"].value for code in strong]
    assert themes == list(dict.fromkeys(MEASURES["theme"]))


def test_the_table_has_the_columns_of_the_contract_with_words_for_people(sheet: Worksheet) -> None:
    row = rows_by_code(sheet)["cla"]
    assert list(row) == [
        "Measure code", "Theme", "Measure", "Definition", "Timing", "Unit", "Value", "Comment",
        "Previous quarter",
    ]  # fmt: skip
    assert (row["Timing"].value, row["Unit"].value) == ("at quarter end", "whole number")
    assert row["Measure"].value == MEASURES.loc["cla", "label"]


def test_every_timing_and_unit_of_the_registry_has_words() -> None:
    measures = seed("registry/measures")
    assert set(measures["timing"]) == set(template._TIMINGS)
    assert set(measures["unit"]) == set(template.UNITS) == set(template_workbook._NUMBER_FORMATS)


def test_the_version_stands_on_the_cover_in_print_and_in_the_properties(sheet: Worksheet) -> None:
    assert cover(sheet)["Template version"].value == "2"
    assert "Template version 2" in sheet.oddFooter.center.text
    assert "Camden, 2025-26 Q2" in sheet.oddFooter.left.text
    assert sheet.parent.properties.subject.endswith("template version 2")
    assert sheet.parent.properties.created == EMPTY.created.replace(tzinfo=None)


def test_it_prints_on_a4_across_with_the_header_on_each_page(sheet: Worksheet) -> None:
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.page_setup.fitToWidth in (None, 1)  # None is Excel's default, 1
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    header = next(iter(rows_by_code(sheet).values()))["Value"].row - 1
    assert sheet.print_title_rows == f"${header}:${header}"
    assert sheet.freeze_panes == f"A{header + 1}"


def test_the_instructions_name_the_day_and_the_way_to_check() -> None:
    text = " ".join(f"{head}: {line}" for head, line in template.instructions(QUARTER, "Empty."))
    assert "Send it by: Tuesday 28 October 2025" in text
    assert "from 1 July 2025 to 30 September 2025" in text
    assert "liia check" in text
    assert "Previous quarter: Empty." in text
    assert {word for word in ("n/a", "-") if word in contract("return").symbols} == {"n/a", "-"}


def test_a_quarter_outside_the_calendar_has_no_instructions() -> None:
    with pytest.raises(ValueError, match=r"2040-41 Q1 is not in .*quarters\.csv"):
        template.instructions(Quarter(2040, 1), "")
