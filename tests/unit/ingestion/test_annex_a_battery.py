"""The battery: a workbook of all eleven lists, one thing changed at a time.

Whatever was changed: no list and no row is lost, no row becomes a child that is none, and each
changed cell is named with its value, what was expected and, where it can be told, what was meant.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from ingestion import landing
from ingestion.contract import contract
from ingestion.sources import Parsed, annex_a
from tests.unit.ingestion.annex_a_lists import (
    LIST_3,
    LISTS,
    PLACE,
    ROWS,
    SIDECAR,
    WHOLE,
    Sheets,
    sizes,
    tidy,
)
from tests.unit.ingestion.builders import annex_a_sheets, child, write_book

HEADERS = [column.headers[0] for column in contract("annex_a").table(LIST_3).columns]
COLUMNS = [column.name for column in contract("annex_a").table(LIST_3).columns]
FIRST = 3  # the first child's row, as Excel numbers it


def letter(column: str) -> str:
    return "ABCDEFGHIJK"[COLUMNS.index(column)]


@pytest.fixture
def read(land: Callable) -> Callable[..., Parsed]:
    """The lists as the sender is told of them, with what stands in the cells."""

    def run(content: Any, place: str = PLACE) -> Parsed:
        return annex_a.read_lists(land(place, content, SIDECAR))

    return run


def told(parsed: Parsed) -> list[tuple[str, str | None]]:
    return [(finding.rule_id, finding.cell) for finding in parsed.findings]


def test_the_tidy_workbook_has_nothing_to_tell(read: Callable) -> None:
    parsed = read(tidy())
    assert parsed.findings == []
    assert sizes(parsed) == WHOLE


# --- the shape of the workbook: everything is read, and what was done is told --------------------


@dataclass(frozen=True)
class Shape:
    """Something done to List 3's sheet or to the workbook, and the rules that tell it."""

    name: str
    do: Callable[[Sheets], Any]
    rules: tuple[str, ...] = ()
    # Columns of List 3 that hold nothing afterwards.
    lost: tuple[str, ...] = ()


def sheet(do: Callable[[list[list[Any]]], Any]) -> Callable[[Sheets], Any]:
    return lambda sheets: do(sheets["List 3"])


def header(column: str, text: Any) -> Callable[[Sheets], Any]:
    return sheet(lambda rows: rows[1].__setitem__(COLUMNS.index(column), text))


def without(column: str) -> Callable[[Sheets], Any]:
    def do(sheets: Sheets) -> None:
        for row in sheets["List 3"][1:]:
            del row[COLUMNS.index(column)]

    return do


def renamed(name: str) -> Callable[[Sheets], Any]:
    def do(sheets: Sheets) -> None:
        sheets[name] = sheets.pop("List 3")

    return do


def split(sheets: Sheets) -> None:
    rows = sheets["List 3"]
    sheets["List 3"], sheets["List 3 (2)"] = rows[:5], [*rows[:2], *rows[5:]]


def shuffled(sheets: Sheets) -> None:
    for row in sheets["List 3"][1:]:
        row.reverse()


def indented(sheets: Sheets) -> None:
    for row in sheets["List 3"]:
        row.insert(0, "")


BLANK = [""] * len(HEADERS)
SHAPES = [
    Shape("header typo", header("referral_date", "Date of Referal"), ("headers.fuzzy",)),
    Shape("two letters swapped", header("worker", "Allocated Wroker"), ("headers.fuzzy",)),
    Shape("double space", header("referral_date", "Date  of  referral")),
    Shape("line break in a header", header("referral_date", "Date of\nreferral")),
    Shape("capitals and a trailing space", header("referral_date", "DATE OF REFERRAL ")),
    Shape("no-break space", header("referral_date", "Date\u00a0of\u00a0referral")),
    Shape("a colon behind", header("referral_date", "Date of referral:")),
    Shape("a known short form", header("age_years", "Age")),
    Shape(
        "a header in words of their own",
        header("worker", "Who?"),
        ("headers.missing", "headers.unknown"),
        ("worker",),
    ),
    Shape(
        "a column removed",
        without("referrals_last_12_months"),
        ("headers.missing",),
        ("referrals_last_12_months",),
    ),
    Shape(
        "the date removed",
        without("referral_date"),
        ("headers.missing",),
        ("referral_date",),
    ),
    Shape("the id removed", without("child_id"), ("headers.missing",), ("child_id",)),
    Shape("columns reversed", shuffled),
    Shape("an empty column before", indented),
    Shape(
        "an extra column",
        sheet(lambda rows: [row.append("Extra") for row in rows[1:]]),
        ("headers.unknown",),
    ),
    Shape(
        "an extra column without a header",
        sheet(lambda rows: [row.append("x") for row in rows[2:]]),
        ("headers.none",),
    ),
    Shape("two title rows", sheet(lambda rows: rows.insert(0, ["Borough of Somewhere"]))),
    Shape("a blank row above", sheet(lambda rows: rows.insert(1, list(BLANK)))),
    Shape("no title row", sheet(lambda rows: rows.pop(0))),
    Shape(
        "the header in row 15",
        sheet(lambda rows: rows.__setitem__(slice(0, 0), [list(BLANK) for _ in range(13)])),
    ),
    Shape("no header row", sheet(lambda rows: rows.pop(1)), ("annex_a.list.no_header",)),
    Shape(
        "neither header nor title",
        sheet(lambda rows: rows.__delitem__(slice(0, 2))),
        ("annex_a.list.no_header",),
    ),
    Shape(
        "the header again half way",
        sheet(lambda rows: rows.insert(4, list(HEADERS))),
        ("annex_a.row.no_child",),
    ),
    Shape(
        "a total at the foot",
        sheet(lambda rows: rows.append(["Total", *BLANK[:4], 6])),
        ("annex_a.row.no_child",),
    ),
    Shape(
        "a total in another column",
        sheet(lambda rows: rows.append(["", "", "Grand total", "", 6])),
        ("annex_a.row.no_child",),
    ),
    Shape(
        "a remark at the foot",
        sheet(lambda rows: rows.append(["Source: case system"])),
        ("annex_a.row.no_child",),
    ),
    Shape("143 blank rows", sheet(lambda rows: rows.extend(list(BLANK) for _ in range(143)))),
    Shape("rows of spaces", sheet(lambda rows: rows.extend([" "] * 11 for _ in range(20)))),
    Shape("a blank row between", sheet(lambda rows: rows.insert(4, list(BLANK)))),
    Shape("sheet List_3", renamed("List_3")),
    Shape("sheet LIST 3 ", renamed("LIST 3 ")),
    Shape("sheet List 03", renamed("List 03")),
    Shape("sheet 3 - Referrals", renamed("3 - Referrals")),
    Shape("sheet List 3 Referrals Oct", renamed("List 3 Referrals Oct")),
    Shape("sheet of another name", renamed("Front door")),
    Shape("sheets in reverse", lambda s: [s.__setitem__(n, s.pop(n)) for n in reversed(list(s))]),
    Shape(
        "named for another list",
        lambda s: s.__setitem__("List 4 ", s.pop("List 3")),
        ("annex_a.list.misnamed",),
    ),
    Shape(
        "a sheet of notes",
        lambda s: s.__setitem__("Notes", [["Ask me", "first"]]),
        ("annex_a.sheet.not_read",),
    ),
    Shape(
        "the list twice",
        lambda s: s.__setitem__("List 3 (2)", s["List 3"]),
        ("annex_a.list.twice",),
    ),
    Shape("the list in two halves", split, ("annex_a.list.twice",)),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_whatever_the_workbook_looks_like_every_row_is_read(read: Callable, shape: Shape) -> None:
    sheets = tidy()
    shape.do(sheets)
    parsed = read(sheets)
    assert sizes(parsed) == WHOLE
    assert sorted({finding.rule_id for finding in parsed.findings}) == sorted(shape.rules)
    frame = parsed.tables[LIST_3]
    clean = read(tidy(), PLACE.replace("annex_a.xlsx", "clean.xlsx")).tables[LIST_3]
    for column in COLUMNS:
        expected = [None] * ROWS if column in shape.lost else clean[column].tolist()
        assert given(frame[column]) == given(expected), column


def given(values: Iterable[Any]) -> list[Any]:
    """The values, None for each that is missing: one missing value is not equal to another."""
    return [None if pd.isna(value) else value for value in values]


def test_a_row_that_was_not_read_is_told_by_what_it_says(read: Callable) -> None:
    sheets = tidy()
    sheets["List 3"].append(["", "", "Grand total", "", 6])
    (finding,) = read(sheets).findings
    assert (finding.cell, finding.value) == ("A9", "Grand total")


# --- the cells: the changed one is named ---------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """What somebody typed into one cell of the first child, and what comes of it."""

    column: str
    typed: Any
    # What the platform has in its place; none where it could not be used.
    becomes: Any
    rule: str | None = None
    message: str = ""
    suggestion: str | None = None


DAY = date(2023, 12, 31)
NO_DATE = f"{LIST_3}.referral_date.type"
CELLS = [
    Cell("referral_date", "31/12/2023", DAY),
    Cell("referral_date", "31/12/23", DAY),
    Cell("referral_date", "31.12.2023", DAY),
    Cell("referral_date", "31.12.23", DAY),
    Cell("referral_date", "31-Dec-2023", DAY),
    Cell("referral_date", "31-Dec-23", DAY),
    Cell("referral_date", "31st December 2023", DAY),
    Cell("referral_date", "2023-12-31", DAY),
    Cell("referral_date", "2023-12-31T09:30:00", DAY),
    Cell("referral_date", "31/12/2023 09:30", DAY),
    Cell("referral_date", datetime(2023, 12, 31, 9, 30), DAY),  # noqa: DTZ001 - no zone in a cell
    Cell("referral_date", 45291, DAY),
    Cell("referral_date", "45291", DAY),
    Cell(
        "referral_date", "2024-02-30", None, NO_DATE, "Date of referral is no day of the calendar"
    ),
    Cell(
        "referral_date", "31/11/2023", None, NO_DATE, "Date of referral is no day of the calendar"
    ),
    Cell(
        "referral_date",
        "12/31/2023",
        None,
        NO_DATE,
        "Date of referral is in American order, month first",
        "31/12/2023",
    ),
    Cell("referral_date", "#N/A", None, NO_DATE, "Date of referral is no date"),
    Cell("referral_date", "=TODAY()", None, NO_DATE, "Date of referral is no date"),
    Cell("referral_date", "last week", None, NO_DATE, "Date of referral is no date"),
    Cell(
        "referral_date",
        "01/01/1900",
        None,
        NO_DATE,
        "Date of referral is too long ago or too far off",
    ),
    Cell(
        "referral_date",
        date(2025, 10, 4),
        date(2025, 10, 4),
        "annex_a.referral_date.not_future",
        "The date is after the extract date",
    ),
    Cell(
        "referral_date",
        "",
        None,
        "annex_a.referral_date.present",
        "A row without the date that places it in a quarter",
    ),
    Cell(
        "referral_date",
        date(2015, 5, 16),
        date(2015, 5, 16),
        "annex_a.referral_date.after_birth",
        "The referral was made before the child was born",
    ),
    Cell(
        "birth_date",
        date(2026, 1, 5),
        date(2026, 1, 5),
        "annex_a.birth_date.not_future",
        "The date of birth is after the extract date",
    ),
    Cell("age_years", -1, -1),
    Cell("age_years", 6.14, 6),
    Cell("age_years", -3, -3, "annex_a.age.plausible", "Age outside -1 (unborn) to 26"),
    Cell("age_years", 214, 214, "annex_a.age.plausible", "Age outside -1 (unborn) to 26"),
    Cell(
        "age_years", "six", None, f"{LIST_3}.age_years.type", "Age of Child (Years) is not usable"
    ),
    Cell("gender", " F ", "female"),
    Cell("gender", "FEMALE", "female"),
    Cell("gender", "2", "female"),
    Cell("gender", "Femail", None, f"{LIST_3}.gender.type", "Gender is not usable", "b) Female"),
    Cell("gender", "#MULTIVALUE", None, f"{LIST_3}.gender.type", "Gender is not usable"),
    Cell("ethnicity", "WBRI", "white"),
    Cell("ethnicity", "MWAS - White and Asian", "mixed"),
    Cell("referral_source", "6", "police"),
    Cell("referral_source", "Health visitor", "health_services"),
    Cell("no_further_action", "Y", "yes"),
    Cell("no_further_action", 0, "no"),
    Cell("no_further_action", True, "yes"),
    Cell("referrals_last_12_months", "1", 1),
    Cell(
        "referrals_last_12_months",
        -1,
        -1,
        "annex_a.referrals.plausible",
        "A number of referrals in twelve months that cannot be",
    ),
    Cell(
        "referrals_last_12_months",
        "three",
        None,
        f"{LIST_3}.referrals_last_12_months.type",
        "Number of Referrals in Last 12 Months is not usable",
    ),
    Cell("child_id", "", None, "annex_a.child_id.present", "A row without a child id"),
    Cell("child_id", "unknown", None, f"{LIST_3}.child_id.type", "Child Unique ID is not usable"),
    Cell("child_id", "#REF!", None, f"{LIST_3}.child_id.type", "Child Unique ID is not usable"),
    Cell("child_id", "0001001", "1001"),
    Cell("child_id", " ab77 ", "AB77"),
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.column} {cell.typed!s}")
def test_each_changed_cell_is_read_or_named(read: Callable, cell: Cell) -> None:
    sheets = tidy()
    sheets["List 3"][2][COLUMNS.index(cell.column)] = cell.typed
    parsed = read(sheets)
    assert sizes(parsed) == WHOLE
    value = parsed.tables[LIST_3][cell.column].iloc[0]
    if cell.becomes is None:
        assert pd.isna(value)
    else:
        assert (value.date() if isinstance(cell.becomes, date) else value) == cell.becomes
    here = f"{letter(cell.column)}{FIRST}"
    # One cell, one finding that names it. What follows from it is told too: an id that is gone is
    # missing, a child of another birthday is another on the other lists and is not born yet.
    named = [f for f in parsed.findings if f.rule_id == cell.rule]
    others = {f.rule_id for f in parsed.findings} - {cell.rule}
    follows = {"birth_date": {"annex_a.lists.birth_date", "annex_a.referral_date.after_birth"}}
    assert others <= follows.get(cell.column, {f"annex_a.{cell.column}.present"})
    assert [(f.cell, f.message, f.suggestion) for f in named] == (
        [(here, cell.message, cell.suggestion)] if cell.rule else []
    )
    assert all(f.expected for f in named)
    assert all(f.value for f in named if cell.typed != "")


def test_a_column_in_american_order_is_set_aside_whole_where_it_is_doubtful(read: Callable) -> None:
    sheets = tidy()
    typed = ["09/30/2025", "09/29/2025", "03/04/2025", "2025-09-21", "9/1/2025", "09/28/2025"]
    for row, text in zip(sheets["List 3"][2:], typed, strict=True):
        row[COLUMNS.index("referral_date")] = text
    parsed = read(sheets)
    assert parsed.tables[LIST_3]["referral_date"].notna().tolist() == [False] * 3 + [
        True,
        False,
        False,
    ]
    messages = {f.value: f.message for f in parsed.findings if f.rule_id == NO_DATE}
    assert messages["09/30/2025"] == "Date of referral is in American order, month first"
    assert messages["03/04/2025"].startswith("Date of referral may be in American order")
    assert len(messages) == 5


def test_one_american_date_among_many_does_not_make_a_column_american(read: Callable) -> None:
    sheets = tidy()
    typed = ["09/30/2025", "29/09/2025", "03/09/2025", "28/09/2025", "01/09/2025", "02/09/2025"]
    for row, text in zip(sheets["List 3"][2:], typed, strict=True):
        row[COLUMNS.index("referral_date")] = text
    parsed = read(sheets)
    assert parsed.tables[LIST_3]["referral_date"].isna().tolist() == [True] + [False] * 5


# --- other forms of file -------------------------------------------------------------------------


def as_csv(rows: list[list[Any]], delimiter: str = ",") -> str:
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter).writerows(rows)
    return sink.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_comes_as_a_csv_of_its_own(read: Callable, delimiter: str, encoding: str) -> None:
    text = as_csv(tidy()["List 3"], delimiter)
    parsed = read(text.encode(encoding), "annex_a/2025-26-Q2/CAM/List 3.csv")
    assert (sizes(parsed), parsed.findings) == ({LIST_3: ROWS}, [])


def test_a_csv_without_a_telling_name_is_known_by_its_columns(read: Callable) -> None:
    parsed = read(as_csv(tidy()["List 3"]), "annex_a/2025-26-Q2/CAM/front door.csv")
    assert sizes(parsed) == {LIST_3: ROWS}


def test_a_list_of_few_events_may_have_been_silent_for_long(read: Callable) -> None:
    """Nobody was adopted in two months: that is no sign of an old extract."""
    rows = annex_a_sheets()["List 10"]
    assert read(as_csv(list(rows)), "annex_a/2025-26-Q2/CAM/List 10.csv").accepted
    late = [*tidy()["List 3"][:2], child(LIST_3, referral_date=date(2025, 7, 1))]
    parsed = read(as_csv(late), "annex_a/2025-26-Q2/CAM/List 3.csv")
    assert [f.rule_id for f in parsed.findings] == ["annex_a.extract_date.silent"]


def changed(sheets: Sheets, path: Path, do: Callable[[openpyxl.Workbook], Any]) -> bytes:
    """A workbook with something done to it that is no cell."""
    book = openpyxl.load_workbook(write_book(path, sheets))
    do(book)
    book.save(path)
    return path.read_bytes()


def test_bare_day_numbers_count_from_the_day_the_workbook_says(
    read: Callable, tmp_path: Path
) -> None:
    """45291 is 31 December 2023 in a workbook from 1900; 43829 is in one from 1904."""
    calendar = openpyxl.utils.datetime
    for number, epoch in ((45291, calendar.WINDOWS_EPOCH), (43829, calendar.CALENDAR_MAC_1904)):
        sheets = tidy()
        sheets["List 3"][2][COLUMNS.index("referral_date")] = number
        parsed = read(
            changed(sheets, tmp_path / "x.xlsx", lambda b, e=epoch: setattr(b, "epoch", e))
        )
        dates = parsed.tables[LIST_3]["referral_date"].dt.date.tolist()
        assert dates[:2] == [DAY, date(2025, 9, 2)], epoch


def test_hidden_rows_are_read_and_told(read: Callable, tmp_path: Path) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book["List 3"].row_dimensions[5].hidden = True

    parsed = read(changed(tidy(), tmp_path / "x.xlsx", hide))
    assert sizes(parsed) == WHOLE
    assert [(f.rule_id, f.count) for f in parsed.findings] == [("annex_a.row.hidden", 1)]


def test_the_older_care_leavers_list_is_whole_without_its_later_columns(read: Callable) -> None:
    sheets = tidy()
    table = contract("annex_a").table("annex_a_list_9")
    kept = [i for i, column in enumerate(table.columns) if not column.since]
    sheets["List 9"] = [[row[i] for i in kept] if len(row) > 1 else row for row in sheets["List 9"]]
    parsed = read(sheets)
    assert sizes(parsed) == WHOLE
    assert told(parsed) == [("annex_a.list.older_layout", None)]


@pytest.mark.parametrize("table", LISTS)
def test_every_list_is_read_in_every_column(read: Callable, table: str) -> None:
    """No column of the contract is forgotten on the way: each has what the cell said."""
    frame = read(tidy()).tables[table]
    given = dict(
        zip([c.name for c in contract("annex_a").table(table).columns], child(table), strict=True)
    )
    empty = [name for name, value in given.items() if value != "" and frame[name].isna().all()]
    assert empty == []


def test_the_landing_place_alone_tells_whose_it_is(land: Callable) -> None:
    parsed = annex_a.read_lists(land(PLACE, tidy(), SIDECAR))
    assert landing.la_name(parsed.la_code) == "Camden"


def test_another_list_below_on_the_same_sheet_is_not_read_as_this_one(read: Callable) -> None:
    sheets = tidy()
    sheets["List 3"] += sheets["List 4"][1:]
    parsed = read(sheets)
    assert sizes(parsed) == WHOLE
    below = [(f.row, f.count) for f in parsed.findings if f.rule_id == "annex_a.row.list_below"]
    assert below == [(9, 2)]


def test_only_an_id_in_a_row_is_still_somebody(read: Callable) -> None:
    sheets = tidy()
    sheets["List 3"].append([1099])
    frame = read(sheets).tables[LIST_3]
    assert (len(frame), frame["child_id"].iloc[-1]) == (ROWS + 1, "1099")


def test_american_dates_in_one_column_make_doubtful_ones_in_another_say_nothing(
    read: Callable,
) -> None:
    sheets = tidy()
    for row in sheets["List 3"][2:]:
        row[COLUMNS.index("birth_date")] = "12/31/2015"
        row[COLUMNS.index("referral_date")] = "09/05/2025"
    frame = read(sheets).tables[LIST_3]
    assert frame[["birth_date", "referral_date"]].isna().all(axis=None)


def test_an_extract_of_the_day_after_tomorrow_is_refused(land: Callable) -> None:
    parsed = annex_a.read_lists(
        land(PLACE, tidy(), "extract_date: 2035-10-03\nreceived_at: 2025-10-09\n")
    )
    assert not parsed.accepted
    assert "annex_a.extract_date.future" in {f.rule_id for f in parsed.findings}
