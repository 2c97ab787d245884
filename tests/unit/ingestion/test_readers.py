"""Bytes to cells: formats, encodings, and what spreadsheet libraries keep quiet about."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ingestion import readers
from ingestion.readers import UnreadableFile, read, text, workbook
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
    assert rows == [["x", "#N/A", workbook.UNCALCULATED], ["", "#DIV/0!", 3]]


def test_a_calculated_formula_is_no_loss_even_where_it_gives_empty_text() -> None:
    xml = b'<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>""</f><v></v></c>'
    assert workbook._scan(xml) == {}


def test_prefixed_xml_of_report_writers_is_scanned_too() -> None:
    xml = b'<x:c t="e" r="B2"><x:v>#REF!</x:v></x:c><x:c r="C3"><x:f>A1</x:f></x:c>'
    assert workbook._scan(xml) == {(1, 1): "#REF!", (2, 2): workbook.UNCALCULATED}


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
        ("a.pdf", b"%PDF-1.7", r"\.pdf are not read; send one of \.xlsx"),
        ("noextension", b"", r"\(none\) are not read"),
        ("a.csv", b"PK\x03\x04\x00\x00\x00\x00", "not text"),
        ("a.csv", b'"' + b"x" * 200_000, "cannot be read as text"),
        ("a.xlsx", b"", "cannot be opened"),
        ("a.xlsx", b"not a workbook at all", "cannot be opened"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "cannot be opened"),
        ("a.ods", b"PK\x05\x06" + b"\x00" * 18, "cannot be opened"),
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


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [["a"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big.bin", b"\x00" * 3_000_000)
    monkeypatch.setattr(readers, "MAX_UNPACKED_BYTES", 2 * 1024 * 1024)
    with pytest.raises(UnreadableFile, match="unpacks to 2 MB, more than the 2 MB allowed"):
        read(path)


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
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    monkeypatch.setattr(workbook, "_TRIAL", "import os; os.abort()")
    with pytest.raises(UnreadableFile, match="damaged"):
        read(tmp_path / "a.xls")


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [["a"]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + parts["xl/workbook.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(UnreadableFile, match="declares XML entities"):
        read(path)
