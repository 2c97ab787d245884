"""Which sheets of a workbook are returns, and for whom: several quarters, authorities, copies."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from ingestion import landing, registry
from ingestion.aliases import Remembered
from ingestion.findings import Finding
from ingestion.registry import seed
from ingestion.sources import Parsed, returns
from tests.unit.ingestion.builders import (
    COVER,
    RETURN_HEADER,
    Rows,
    cells_of,
    remembered,
    return_rows,
)

CAMDEN, GREENWICH = "E09000007", "E09000011"
PLACE = "returns/2025-26-Q2/CAM/return.xlsx"
ANYWHERE = "returns/return.xlsx"


def covered(values: Mapping[str, Any] | None = None, **cover: str) -> list[list]:
    """A return whose cover says something else."""
    labels = {"la": "Local authority", "code": "LA code", "quarter": "Quarter"}
    told = {labels[name]: text for name, text in cover.items()}
    rows = return_rows(values)
    return [[row[0], told[row[0]]] if row[:1] and row[0] in told else row for row in rows]


def parse(
    land: Callable, sheets: Mapping[str, Rows], path: str = PLACE, aliases: Remembered | None = None
) -> list[Parsed]:
    first = returns.parse(land(path, sheets), aliases)
    return [first, *first.more]


def subjects(submissions: list[Parsed]) -> list[tuple[str | None, str | None]]:
    return [(each.la_code, each.quarter) for each in submissions]


def findings(submissions: list[Parsed]) -> list[Finding]:
    return [finding for each in submissions for finding in each.findings]


def cin(parsed: Parsed) -> float:
    frame = parsed.tables["return_values"].set_index("measure_code")
    return float(frame.loc["cin", "value"])


def test_a_sheet_for_each_quarter_is_a_submission_for_each(land: Callable) -> None:
    sheets = {
        "Q1": covered({"cin": 41}, quarter="2025-26 Q1"),
        "Q2": covered({"cin": 42}, quarter="2025-26 Q2"),
    }
    found = parse(land, sheets, "returns/CAM/return.xlsx")
    assert subjects(found) == [(CAMDEN, "2025-26-Q1"), (CAMDEN, "2025-26-Q2")]
    assert [cin(each) for each in found] == [41, 42]
    assert [each.sheet for each in found] == ["Q1", "Q2"]
    assert findings(found) == []


def test_a_sheet_for_each_authority_is_a_submission_for_each(land: Callable) -> None:
    sheets = {
        "Camden": covered({"cin": 41}),
        "Greenwich": covered({"cin": 42}, la="Greenwich", code=GREENWICH),
    }
    found = parse(land, sheets, "returns/2025-26-Q2/joint.xlsx")
    assert subjects(found) == [(CAMDEN, "2025-26-Q2"), (GREENWICH, "2025-26-Q2")]
    assert [cin(each) for each in found] == [41, 42]


def test_a_sheet_named_for_authority_and_quarter_needs_no_cover(land: Callable) -> None:
    sheets = {"CAM 2025-26 Q2": return_rows({"cin": 42})[len(COVER) :]}
    assert subjects(parse(land, {"Camden 2025-26 Q2": sheets["CAM 2025-26 Q2"]}, ANYWHERE)) == [
        (CAMDEN, "2025-26-Q2")
    ]


def test_a_sheet_of_another_quarter_than_the_folders_is_set_aside_and_named(
    land: Callable,
) -> None:
    sheets = {
        "Q1": covered({"cin": 41}, quarter="2025-26 Q1"),
        "Q2": covered({"cin": 42}),
    }
    found = parse(land, sheets)
    assert subjects(found) == [(CAMDEN, "2025-26-Q2")]
    assert cin(found[0]) == 42
    (finding,) = findings(found)
    assert (finding.rule_id, finding.severity, finding.sheet) == (
        "return.sheet.other", "check", "Q1",
    )  # fmt: skip


def test_where_no_sheet_fits_the_folder_the_file_is_blocked(land: Callable) -> None:
    found = parse(land, {"Return": covered(quarter="2025-26 Q1")})
    assert [f.rule_id for f in findings(found)] == ["return.quarter.disagrees"]
    assert not found[0].accepted


def test_a_copy_of_the_sheet_is_a_note(land: Callable) -> None:
    found = parse(land, {"Return": return_rows(), "Return (2)": return_rows()})
    assert len(found) == 1
    (finding,) = findings(found)
    assert (finding.rule_id, finding.severity) == ("return.sheet.twice", "note")
    assert found[0].accepted


def test_two_sheets_with_other_figures_block_since_either_could_be_meant(land: Callable) -> None:
    found = parse(land, {"Return": return_rows(), "Return (2)": return_rows({"cin": 11})})
    (finding,) = findings(found)
    assert (finding.rule_id, finding.severity) == ("return.sheet.twice", "block")
    assert not found[0].accepted


def hide(file: landing.LandedFile, sheet: str) -> None:
    book = openpyxl.load_workbook(file.absolute)
    book[sheet].sheet_state = "hidden"
    book.save(file.absolute)


def test_a_hidden_sheet_beside_a_visible_one_is_not_used_and_said(land: Callable) -> None:
    file = land(PLACE, {"Old": return_rows({"cin": 9}), "Return": return_rows({"cin": 42})})
    hide(file, "Old")
    parsed = returns.parse(file)
    assert cin(parsed) == 42
    assert [(f.rule_id, f.sheet) for f in parsed.findings] == [("return.sheet.hidden", "Old")]
    assert parsed.accepted


def test_a_hidden_sheet_alone_is_used_and_said(land: Callable) -> None:
    file = land(PLACE, {"Read me": [["Figures follow"]], "Return": return_rows({"cin": 42})})
    hide(file, "Return")
    parsed = returns.parse(file)
    assert cin(parsed) == 42
    assert [f.rule_id for f in parsed.findings] == ["return.sheet.hidden"]


def test_a_renamed_sheet_is_found_by_its_columns(land: Callable) -> None:
    (found,) = parse(land, {"Notes": [["a"]], "Sheet1 (FINAL v3)": return_rows({"cin": 42})})
    assert (cin(found), found.findings) == (42, [])


def test_a_cover_on_a_sheet_of_its_own_speaks_for_the_table(land: Callable) -> None:
    sheets = {"Cover": COVER, "Data": return_rows({"cin": 42})[len(COVER) :]}
    assert subjects(parse(land, sheets, ANYWHERE)) == [(CAMDEN, "2025-26-Q2")]


def test_a_column_headed_with_the_quarter_holds_its_values(land: Callable) -> None:
    """A sender's own layout: a column for each quarter and none called Value."""
    header = ["Measure", "2025-26 Q1", "Q2 2025/26"]
    rows = [[cells_of(code, 0)["measure_label"], 1, 10] for code in ("contacts", "cin", "cla")]
    (found,) = parse(land, {"Data": [header, *rows]})
    assert cin(found) == 10
    told = [(f.rule_id, f.value) for f in found.findings if f.rule_id == "return.quarter.column"]
    assert told == [("return.quarter.column", "2025-26 Q1")]


def test_without_codes_the_descriptions_name_the_measures(land: Callable) -> None:
    code = RETURN_HEADER.index("Measure code")
    rows = [row[:code] + row[code + 1 :] for row in return_rows({"cin": 42})[len(COVER) :]]
    (found,) = parse(land, {"Return": rows})
    assert cin(found) == 42
    assert found.accepted


def test_code_and_description_of_different_measures_block(land: Callable) -> None:
    rows = return_rows()
    at = RETURN_HEADER.index("Measure")
    cin_row = next(row for row in rows if row[:1] == ["cin"])
    cin_row[at] = cells_of("cla", 0)["measure_label"]
    (found,) = parse(land, {"Return": rows})
    assert ("return.measure.disagrees", "block") in [
        (f.rule_id, f.severity) for f in found.findings
    ]
    assert "cin" not in set(found.tables["return_values"]["measure_code"])


@pytest.mark.parametrize(
    ("code", "label", "told"),
    [
        ("cni", "Children in need", "by its description"),
        ("", "Children in need", "by its description"),
        ("", "Childern in need", "94% alike"),
        ("cin", "Number of CIN cases", "the code counted"),
    ],
)
def test_a_row_not_written_as_issued_says_what_it_was_taken_for(
    land: Callable, code: str, label: str, told: str
) -> None:
    rows = return_rows({"cin": 42})
    at = [RETURN_HEADER.index("Measure code"), RETURN_HEADER.index("Measure")]
    cin_row = next(row for row in rows if row[:1] == ["cin"])
    cin_row[at[0]], cin_row[at[1]] = code, label
    (found,) = parse(land, {"Return": rows})
    assert cin(found) == 42
    (finding,) = found.findings
    severity = "check" if "alike" in told else "note"
    assert (finding.rule_id, finding.severity) == ("return.measure.resolved", severity)
    assert told in finding.message


def test_a_description_that_is_nearer_to_another_measure_is_asked_about(land: Callable) -> None:
    rows = return_rows({"cin": 42})
    cin_row = next(row for row in rows if row[:1] == ["cin"])
    cin_row[RETURN_HEADER.index("Measure")] = "Children lookd after"
    (found,) = parse(land, {"Return": rows})
    assert cin(found) == 42
    assert rules_of([found]) == [("return.measure.resolved", "check")]


def test_remembered_names_of_rows_and_columns_are_used(land: Callable) -> None:
    rows = return_rows({"cin": 42})
    cin_row = next(row for row in rows if row[:1] == ["cin"])
    cin_row[0], cin_row[RETURN_HEADER.index("Measure")] = "", "Kids in need"
    header = next(row for row in rows if row == RETURN_HEADER)
    header[RETURN_HEADER.index("Value")] = "Fig."
    aliases = remembered({"Kids in need": "cin"}, {"Fig.": "value"})
    (found,) = parse(land, {"Return": rows}, aliases=aliases)
    assert cin(found) == 42
    assert [f.rule_id for f in found.findings] == ["headers.alias", "return.measure.resolved"]
    (without,) = parse(land, {"Return": rows})
    assert not without.accepted


def test_a_hidden_row_and_a_hidden_column_are_used_and_said(land: Callable) -> None:
    file = land(PLACE, {"Return": return_rows({"cin": 42})})
    book = openpyxl.load_workbook(file.absolute)
    sheet = book["Return"]
    (row,) = [cell.row for cell in sheet["A"] if cell.value == "cin"]
    sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["A"].hidden = True
    book.save(file.absolute)
    parsed = returns.parse(file)
    assert cin(parsed) == 42
    assert [(f.rule_id, f.row) for f in parsed.findings] == [
        ("return.column.hidden", len(COVER) + 1),
        ("return.row.hidden", row),
    ]


def test_a_percentage_format_is_seen_through(land: Callable) -> None:
    file = land(PLACE, {"Return": return_rows({"repeat_referrals": 0.25})})
    book = openpyxl.load_workbook(file.absolute)
    sheet = book["Return"]
    (row,) = [cell.row for cell in sheet["A"] if cell.value == "repeat_referrals"]
    sheet.cell(row, RETURN_HEADER.index("Value") + 1).number_format = "0.0%"
    book.save(file.absolute)
    (finding,) = returns.parse(file).findings
    assert finding.rule_id == "return.value.percent"


def test_a_return_without_any_figure_blocks_so_that_it_replaces_nothing(land: Callable) -> None:
    rows = return_rows(dict.fromkeys([row[0] for row in return_rows()[6:]], ""))
    (found,) = parse(land, {"Return": rows})
    assert [f.rule_id for f in found.findings] == ["return.values.none"]
    assert not found.accepted


def test_an_authority_that_does_not_take_part_is_set_aside(
    land: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def register(name: str) -> pd.DataFrame:
        frame = seed(name)
        if name != "reference/participation":
            return frame
        return frame.assign(
            valid_to=frame["valid_to"].mask(frame["new_la_code"] == CAMDEN, "2025-06-30")
        )

    monkeypatch.setattr(registry, "seed", register)
    (found,) = parse(land, {"Return": return_rows()})
    assert [(f.rule_id, f.severity) for f in found.findings] == [
        ("return.authority.not_participating", "block")
    ]
    (before,) = parse(land, {"Return": covered(quarter="2025-26 Q1")}, "returns/CAM/a.xlsx")
    assert before.accepted


def test_a_figure_in_the_comment_is_asked_about(land: Callable) -> None:
    rows = return_rows({"cin": ""})
    cin_row = next(row for row in rows if row[:1] == ["cin"])
    cin_row[RETURN_HEADER.index("Comment")] = 42
    (found,) = parse(land, {"Return": rows})
    (finding,) = found.findings
    assert (finding.rule_id, finding.value) == ("return.value.beside", "42")


# --- what a second reading found ---


def rules_of(submissions: list[Parsed], least: str = "check") -> list[tuple[str, str]]:
    severities = ("block", "check", "note")
    wanted = severities[: severities.index(least) + 1]
    return [(f.rule_id, f.severity) for f in findings(submissions) if f.severity in wanted]


def renamed(rows: list[list], old: str, new: str) -> list[list]:
    return [[new if cell == old else cell for cell in row] for row in rows]


def test_the_cover_of_a_sheet_that_cannot_be_read_speaks_for_no_other(land: Callable) -> None:
    theirs = covered({"cla": 7}, la="Islington", code="E09000019")
    sheets = {
        "Camden": return_rows({"cla": 111})[len(COVER) :],
        "Islington": renamed(theirs, "Value", "Number"),
    }
    found = parse(land, sheets, "returns/2025-26-Q2/joint.xlsx")
    assert subjects(found) == [(CAMDEN, "2025-26-Q2"), ("E09000019", "2025-26-Q2")]
    assert [each.accepted for each in found] == [True, False]
    assert ("return.sheet.not_read", "block") in rules_of(found)


def test_the_rest_of_a_split_return_is_not_lost_without_a_word(land: Callable) -> None:
    rows = return_rows()
    second = renamed([RETURN_HEADER, *rows[-13:]], "Value", "Number")
    found = parse(land, {"Return": rows[:-13], "Part 2": second})
    assert [
        (f.rule_id, f.sheet) for f in findings(found) if f.rule_id == "return.sheet.not_read"
    ] == [("return.sheet.not_read", "Part 2")]


def test_a_second_table_below_is_pointed_at(land: Callable) -> None:
    rows = return_rows()
    (found,) = parse(land, {"Return": [*rows, [], RETURN_HEADER, ["note"]]})
    assert ("return.table.second", "check") in rules_of([found])


@pytest.mark.parametrize(
    ("path", "sheet", "rule"),
    [
        (PLACE.replace("return.xlsx", "Islington return.xlsx"), "Data", "authority"),
        (PLACE.replace("return.xlsx", "return 2025-26-Q1.xlsx"), "Data", "quarter"),
        (PLACE.replace("return.xlsx", "ISL return.xlsx"), "Data", "authority"),
        (PLACE, "Islington", "authority"),
        (PLACE, "2025-26 Q1", "quarter"),
    ],
)
def test_a_name_that_speaks_of_another_blocks_unless_the_cover_agrees_with_the_folder(
    land: Callable, path: str, sheet: str, rule: str
) -> None:
    bare = parse(land, {sheet: return_rows()[len(COVER) :]}, path)
    assert (f"return.{rule}.disagrees", "block") in rules_of(bare)
    with_cover = parse(land, {sheet: return_rows()}, path)
    assert rules_of(with_cover) == [(f"return.{rule}.named", "check")]


def test_the_figures_of_another_authority_are_not_quoted(land: Callable) -> None:
    theirs = covered({"cin": "4321 ca."}, la="Islington", code="E09000019")
    (found,) = parse(land, {"Return": theirs})
    assert {f.rule_id for f in found.findings} == {"return.authority.disagrees"}
    assert "4321" not in repr(found.findings)


def test_a_cover_that_says_two_things_blocks(land: Callable) -> None:
    rows = [*COVER, ["Local authority", "Islington"], ["Quarter", "2025-26 Q2"]]
    (found,) = parse(land, {"Return": [*rows, *return_rows()[len(COVER) :]]})
    assert ("return.cover.twice", "block") in rules_of([found])


@pytest.mark.parametrize(
    "header",
    ["2025-26 Q2 target", "% in 2025-26 Q2", "Change to 2025-26 Q2", "Q2 2025-26 forecast"],
)
def test_a_column_about_the_quarter_is_not_its_values(land: Callable, header: str) -> None:
    rows = [["Measure code", "Actual", header], *([code, 100, 7] for code in ("cin", "cla"))]
    (found,) = parse(land, {"Data": rows})
    assert not found.accepted
    assert found.tables == {}


def test_a_column_of_the_quarter_is_read_and_asked_about(land: Callable) -> None:
    rows = [["Measure code", "2025-26 Q2 actual"], *([code, 100] for code in ("cin", "cla"))]
    (found,) = parse(land, {"Data": rows})
    assert cin(found) == 100
    assert ("return.column.quarter", "check") in rules_of([found])


@pytest.mark.parametrize("header", ["Value%", "This quarter %", "Figure2"])
def test_a_sign_or_digit_in_a_header_is_no_slip(land: Callable, header: str) -> None:
    rows = [["Measure code", "Number", header], *([code, 100, 7] for code in ("cin", "cla"))]
    (found,) = parse(land, {"Data": rows})
    assert not found.accepted
    assert found.tables == {}


def test_a_quarter_outside_the_calendar_blocks_since_it_would_reach_no_table(
    land: Callable,
) -> None:
    rows = covered(quarter="2049-50 Q4")
    (found,) = parse(land, {"Return": rows}, "returns/CAM/a.xlsx")
    assert ("return.quarter.no_calendar", "block") in rules_of([found])


def test_a_value_left_empty_needs_a_word(land: Callable) -> None:
    (found,) = parse(land, {"Return": return_rows({"cin": ""})})
    assert rules_of([found]) == [("return.value.empty", "check")]
    rows = return_rows({"cin": ""})
    next(row for row in rows if row[:1] == ["cin"])[RETURN_HEADER.index("Comment")] = "Migration"
    assert findings(parse(land, {"Return": rows})) == []


def test_a_zero_with_a_comment_is_not_asked_about(land: Callable) -> None:
    rows = return_rows({"contacts": 0})
    next(r for r in rows if r[:1] == ["contacts"])[RETURN_HEADER.index("Comment")] = "Indeed none"
    assert findings(parse(land, {"Return": rows})) == []


def test_a_measure_that_has_its_row_is_no_suggestion(land: Callable) -> None:
    rows = renamed(return_rows(), "cla", "cla_open")
    at = RETURN_HEADER.index("Measure")
    next(row for row in rows if row[:1] == ["cla_open"])[at] = ""
    (found,) = parse(land, {"Return": rows})
    (lost,) = [f for f in found.findings if f.rule_id == "return.measure.unknown"]
    assert lost.suggestion in (None, "cla")
    assert "<code>" in str(lost.fix)


def test_digits_of_other_scripts_are_no_numbers_and_no_crash(land: Callable) -> None:
    (found,) = parse(land, {"Return": return_rows({"cin": "１２", "cla": "٣"})})
    assert rules_of([found]) == [("return_values.value.type", "check")] * 2


def test_a_comma_in_a_file_parted_by_semicolons_may_be_a_decimal_one(land: Callable) -> None:
    text = "\n".join(";".join(map(str, r)) for r in return_rows({"sw_agency_fte": "112,375"}))
    parsed = returns.parse(land("returns/2025-26-Q2/CAM/return.csv", text))
    assert [f.rule_id for f in parsed.findings] == ["return.value.comma"]


@pytest.mark.parametrize("value", ["<5", "12 (est.)", "#REF!"])
def test_a_row_nobody_can_place_says_what_it_holds(land: Callable, value: str) -> None:
    extra = list(cells_of("cin", value).values())
    extra[0], extra[RETURN_HEADER.index("Measure")] = "", "Total contacts"
    (found,) = parse(land, {"Return": [*return_rows(), extra]})
    (lost,) = found.findings
    assert (lost.rule_id, lost.severity) == ("return.measure.unknown", "check")
    assert value in lost.message


def test_two_sheets_of_one_authority_do_not_set_another_aside(land: Callable) -> None:
    theirs = {"la": "Greenwich", "code": GREENWICH}
    sheets = {
        "Camden": return_rows(),
        "Greenwich": covered({"cin": 1}, **theirs),
        "Greenwich (2)": covered({"cin": 2}, **theirs),
    }
    found = parse(land, sheets, "returns/2025-26-Q2/joint.xlsx")
    assert subjects(found) == [(CAMDEN, "2025-26-Q2"), (GREENWICH, "2025-26-Q2")]
    assert [each.accepted for each in found] == [True, False]


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_a_template_saved_in_another_format_is_read_as_it_was_filled(
    land: Callable, suffix: str
) -> None:
    """Version 2 of the template with invented figures, as LibreOffice saves it."""
    saved = (Path(__file__).parent / "data" / f"return.{suffix}").read_bytes()
    parsed = returns.parse(land(f"returns/2025-26-Q2/CAM/return.{suffix}", saved))
    frame = parsed.tables["return_values"].set_index("measure_code")
    assert set(frame["value_status"]) == {"ok"}
    known = {"contacts": 12345, "referrals": 1639, "cin": 219, "sw_agency_fte": 394}
    assert frame.loc[list(known), "value"].to_dict() == known
    assert (parsed.signed_off_by, parsed.signed_off_on) == ("B", "2025-10-20")
    assert parsed.accepted


@pytest.mark.parametrize("sheet", ["New", "Bar chart", "Red", "Data NEW"])
def test_a_word_that_looks_like_a_code_names_nobody(land: Callable, sheet: str) -> None:
    (found,) = parse(land, {sheet: return_rows()[len(COVER) :]})
    assert rules_of([found]) == []


def test_a_name_of_several_quarters_may_speak_of_the_settled_one(land: Callable) -> None:
    path = PLACE.replace("return.xlsx", "2025-26-Q1 vs 2025-26-Q2.xlsx")
    (found,) = parse(land, {"Return": return_rows()[len(COVER) :]}, path)
    assert rules_of([found]) == []


def test_last_quarters_figures_beside_the_return_are_no_submission(land: Callable) -> None:
    before = [
        ["Measure", "Number"],
        ["Referrals", 700],
        ["Children in need", 9],
        ["Care leavers", 3],
    ]
    found = parse(land, {"Return": return_rows(), "2025-26 Q1": before})
    assert subjects(found) == [(CAMDEN, "2025-26-Q2")]
    assert rules_of(found) == [("return.sheet.not_read", "check")]


def test_measures_that_are_only_explained_are_no_return(land: Callable) -> None:
    guide = [
        [cells_of(code, 0)["measure_label"], "see the guide"] for code in ("cin", "cla", "cpp")
    ]
    (found,) = parse(
        land, {"Cover": [*COVER, *guide], "Data": return_rows()[len(COVER) :]}, ANYWHERE
    )
    assert (found.la_code, found.findings) == (CAMDEN, [])


def test_a_short_sheet_of_another_authority_is_not_lost(land: Callable) -> None:
    theirs = covered(la="Islington", code="E09000019")[: len(COVER)]
    short = [*theirs, ["Measure code", "Number"], ["cin", 7]]
    found = parse(land, {"Figures": return_rows()[len(COVER) :], "Short": short}, "returns/x.xlsx")
    assert [each.la_code for each in found] == [None, "E09000019"]
    assert [each.accepted for each in found] == [False, False]
