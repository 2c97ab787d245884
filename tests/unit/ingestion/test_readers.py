"""Bytes to cells: formats, encodings, and what spreadsheet libraries keep quiet about."""

import time
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ingestion.readers import UnreadableFile, read, text, workbook, xls
from ingestion.readers.notes import UNCALCULATED
from ingestion.readers.xlsx import scan_sheet
from tests.unit.ingestion.builders import write_book


def only(path: Path) -> list[list]:
    (sheet,) = read(path)
    return sheet.rows


def test_cells_keep_their_addresses(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet("Return")
    sheet.write("C4", "Value")
    sheet.write("C5", 12)
    sheet.write_datetime("D5", date(2025, 9, 30), book.add_format({"num_format": "dd/mm/yyyy"}))
    book.close()
    (found,) = read(tmp_path / "a.xlsx")
    assert found.name == "Return"
    assert (found.rows[3][2], found.rows[4][2], found.rows[0][0]) == ("Value", 12, "")
    assert str(found.rows[4][3]).startswith("2025-09-30")


def test_errors_and_uncalculated_formulas_are_not_blanks(tmp_path: Path) -> None:
    rows = only(write_book(tmp_path / "a.xlsx", {"S": [["x", "#N/A", "=1+1"], ["", "#DIV/0!", 3]]}))
    assert rows == [["x", "#N/A", UNCALCULATED], ["", "#DIV/0!", 3]]


def test_a_calculated_formula_is_no_loss_even_where_it_gives_empty_text() -> None:
    xml = b'<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>""</f><v></v></c>'
    assert scan_sheet("S", xml, set()).texts == {}


def test_prefixed_xml_of_report_writers_is_scanned_too() -> None:
    xml = (
        b'<x:worksheet ><x:row r="2"><x:c t="e" r="B2"><x:v>#REF!</x:v></x:c></x:row>'
        b'<x:row r="3"><x:c r="C3"><x:f>A1</x:f></x:c></x:row></x:worksheet>'
    )
    assert scan_sheet("S", xml, set()).texts == {(1, 1): "#REF!", (2, 2): UNCALCULATED}


@pytest.mark.parametrize(
    "data",
    [
        "Straße,5 – 6\n".encode("utf-8-sig"),
        "Straße,5 – 6\n".encode(),
        "Straße,5 – 6\n".encode("cp1252"),
        "Straße\t5 – 6\n".encode("utf-16"),
        "Straße;5 – 6\r\n".encode(),
    ],
)
def test_text_is_read_in_the_encodings_and_separators_of_spreadsheets(
    tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    assert only(tmp_path / "a.csv") == [["Straße", "5 – 6"]]


def test_a_title_with_commas_does_not_hide_the_separator(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Return, draft, not final, v2\ncode;value\na;1\nb;2\n")
    assert only(tmp_path / "a.csv")[1:] == [["code", "value"], ["a", "1"], ["b", "2"]]


def test_a_line_break_inside_quotes_belongs_to_the_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"Date of\nBirth",Age\n1/2/2015,9\n')
    assert only(tmp_path / "a.csv") == [["Date of\nBirth", "Age"], ["1/2/2015", "9"]]


def test_unusual_line_separators_do_not_split_a_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\u2028c\nd,e\x0cf\n", encoding="utf-8")
    assert only(tmp_path / "a.csv") == [["a", "b\u2028c"], ["d", "e\x0cf"]]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8), min_size=2
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_csv_python_writes_reads_back(tmp_path_factory, rows: list[list[str]]) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert list(csv.reader(io.StringIO(text.decode(out.getvalue().encode()), newline=""))) == rows


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"PK\x03\x04\x00\x00\x00\x00", "cannot be opened"),
        ("a.csv", b'"' + b"x" * 200_000, "cannot be read as text"),
        ("a.csv", b"\x00\x01" * 100, "neither a workbook nor text"),
        ("a.csv", b"code,value\nreferrals,1\x00\n" * 3, "neither a workbook nor text"),
        ("a.csv", b"\x01\x02\x03,abc" * 100, "neither a workbook nor text"),
        ("a.xlsx", b"not a workbook at all", "text without columns saved as .xlsx"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "cannot be opened"),
        ("a.ods", b"PK\x05\x06" + b"\x00" * 18, "has no sheets"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile, match=says):
        read(tmp_path / name)


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        read(tmp_path / "gone.xlsx")


def test_half_a_workbook_is_unreadable_wherever_it_is_cut(tmp_path: Path) -> None:
    data = write_book(tmp_path / "a.xlsx", {"S": [["a", "b"]] * 50}).read_bytes()
    for cut in range(100, len(data) - 22, len(data) // 15):
        (tmp_path / "cut.xlsx").write_bytes(data[:cut])
        with pytest.raises(UnreadableFile):
            read(tmp_path / "cut.xlsx")


def test_damaged_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    data = write_book(tmp_path / "a.xlsx", {"S": [["a", "b", 1]] * 50}).read_bytes()
    for place in range(0, len(data), 61):
        damaged = data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :]
        (tmp_path / "d.xlsx").write_bytes(damaged)
        try:
            read(tmp_path / "d.xlsx")
        except UnreadableFile as error:
            assert str(error)


def test_a_password_is_named_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked:
        @staticmethod
        def from_path(_: Path) -> None:
            raise workbook.PasswordError("Workbook is password protected")

    monkeypatch.setattr(workbook, "CalamineWorkbook", Locked)
    with pytest.raises(UnreadableFile, match="password; save a copy without one"):
        read(write_book(tmp_path / "a.xlsx", {"S": [["a"]]}))


def test_a_stray_cell_far_away_does_not_exhaust_the_memory(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet("Return")
    sheet.write(0, 0, "a")
    sheet.write(1_048_575, 16_383, " ")
    book.close()
    with pytest.raises(UnreadableFile, match="“Return” reaches to row 1048576 and column 16384"):
        read(tmp_path / "a.xlsx")


def test_an_xls_that_ends_its_reader_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    ending = tmp_path / "ending.py"
    ending.write_text("import os; os.abort()")
    monkeypatch.setattr(xls, "_TRIAL", ending)
    with pytest.raises(UnreadableFile, match="damaged") as error:
        read(tmp_path / "a.xls")
    assert error.value.rule_id == "file.corrupt"


def test_an_xls_that_never_ends_does_not_hold_up_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    endless = tmp_path / "endless.py"
    endless.write_text("while True: pass")
    monkeypatch.setattr(xls, "_TRIAL", endless)
    monkeypatch.setattr(xls, "_SECONDS", 1)
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="damaged"):
        read(tmp_path / "a.xls")
    assert time.monotonic() - started < 10
