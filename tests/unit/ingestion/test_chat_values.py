"""Values read off ChAT: whole quarters, under their authority, and nothing left out unsaid."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from ingestion.findings import Finding
from ingestion.pipeline import ingest
from ingestion.sources import Parsed, annex_a
from ingestion.store import read_parquet
from tests.unit.ingestion.builders import KEY, NOW, annex_a_sheets, child

# Named for values, in a folder of nobody's: only then may it hold those of several authorities.
PLACE = "annex_a/2025-26-Q2/chat values.csv"
OF_CAMDEN = "annex_a/2025-26-Q2/CAM/chat values.csv"
CAMDEN, NEWHAM = "E09000007", "E09000025"
HEADERS = [
    "la",
    "extract_date",
    "page",
    "indicator",
    "value",
    "numerator",
    "denominator",
    "window_start",
    "window_end",
]
# A row of Camden's: 12 of 60 referrals in the quarter were repeats.
REPEATS = {
    "la": "CAM",
    "extract_date": "03/10/2025",
    "page": "Referrals",
    "indicator": "repeat_referrals_pct",
    "value": "20.0",
    "numerator": "12",
    "denominator": "60",
    "window_start": "01/07/2025",
    "window_end": "30/09/2025",
}
# A caseload: what it was on the last day of the six months that the page shows.
CASELOAD = REPEATS | {
    "page": "Plans",
    "indicator": "cpp",
    "value": "41.5",
    "numerator": "210",
    "denominator": "",
    "window_start": "01/04/2025",
}

Rows = Sequence[Mapping[str, str]]


def table(rows: Rows) -> list[list[str]]:
    return [HEADERS, *([row.get(name, "") for name in HEADERS] for row in rows)]


def as_csv(cells: list[list[Any]]) -> str:
    sink = io.StringIO()
    csv.writer(sink).writerows(cells)
    return sink.getvalue()


@pytest.fixture
def read(land: Callable) -> Callable[..., Parsed]:
    """What the pipeline reads of rows, or of a file's whole content."""

    def run(content: Any, place: str = PLACE) -> Parsed:
        whole = as_csv(table(content)) if isinstance(content, list) else content
        return annex_a.parse(land(place, whole, "received_at: 2025-10-09 10:00:00\n"), KEY)

    return run


def figures(parsed: Parsed) -> dict[tuple[str, str, str], float]:
    """Every figure of every authority."""
    return {
        (str(each.la_code), row.quarter, row.measure_code): row.value
        for each in (parsed, *parsed.more)
        if "chat_values" in each.tables
        for row in each.tables["chat_values"].itertuples()
    }


def told(parsed: Parsed) -> list[tuple[str, str | None]]:
    return [(finding.rule_id, finding.cell) for finding in parsed.findings]


Q2 = "2025-26-Q2"
USUAL = {
    (CAMDEN, Q2, "repeat_referrals"): 12.0,
    (CAMDEN, Q2, "referrals"): 60.0,
    (CAMDEN, Q2, "cpp"): 210.0,
}


def test_a_row_gives_its_numerator_and_a_denominator_that_is_a_measure(read: Callable) -> None:
    parsed = read([REPEATS, CASELOAD])
    assert parsed.findings == []
    assert figures(parsed) == USUAL
    assert (parsed.la_code, parsed.quarter, str(parsed.extract_date)) == (CAMDEN, Q2, "2025-10-03")
    rows = parsed.tables["chat_values"].set_index("measure_code")
    # The way back: the row of the file, as a spreadsheet numbers it.
    assert rows["row"].to_dict() == {"repeat_referrals": 2, "referrals": 2, "cpp": 3}
    assert rows["indicator_code"]["referrals"] == "repeat_referrals_pct"


# --- one cell changed: the row is used, or left out and told once at that cell --------------------


@dataclass(frozen=True)
class Change:
    """Cells of the first row, what is told of it, and which of its figures are left."""

    name: str
    cells: Mapping[str, str]
    rule: str | None = None
    cell: str | None = None
    suggestion: str | None = None
    left: Mapping[str, float] = field(default_factory=dict)


BOTH = {"repeat_referrals": 12.0, "referrals": 60.0}
CHANGES = [
    Change("code", {"indicator": "Repeat_Referrals_PCT"}, left=BOTH),
    Change("label", {"indicator": "Repeat referrals"}, left=BOTH),
    Change(
        "name",
        {"indicator": "% of referrals within 12 months of a previous referral"},
        left=BOTH,
    ),
    Change(
        "a near name",
        {"indicator": "Repeat refferals"},
        "chat.indicator.unknown",
        "D2",
        "repeat_referrals_pct",
    ),
    Change("no such name", {"indicator": "Xyzzy"}, "chat.indicator.unknown", "D2"),
    Change("no indicator", {"indicator": ""}, "chat.indicator.unknown", "D2"),
    Change("indicator failed", {"indicator": "#REF!"}, "chat_values.indicator.type", "D2"),
    Change("authority by name", {"la": "Camden"}, left=BOTH),
    Change("authority by code", {"la": CAMDEN}, left=BOTH),
    Change("authority elsewhere", {"la": "Kent"}, "chat.authority.unknown", "A2"),
    Change("no authority", {"la": ""}, "chat.authority.unknown", "A2"),
    Change("authority failed", {"la": "#N/A"}, "chat_values.la.type", "A2"),
    Change("six months", {"window_start": "01/04/2025"}, "chat.window.not_a_quarter", "H2"),
    Change("no first day", {"window_start": ""}, "chat.window.not_a_quarter", "H2"),
    Change("first day unreadable", {"window_start": "July"}, "chat_values.window_start.type", "H2"),
    Change("up to the extract", {"window_end": "03/10/2025"}, "chat.window.no_quarter", "I2"),
    Change("no last day", {"window_end": ""}, "chat.window.no_quarter", "I2"),
    Change("last day unreadable", {"window_end": "autumn"}, "chat_values.window_end.type", "I2"),
    Change(
        "American last day",
        {"window_end": "09/30/2025"},
        "chat_values.window_end.type",
        "I2",
        "30/09/2025",
    ),
    Change("extract before the end", {"extract_date": "29/09/2025"}, "chat.window.not_over", "I2"),
    Change("extract on the last day", {"extract_date": "30/09/2025"}, left=BOTH),
    Change("no extract date", {"extract_date": ""}, left=BOTH),
    Change("no numerator", {"numerator": ""}, "chat.numerator.missing", "F2"),
    Change("numerator no number", {"numerator": "twelve"}, "chat_values.numerator.type", "F2"),
    Change("numerator below zero", {"numerator": "-12"}, "chat.numerator.not_negative", "F2"),
    Change("denominator below zero", {"denominator": "-60"}, "chat.denominator.not_negative", "G2"),
    Change("no denominator", {"denominator": ""}, "chat.denominator.missing", "G2"),
    Change("denominator no number", {"denominator": "x"}, "chat_values.denominator.type", "G2"),
    Change("nothing of nothing", {"value": "", "numerator": "0", "denominator": "0"},
           left={"repeat_referrals": 0.0, "referrals": 0.0}),
    Change("value in digits enough", {"value": "20"}, left=BOTH),
    Change("value beyond rounding", {"value": "20.06"}, "chat.value.differs", "E2", left=BOTH),
    Change("value in whole percent", {"value": "20", "numerator": "11", "denominator": "54"},
           left={"repeat_referrals": 11.0, "referrals": 54.0}),
    Change("value of another percent", {"value": "21", "numerator": "11", "denominator": "54"},
           "chat.value.differs", "E2", left={"repeat_referrals": 11.0, "referrals": 54.0}),
    Change("value of something else", {"value": "0.2"}, "chat.value.differs", "E2", left=BOTH),
    Change("no value", {"value": ""}, left=BOTH),
    # Its numerator and denominator are what is used, and say all that it does.
    Change("value no number", {"value": "a fifth"}, "chat_values.value.type", "E2", left=BOTH),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_row_is_used_or_left_out_and_told_once(read: Callable, change: Change) -> None:
    parsed = read([REPEATS | change.cells, CASELOAD])
    rest = {(CAMDEN, Q2, "cpp"): 210.0}
    assert figures(parsed) == rest | {(CAMDEN, Q2, m): v for m, v in change.left.items()}
    assert told(parsed) == ([(change.rule, change.cell)] if change.rule else [])
    for finding in parsed.findings:
        assert (finding.severity, finding.suggestion) == ("check", change.suggestion)
        assert (finding.row, bool(finding.fix)) == (2, True)
    assert parsed.accepted


def test_dates_and_numbers_are_quoted_as_people_write_them(read: Callable) -> None:
    parsed = read([REPEATS | {"window_end": "2025-10-03"}, CASELOAD | {"value": "41.5"}])
    assert [finding.value for finding in parsed.findings] == ["03/10/2025"]


def test_a_caseload_is_of_the_windows_last_day_however_long_it_is(read: Callable) -> None:
    for start in ("01/04/2025", "30/09/2025", ""):
        parsed = read([CASELOAD | {"window_start": start}])
        assert figures(parsed) == {(CAMDEN, Q2, "cpp"): 210.0}, start
        assert parsed.findings == []


# --- rows beside rows -----------------------------------------------------------------------------


def test_an_indicator_named_twice_is_used_once(read: Callable) -> None:
    """Whatever it is called, and whether or not the column says whose it is."""
    again = REPEATS | {"indicator": "Repeat Referrals", "numerator": "13", "value": ""}
    for rows, place in (
        ([REPEATS, again], PLACE),
        ([REPEATS | {"la": ""}, again | {"la": ""}], OF_CAMDEN),
    ):
        parsed = read(rows, place)
        assert figures(parsed) == {k: v for k, v in USUAL.items() if k[2] != "cpp"}
        assert told(parsed) == [("chat.indicator.once", "D3")]


def test_six_months_beside_the_quarter_take_nothing_from_it(read: Callable) -> None:
    half = REPEATS | {"window_start": "01/04/2025", "numerator": "25", "denominator": "125"}
    parsed = read([half, REPEATS])
    assert figures(parsed) == {k: v for k, v in USUAL.items() if k[2] != "cpp"}
    assert told(parsed) == [("chat.window.not_a_quarter", "H2")]


def test_a_measure_with_two_figures_is_that_of_its_own_indicator(read: Callable) -> None:
    """60 referrals under the line of one row, 61 above that of another."""
    own = REPEATS | {"indicator": "referrals", "numerator": "61", "denominator": "", "value": ""}
    parsed = read([REPEATS, own])
    assert figures(parsed)[CAMDEN, Q2, "referrals"] == 61
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.cell) == ("chat.measure.differs", "G2")
    assert (finding.value, finding.suggestion) == ("60", "61")
    assert "“Referrals”" in finding.message
    same = read([REPEATS, own | {"numerator": "60"}])
    assert (same.findings, len(figures(same))) == ([], 2)


def test_quarters_of_one_file_stand_apart(read: Callable) -> None:
    before = REPEATS | {"window_start": "01/04/2025", "window_end": "30/06/2025", "numerator": "6",
                        "denominator": "30"}  # fmt: skip
    parsed = read([REPEATS, before])
    # The folder says Q2: nobody is stopped, but it may be a slip.
    assert [(f.rule_id, f.severity, f.cell, f.value, f.expected) for f in parsed.findings] == [
        ("chat.quarter.differs", "note", "I3", "30/06/2025", "30/09/2025")
    ]
    found = figures(parsed)
    assert (found[CAMDEN, Q2, "referrals"], found[CAMDEN, "2025-26-Q1", "referrals"]) == (60, 30)


def test_a_base_is_told_apart_from_the_figure_of_its_own_indicator(read: Callable) -> None:
    """40 conferences began with an enquiry whose days can be counted; 43 were held."""
    timely = REPEATS | {"indicator": "icpc_15wd_pct", "numerator": "30", "denominator": "40",
                        "value": "75"}  # fmt: skip
    own = REPEATS | {"indicator": "icpc", "numerator": "43", "denominator": "", "value": ""}
    for rows, expected in (
        ([timely], {("icpc", True): 40.0, ("icpc_within_15wd", False): 30.0}),
        ([timely, own], {("icpc", True): 40.0, ("icpc_within_15wd", False): 30.0,
                         ("icpc", False): 43.0}),
    ):  # fmt: skip
        parsed = read(rows)
        found = parsed.tables["chat_values"].set_index(["measure_code", "is_base"])["value"]
        assert (found.to_dict(), parsed.findings) == (expected, [])


ADOPTION = REPEATS | {
    "indicator": "adopt_a10_days",
    "numerator": "1600",
    "denominator": "4",
    "value": "400",
    "window_start": "01/10/2024",
}


def test_days_to_adoption_are_of_the_twelve_months_that_end_with_the_quarter(
    read: Callable,
) -> None:
    parsed = read([ADOPTION])
    assert parsed.findings == []
    assert figures(parsed) == {
        (CAMDEN, Q2, "adopt_a10_days_sum"): 1600.0,
        (CAMDEN, Q2, "adopt_a10_children"): 4.0,
    }
    for start in ("01/07/2025", "01/04/2025", ""):
        parsed = read([CASELOAD, ADOPTION | {"window_start": start}])
        assert told(parsed) == [("chat.window.not_a_year", "H3")], start
        assert "twelve months" in str(parsed.findings[0].expected)
        assert len(figures(parsed)) == 1


# --- whose they are -------------------------------------------------------------------------------

OF_TWO = [REPEATS, CASELOAD, REPEATS | {"la": "Newham", "numerator": "30", "denominator": "150"}]


def test_each_authority_of_a_file_is_a_submission_of_its_own(read: Callable) -> None:
    parsed = read(OF_TWO)
    submissions = [parsed, *parsed.more]
    assert [each.la_code for each in submissions] == [CAMDEN, NEWHAM]
    assert [len(each.tables["chat_values"]) for each in submissions] == [3, 2]
    assert len({each.sheet for each in submissions}) == 2
    assert parsed.findings == []


def test_the_folder_says_whose_rows_without_a_name_are(read: Callable) -> None:
    parsed = read([REPEATS | {"la": ""}, CASELOAD], OF_CAMDEN)
    assert (figures(parsed), parsed.findings) == (USUAL, [])


def test_a_folder_takes_no_rows_of_another_authority(read: Callable) -> None:
    parsed = read(OF_TWO, OF_CAMDEN)
    assert figures(parsed) == USUAL
    assert told(parsed) == [("chat.authority.differs", "A4")]
    assert (parsed.findings[0].value, parsed.findings[0].expected) == ("Newham", "Camden")


def test_a_file_of_one_authority_needs_no_telling_name(read: Callable) -> None:
    """By its headers; agreements are asked for, as for anything that lies in such a folder."""
    parsed = read([REPEATS, CASELOAD], "annex_a/2025-26-Q2/CAM/figures.csv")
    assert figures(parsed) == USUAL
    assert told(parsed) == [("annex_a.agreement.assumed", None)]


def test_a_column_that_is_not_there_is_no_cell_to_correct(read: Callable) -> None:
    cells = [[c for i, c in enumerate(row) if HEADERS[i] != "la"] for row in table([REPEATS])]
    parsed = read(as_csv(cells))
    assert {*told(parsed)} == {
        ("headers.missing", None),
        ("chat.authority.unknown", None),
        ("chat.no_values", None),
    }


# --- files that are something else ----------------------------------------------------------------


def one(parsed: Parsed) -> Finding:
    (finding,) = parsed.findings
    return finding


def test_a_file_without_a_usable_row_is_set_aside(read: Callable) -> None:
    parsed = read([REPEATS | {"la": "Kent"}])
    assert told(parsed) == [("chat.authority.unknown", "A2"), ("chat.no_values", None)]
    assert (parsed.accepted, figures(parsed)) == (False, {})
    assert told(read([])) == [("chat.no_values", None)]


def test_a_workbook_of_children_that_is_named_for_values_shows_none_of_them(
    read: Callable,
) -> None:
    sheets = annex_a_sheets(annex_a_list_3=[child("annex_a_list_3", worker="Secret Kid")])
    parsed = read(sheets, "annex_a/2025-26-Q2/CAM/ChAT_values.xlsx")
    finding = one(parsed)
    assert (finding.rule_id, finding.severity) == ("chat.no_header", "block")
    assert (parsed.tables, "Secret" in repr(parsed)) == ({}, False)


def test_values_beside_children_are_refused_whole_and_copied_nowhere(
    read: Callable, land: Callable, zone: Path, tmp_path: Path
) -> None:
    lists = annex_a_sheets(annex_a_list_3=[child("annex_a_list_3", worker="Secret Kid")])
    (rows,) = [rows for name, rows in lists.items() if "3" in name]
    sheets = {"Values": table([REPEATS]), "Secret Kid": rows}
    place = "annex_a/2025-26-Q2/CAM/ChAT_values.xlsx"
    parsed = read(sheets, place)
    assert (one(parsed).rule_id, one(parsed).severity) == ("chat.holds_lists", "block")
    assert (parsed.tables, parsed.more, "Secret" in repr(parsed)) == ({}, [], False)
    home = tmp_path / "home"
    ingest("annex_a", zone, home, KEY, NOW)
    assert [path.name for path in home.rglob("*quarantine*/**/*") if path.is_file()] == [
        "reason.json"
    ]


def test_an_unreadable_file_is_one_blocking_finding(read: Callable) -> None:
    parsed = read(b"rubbish", "annex_a/2025-26-Q2/chat values.xlsx")
    assert (one(parsed).rule_id, parsed.accepted) == ("file.wrong_type", False)


def test_a_workbook_is_read_like_a_csv(read: Callable) -> None:
    typed = [
        [*row[:4], *(float(c) if c else "" for c in row[4:7]), *row[7:]]
        for row in table([REPEATS, CASELOAD])[1:]
    ]
    titled = [["Figures of the quarter"], [], HEADERS, *typed]
    parsed = read({"Values": titled, "Sheet2": []}, "annex_a/2025-26-Q2/chat values.xlsx")
    assert (figures(parsed), parsed.findings) == (USUAL, [])
    assert parsed.tables["chat_values"]["row"].tolist() == [4, 5, 4]


@pytest.mark.parametrize(
    ("shown", "value"), [("0.0%", 0.333), ("0%", 0.33), ("0.0%", 1 / 3), ("0%", 0.34)]
)
def test_a_percentage_of_the_spreadsheets_own_is_what_it_shows(
    land: Callable, tmp_path: Path, shown: str, value: float
) -> None:
    book = openpyxl.Workbook()
    (sheet,) = book.worksheets
    for row in table([REPEATS | {"numerator": "40", "denominator": "120"}]):
        sheet.append(row)
    for place, content in (("E2", value), ("F2", 40), ("G2", 120)):
        sheet[place] = content
    sheet["E2"].number_format = shown
    book.save(tmp_path / "made.xlsx")
    content = (tmp_path / "made.xlsx").read_bytes()
    place = "annex_a/2025-26-Q2/chat values.xlsx"
    parsed = annex_a.parse(land(place, content, "received_at: 2025-10-09 10:00:00\n"), KEY)
    right = round(value, 2) == 0.33
    assert [(f.rule_id, f.value) for f in parsed.findings] == (
        [] if right else [("chat.value.differs", "34.0")]
    )
    assert figures(parsed)[CAMDEN, Q2, "repeat_referrals"] == 40


def test_a_sheet_that_was_not_read_is_told(read: Callable) -> None:
    values = table([REPEATS, CASELOAD])
    parsed = read(
        {"Notes": [["Ask me"]], "Values": values, "More": values},
        "annex_a/2025-26-Q2/chat values.xlsx",
    )
    assert figures(parsed) == USUAL
    assert [(f.rule_id, f.sheet) for f in parsed.findings] == [
        ("chat.sheet.not_read", "Notes"),
        ("chat.sheet.not_read", "More"),
    ]


# --- through the pipeline -------------------------------------------------------------------------


def test_two_authorities_of_one_file_are_handed_over_apart(
    land: Callable, zone: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    land(PLACE, as_csv(table(OF_TWO)), "received_at: 2025-10-09 10:00:00\n")
    first = ingest("annex_a", zone, home, KEY, NOW)
    assert (first.parsed, first.quarantined, first.tables["chat_values"]) == (1, [], 5)
    ledger = read_parquet(home / "raw" / "annex_a_files.parquet").set_index("new_la_code")
    assert set(ledger.index) == {CAMDEN, NEWHAM}
    assert (ledger["state"] == "accepted").all()
    assert ledger["is_current"].all()
    assert set(ledger["tables"]) == {"chat_values"}
    assert set(ledger["quarter"]) == {Q2}
    assert set(ledger["extract_date"].astype(str)) == {"2025-10-03"}
    rows = read_parquet(home / "raw" / "chat_values.parquet")
    of_newham = rows[rows["file_id"] == ledger.loc[NEWHAM, "file_id"]]
    assert of_newham.set_index("measure_code")["value"].to_dict() == {
        "repeat_referrals": 30.0,
        "referrals": 150.0,
    }
    # A second run reads nothing again, and hands over the same.
    again = ingest("annex_a", zone, home, KEY, NOW)
    assert (again.parsed, again.tables["chat_values"]) == (0, 5)
    pd.testing.assert_frame_equal(read_parquet(home / "raw" / "chat_values.parquet"), rows)
    assert not list((home / "raw" / "annex_a").glob("*chat*"))
