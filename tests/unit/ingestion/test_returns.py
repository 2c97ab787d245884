"""One return: what is read, what is found, what blocks."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ingestion.findings import column_letter
from ingestion.sources import Parsed, returns
from tests.unit.ingestion.builders import (
    COVER,
    MEASURES,
    RETURN_HEADER,
    cells_of,
    return_rows,
)

PLACE = "returns/2025-26-Q2/CAM/return.xlsx"
VALUE = RETURN_HEADER.index("Value")
VALUE_COLUMN = column_letter(VALUE)
AFTER = column_letter(len(RETURN_HEADER))
WIDTH = len(RETURN_HEADER)


def row_naming(value: Any, **cells: Any) -> list[Any]:
    """A row as somebody adds one by hand."""
    return list(
        (cells_of("cin", value) | {"measure_code": "", "measure_label": ""} | cells).values()
    )


@pytest.fixture
def parse(land: Callable) -> Callable[..., Parsed]:
    def run(rows: list, path: str = PLACE, sidecar: str | None = None) -> Parsed:
        return returns.parse(land(path, {"Instructions": [["Read me"]], "Return": rows}, sidecar))

    return run


def ids(parsed: Parsed, severity: str | None = None) -> list[str]:
    return [f.rule_id for f in parsed.findings if severity in (None, f.severity)]


def row_of(parsed: Parsed, code: str) -> dict[str, Any]:
    frame = parsed.tables["return_values"]
    (found,) = frame[frame["measure_code"] == code].to_dict("records")
    return found


def test_a_clean_return_has_every_measure_and_no_findings(parse: Callable) -> None:
    parsed = parse(return_rows())
    assert parsed.findings == []
    assert (parsed.la_code, parsed.quarter) == ("E09000007", "2025-26-Q2")
    assert list(parsed.tables["return_values"]["measure_code"]) == MEASURES
    assert set(parsed.tables["return_values"]["value_status"]) == {"ok"}


def test_each_value_knows_its_cell(parse: Callable) -> None:
    referrals = row_of(parse(return_rows({"referrals": 77})), "referrals")
    row = len(COVER) + 2 + MEASURES.index("referrals")
    assert (referrals["value"], referrals["sheet"], referrals["cell"]) == (
        77,
        "Return",
        f"{VALUE_COLUMN}{row}",
    )


@pytest.mark.parametrize(
    ("cell", "status", "value", "finding"),
    [
        (1234, "ok", 1234, None),
        ("1,234", "ok", 1234, "text"),
        ("1\u00a0234", "ok", 1234, "text"),
        (0, "ok", 0, None),
        ("", "not_returned", None, "empty"),
        ("-", "not_returned", None, "symbol"),
        ("..", "not_returned", None, "symbol"),
        (":", "not_returned", None, "symbol"),
        ("tbc", "not_returned", None, "symbol"),
        ("N/A", "not_applicable", None, "symbol"),
        ("z", "not_applicable", None, "symbol"),
        ("low", "low", None, "symbol"),
        ("k", "low", None, "symbol"),
        ("u", "u", None, "symbol"),
        ("c", "c", None, "withheld"),
        ("*", "c", None, "withheld"),
        ("<5", "c", None, "withheld"),
        ("fewer than 5", "c", None, "withheld"),
        ("12%", "failed", None, "percent"),
        (12.5, "failed", None, "whole"),
        ("#N/A", "failed", None, "error"),
        ("=SUM(A1:A2)", "failed", None, "uncalculated"),
        ("about 5", "failed", None, "type"),
        ("5 (prov)", "failed", None, "type"),
        ("1.234,5", "failed", None, "type"),
        ("1 234", "failed", None, "type"),
        (True, "failed", None, "type"),
        (date(2025, 4, 3), "failed", None, "type"),
    ],
)
def test_a_value_is_a_number_or_says_why_it_is_none(
    parse: Callable, cell: object, status: str, value: float | None, finding: str | None
) -> None:
    parsed = parse(return_rows({"cin_plans": cell}))
    found = row_of(parsed, "cin_plans")
    assert found["value_status"] == status
    assert (None if found["value"] != found["value"] else found["value"]) == value
    assert [rule.rpartition(".")[2] for rule in ids(parsed)] == ([finding] if finding else [])
    assert all((f.sheet, f.cell) == ("Return", found["cell"]) for f in parsed.findings)
    assert parsed.accepted


def test_fte_and_days_may_be_fractions(parse: Callable) -> None:
    parsed = parse(return_rows({"sw_agency_fte": 12.5, "sw_days_lost": 3.5}))
    assert parsed.findings == []
    assert row_of(parsed, "sw_agency_fte")["value"] == 12.5


def test_what_a_formula_leaves_behind_is_no_fraction(parse: Callable) -> None:
    parsed = parse(return_rows({"cin_plans": 11.9999999999}))
    assert (parsed.findings, row_of(parsed, "cin_plans")["value"]) == ([], 12)


def test_a_word_for_zero_is_a_question_with_a_suggestion(parse: Callable) -> None:
    (finding,) = parse(return_rows({"uasc": "nil"})).findings
    assert (finding.severity, finding.value, finding.suggestion) == ("check", "nil", "0")


def test_a_zero_that_no_authority_has_is_asked_about(parse: Callable) -> None:
    (finding,) = parse(return_rows({"contacts": 0})).findings
    assert (finding.rule_id, finding.severity) == ("return.zero_unlikely", "check")
    assert parse(return_rows({"uasc": 0})).findings == []


def test_a_failed_value_is_quoted_with_its_cell(parse: Callable) -> None:
    (finding,) = parse(return_rows({"cin": "about 5"})).findings
    row = len(COVER) + 2 + MEASURES.index("cin")
    assert (finding.cell, finding.value) == (f"{VALUE_COLUMN}{row}", "about 5")
    assert finding.expected == "a number"
    assert finding.fix == (
        "Replace it by a number; where there is none, write - and say why in the comment"
    )


def test_a_negative_number_blocks(parse: Callable) -> None:
    parsed = parse(return_rows({"cla": -1}))
    assert ids(parsed, "block") == ["return.value.not_negative"]
    assert not parsed.accepted


def test_a_part_above_its_whole_is_found_and_both_stay_as_sent(parse: Callable) -> None:
    parsed = parse(return_rows({"repeat_referrals": 111}))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.severity) == ("return.part_above_whole", "check")
    assert (finding.value, finding.expected) == ("111", "at most 110, the figure of “Referrals”")
    assert finding.cell == row_of(parsed, "repeat_referrals")["cell"]
    assert row_of(parsed, "repeat_referrals")["value"] == 111
    assert parsed.accepted


def test_a_part_without_its_whole_is_not_compared(parse: Callable) -> None:
    parsed = parse(return_rows({"repeat_referrals": 111, "referrals": "n/a"}))
    assert ids(parsed) == ["return.value.symbol"]


def test_parts_that_do_not_add_up_to_their_total_are_found(parse: Callable) -> None:
    (finding,) = parse(return_rows({"referrals": 111})).findings
    assert (finding.rule_id, finding.severity) == ("return.parts_of_total", "check")
    assert (finding.value, finding.expected) == ("111", "110, the sum of its parts")
    assert ids(parse(return_rows({"sw_establishment_fte": 20.4}))) == []
    assert ids(parse(return_rows({"sw_establishment_fte": 20.6}))) == ["return.parts_of_total"]


def test_a_wrong_total_is_said_once_and_not_for_each_of_its_parts(parse: Callable) -> None:
    parsed = parse(return_rows({"referrals": 9, "repeat_referrals": 9}))
    assert ids(parsed) == ["return.parts_of_total"]


def test_a_total_is_not_held_against_parts_that_are_incomplete(parse: Callable) -> None:
    parsed = parse(return_rows({"referrals": 120, "referrals_source_police": "n/a"}))
    assert ids(parsed) == ["return.value.symbol"]


def test_a_measure_on_two_rows_blocks(parse: Callable) -> None:
    parsed = parse([*return_rows(), row_naming(5, measure_code="cla")])
    assert ids(parsed, "block") == ["return.measure.once"]


def test_a_measure_without_a_row_is_found_and_named(parse: Callable) -> None:
    (finding,) = parse(return_rows(leave_out=["cla"])).findings
    assert (finding.rule_id, finding.expected, finding.severity) == (
        "return.measure.missing", "cla", "check",
    )  # fmt: skip


def test_an_unknown_measure_with_a_number_is_found_and_a_footnote_is_a_note(
    parse: Callable,
) -> None:
    rows = [
        *return_rows(),
        row_naming(5, measure_code="kids in need"),
        row_naming(700, measure_code="Total"),
        ["Notes: see email"],
    ]
    parsed = parse(rows)
    lost, total, footnote = parsed.findings
    assert (lost.rule_id, lost.severity, lost.value) == (
        "return.measure.unknown",
        "check",
        "kids in need",
    )
    # Children in need have a row of their own.
    assert (lost.suggestion, lost.row) == (None, len(rows) - 2)
    assert "its figure 5 was not used" in lost.message
    assert "E09000007,measure,kids in need,<code>" in str(lost.fix)
    assert (total.rule_id, total.severity) == ("return.row.total", "note")
    assert (footnote.rule_id, footnote.severity) == ("return.row.text", "note")
    assert len(parsed.tables["return_values"]) == len(MEASURES)


def test_a_number_without_any_measure_is_found(parse: Callable) -> None:
    parsed = parse([*return_rows(), row_naming(5, measure_label="Something new")])
    assert ids(parsed, "check") == ["return.measure.unknown"]


@pytest.mark.parametrize(
    ("label", "value", "rule"),
    [
        ("LA code", "E09000025", "return.authority.disagrees"),
        ("Local authority", "Newham", "return.authority.disagrees"),
        ("Quarter", "2025-26 Q1", "return.quarter.disagrees"),
    ],
)
def test_a_cover_that_disagrees_with_the_folder_blocks(
    parse: Callable, label: str, value: str, rule: str
) -> None:
    rows = [[label, value] if row[:1] == [label] else row for row in return_rows()]
    parsed = parse(rows)
    assert ids(parsed) == [rule]
    assert not parsed.accepted
    assert (parsed.findings[0].value, parsed.findings[0].cell[0]) == (value, "B")


def test_a_cover_that_cannot_be_understood_is_found_but_the_folder_will_do(parse: Callable) -> None:
    rows = [["LA code", "LBC"] if row[:1] == ["LA code"] else row for row in return_rows()]
    parsed = parse(rows)
    assert ids(parsed) == ["return.authority.unreadable"]
    assert parsed.accepted


def test_without_a_cover_the_folder_will_do(parse: Callable) -> None:
    parsed = parse(return_rows()[len(COVER) :])
    assert (parsed.findings, parsed.la_code, parsed.quarter) == ([], "E09000007", "2025-26-Q2")


def test_without_a_folder_the_cover_will_do(parse: Callable) -> None:
    parsed = parse(return_rows(), path="returns/return.xlsx")
    assert (parsed.findings, parsed.la_code, parsed.quarter) == ([], "E09000007", "2025-26-Q2")


def test_with_neither_the_file_is_blocked(parse: Callable) -> None:
    parsed = parse(return_rows()[len(COVER) :], path="returns/return.xlsx")
    assert ids(parsed, "block") == ["return.authority.unknown", "return.quarter.unknown"]


def test_a_value_further_right_of_its_label_has_its_own_address(parse: Callable) -> None:
    rows = [["LA code", "", "", "NEW"] if row[:1] == ["LA code"] else row for row in return_rows()]
    (finding,) = parse(rows).findings
    assert (finding.rule_id, finding.cell, finding.expected) == (
        "return.authority.disagrees", "D3", "Camden",
    )  # fmt: skip


def test_a_quarter_before_any_indicator_set_is_a_finding(parse: Callable) -> None:
    parsed = parse(return_rows()[len(COVER) :], path="returns/2005-06-Q2/CAM/return.xlsx")
    assert "return.quarter.no_set" in ids(parsed)


def test_title_rows_swapped_columns_and_slips_in_headers_lose_nothing(parse: Callable) -> None:
    rows = return_rows({"cin": 42})
    order = [VALUE, *(i for i in range(WIDTH) if i != VALUE)]
    table = [[row[i] for i in order] for row in rows[len(COVER) :]]
    table[0][0] = "Valeu"
    parsed = parse([["London"], [], ["Draft", "2"], *rows[: len(COVER)], [], *table])
    assert row_of(parsed, "cin")["value"] == 42
    assert ids(parsed) == ["headers.fuzzy"]
    assert len(parsed.tables["return_values"]) == len(MEASURES)


def test_a_return_without_its_value_column_blocks_and_names_it(parse: Callable) -> None:
    rows = [row[:VALUE] + row[VALUE + 1 :] if len(row) == WIDTH else row for row in return_rows()]
    parsed = parse(rows)
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.column, finding.severity) == (
        "headers.missing",
        "Value",
        "block",
    )
    assert parsed.tables == {}


def test_two_value_columns_block_since_either_could_be_meant(parse: Callable) -> None:
    rows = [
        [*row, "Value" if row == RETURN_HEADER else 3] if len(row) == WIDTH else row
        for row in return_rows()
    ]
    (finding,) = parse(rows).findings
    assert (finding.rule_id, finding.severity, finding.cell) == (
        "headers.duplicate", "block", f"{AFTER}6",
    )  # fmt: skip


def test_figures_without_a_header_are_found(parse: Callable) -> None:
    rows = [
        [*row, "" if row == RETURN_HEADER else 3] if len(row) == WIDTH else row
        for row in return_rows()
    ]
    parsed = parse(rows)
    assert ids(parsed) == ["headers.none"]
    assert parsed.findings[0].cell == f"{AFTER}6"


def test_a_workbook_that_is_no_return_is_one_blocking_finding(land: Callable) -> None:
    parsed = returns.parse(land(PLACE, {"Sheet1": [["a", "b"], [1, 2]]}))
    assert ids(parsed) == ["return.no_table"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods", "a.pdf", "a.csv"])
def test_an_unreadable_file_is_one_blocking_finding(land: Callable, name: str) -> None:
    parsed = returns.parse(land(f"returns/2025-26-Q2/CAM/{name}", b"\x00\x01\x02" * 50))
    assert [rule.partition(".")[0] for rule in ids(parsed)] == ["file"]
    assert not parsed.accepted


def test_a_zip_bomb_is_one_blocking_finding(
    parse: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returns, "MAX_BYTES", 1000)
    assert ids(parse(return_rows())) == ["file.too_large"]


def test_a_return_as_csv_is_read_too(land: Callable) -> None:
    text = "\n".join(";".join(map(str, row)) for row in return_rows({"cin": "1,234"}))
    parsed = returns.parse(land("returns/2025-26-Q2/CAM/return.csv", text))
    assert parsed.findings == []
    assert row_of(parsed, "cin")["value"] == 1234
