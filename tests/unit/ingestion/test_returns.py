"""One return: what is read, what is found, what blocks."""

from collections.abc import Callable
from typing import Any

import pytest

from ingestion import readers
from ingestion.sources import Parsed, returns
from tests.unit.ingestion.builders import COVER, MEASURES, RETURN_HEADER, return_rows

PLACE = "returns/2025-26-Q2/CAM/return.xlsx"


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
    assert (referrals["value"], referrals["sheet"], referrals["cell"]) == (77, "Return", f"E{row}")


@pytest.mark.parametrize(
    ("cell", "status", "value"),
    [
        ("1,234", "ok", 1234),
        (0, "ok", 0),
        (12.5, "ok", 12.5),
        ("", "not_returned", None),
        ("-", "not_returned", None),
        ("tbc", "not_returned", None),
        ("N/A", "not_applicable", None),
        ("z", "not_applicable", None),
        ("c", "c", None),
        ("*", "c", None),
        ("low", "low", None),
        ("about 5", "failed", None),
        ("12%", "failed", None),
        ("#N/A", "failed", None),
        ("=SUM(A1:A2)", "failed", None),
    ],
)
def test_a_value_is_a_number_or_says_why_it_is_none(
    parse: Callable, cell: object, status: str, value: float | None
) -> None:
    parsed = parse(return_rows({"cin": cell}))
    found = row_of(parsed, "cin")
    assert found["value_status"] == status
    assert (None if found["value"] != found["value"] else found["value"]) == value or value is None
    assert ids(parsed) == (["return_values.value.type"] if status == "failed" else [])
    assert parsed.accepted


def test_a_failed_value_is_quoted_with_its_cell(parse: Callable) -> None:
    (finding,) = parse(return_rows({"cin": "about 5"})).findings
    row = len(COVER) + 2 + MEASURES.index("cin")
    assert (finding.cell, finding.value, finding.expected) == (f"E{row}", "about 5", "a number")


def test_a_negative_number_blocks(parse: Callable) -> None:
    parsed = parse(return_rows({"cla": -1}))
    assert ids(parsed, "block") == ["return.value.not_negative"]
    assert not parsed.accepted


def test_a_part_above_its_whole_is_found_and_both_stay_as_sent(parse: Callable) -> None:
    parsed = parse(return_rows({"repeat_referrals": 11}))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.severity) == ("return.part_above_whole", "check")
    assert "repeat_referrals is larger than referrals" in finding.message
    assert (finding.value, finding.expected) == ("11", "at most 10")
    assert finding.cell == row_of(parsed, "repeat_referrals")["cell"]
    assert row_of(parsed, "repeat_referrals")["value"] == 11
    assert parsed.accepted


def test_a_part_without_its_whole_is_not_compared(parse: Callable) -> None:
    parsed = parse(return_rows({"repeat_referrals": 11, "referrals": "n/a"}))
    assert parsed.findings == []


def test_a_measure_on_two_rows_blocks(parse: Callable) -> None:
    parsed = parse([*return_rows(), ["cla", "", "", "", 5, "", ""]])
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
        ["referals", "", "", "", 5, "", ""],
        ["Notes: see email", "", "", "", "", "", ""],
    ]
    parsed = parse(rows)
    lost, footnote = parsed.findings
    assert (lost.rule_id, lost.severity, lost.value) == (
        "return.measure.unknown",
        "check",
        "referals",
    )
    assert (lost.suggestion, lost.row) == ("referrals", len(rows) - 1)
    assert footnote.severity == "note"
    assert "referals" not in set(parsed.tables["return_values"]["measure_code"])


def test_a_number_without_any_measure_is_found(parse: Callable) -> None:
    parsed = parse([*return_rows(), ["", "Something new", "", "", 5, "", ""]])
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
    assert ids(parsed) == ["return.quarter.no_set"]


def test_title_rows_swapped_columns_and_slips_in_headers_lose_nothing(parse: Callable) -> None:
    rows = return_rows({"cin": 42})
    order = [4, 1, 2, 3, 0, 5, 6]
    table = [[row[i] for i in order] for row in rows[len(COVER) :]]
    table[0][0] = "Valeu"
    parsed = parse([["London"], [], ["Draft", "2"], *rows[: len(COVER)], [], *table])
    assert row_of(parsed, "cin")["value"] == 42
    assert ids(parsed) == ["headers.fuzzy"]
    assert len(parsed.tables["return_values"]) == len(MEASURES)


def test_a_return_without_its_value_column_blocks_and_names_it(parse: Callable) -> None:
    rows = [row[:4] + row[5:] if len(row) == len(RETURN_HEADER) else row for row in return_rows()]
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
        [*row, "Value" if row == RETURN_HEADER else 3] if len(row) == 7 else row
        for row in return_rows()
    ]
    (finding,) = parse(rows).findings
    assert (finding.rule_id, finding.severity, finding.cell) == ("headers.duplicate", "block", "H6")


def test_figures_without_a_header_are_found(parse: Callable) -> None:
    rows = [
        [*row, "" if row == RETURN_HEADER else 3] if len(row) == 7 else row for row in return_rows()
    ]
    parsed = parse(rows)
    assert ids(parsed) == ["headers.none"]
    assert parsed.findings[0].cell == "H6"


def test_a_workbook_that_is_no_return_is_one_blocking_finding(land: Callable) -> None:
    parsed = returns.parse(land(PLACE, {"Sheet1": [["a", "b"], [1, 2]]}))
    assert ids(parsed) == ["return.no_table"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods", "a.pdf", "a.csv"])
def test_an_unreadable_file_is_one_blocking_finding(land: Callable, name: str) -> None:
    parsed = returns.parse(land(f"returns/2025-26-Q2/CAM/{name}", b"\x00\x01\x02" * 50))
    assert ids(parsed) == ["file.unreadable"]
    assert not parsed.accepted


def test_a_zip_bomb_is_one_blocking_finding(
    parse: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MAX_UNPACKED_BYTES", 1000)
    assert ids(parse(return_rows())) == ["file.unreadable"]


def test_a_return_as_csv_is_read_too(land: Callable) -> None:
    text = "\n".join(";".join(map(str, row)) for row in return_rows({"cin": "1,234"}))
    parsed = returns.parse(land("returns/2025-26-Q2/CAM/return.csv", text))
    assert parsed.findings == []
    assert row_of(parsed, "cin")["value"] == 1234
