"""Which sheets of a workbook are returns, and for whom: several quarters, authorities, copies."""

from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
import pandas as pd
import pytest

from ingestion import landing, registry
from ingestion.aliases import Aliases
from ingestion.findings import Finding
from ingestion.registry import seed
from ingestion.sources import Parsed, returns
from tests.unit.ingestion.builders import COVER, RETURN_HEADER, Rows, cells_of, return_rows

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
    land: Callable, sheets: Mapping[str, Rows], path: str = PLACE, aliases: Aliases | None = None
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
    assert (finding.rule_id, finding.severity) == ("return.measure.resolved", "note")
    assert told in finding.message


def test_remembered_names_of_rows_and_columns_are_used(land: Callable) -> None:
    rows = return_rows({"cin": 42})
    cin_row = next(row for row in rows if row[:1] == ["cin"])
    cin_row[0], cin_row[RETURN_HEADER.index("Measure")] = "", "Kids in need"
    header = next(row for row in rows if row == RETURN_HEADER)
    header[RETURN_HEADER.index("Value")] = "Fig."
    aliases = Aliases({"kidsinneed": "cin"}, {"fig": "value"})
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
