"""What a plain reader keeps quiet about: hiding, percentages, errors, in each format."""

from pathlib import Path

import openpyxl
import pytest

from ingestion.readers import Sheet, UnreadableFile, read, xlsx
from ingestion.readers.notes import UNCALCULATED
from ingestion.readers.xlsx import is_percent, scan_sheet
from tests.unit.ingestion.packages import SHEET, ods_parts, write_zip, xlsx_parts


def only(path: Path) -> Sheet:
    (sheet,) = read(path)
    return sheet


def test_an_xlsx_tells_what_is_hidden_and_what_is_a_percentage(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Return"
    sheet.append(["Code", "Share", "Points", "Text"])
    sheet.append(["a", 0.25, 25, "5%"])
    sheet.append(["b", 0.255, 3, 0.5])
    sheet["B2"].number_format, sheet["B3"].number_format = "0%", '0.0%;[Red]-0.0%;"–"'
    sheet["C2"].number_format, sheet["D2"].number_format = '0"%"', "0%"
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions[900].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.column_dimensions.group("F", "XFD", hidden=True)
    book.create_sheet("Hidden").sheet_state = "hidden"
    book.create_sheet("Very").sheet_state = "veryHidden"
    book.save(tmp_path / "a.xlsx")
    shown, *others = read(tmp_path / "a.xlsx")
    assert shown.percents == {(1, 1), (2, 1)}
    assert (shown.hidden_rows, shown.hidden_columns) == ({2}, {2})
    assert (shown.hidden, [other.hidden for other in others]) == (False, [True, True])


def test_nothing_is_noted_where_nothing_is_hidden(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["100%", 1, 2.5])
    book.save(tmp_path / "a.xlsx")
    assert only(tmp_path / "a.xlsx") == Sheet("Sheet", [["100%", 1, 2.5]])


@pytest.mark.parametrize(
    ("number_format", "percent"),
    [
        ("0%", True),
        ("0.00%;-0.00%", True),
        ('"about "0%', True),
        ("[>1]0%;0", True),
        ('0"%"', False),
        ("0\\%", False),
        ("0_%", False),
        ('"100% of "0', False),
        ("General", False),
    ],
)
def test_a_percent_sign_that_is_only_text_is_none(number_format: str, percent: bool) -> None:
    assert is_percent(number_format) is percent


def test_a_calculated_percentage_counts_and_an_empty_or_text_cell_does_not() -> None:
    xml = (
        b'<row r="1"><c r="A1" s="2"><f>1/4</f><v>0.25</v></c><c r="B1" s="2"/>'
        b'<c r="C1" s="2" t="s"><v>3</v></c><c r="D1" s="22"><v>1</v></c>'
        b'<c r="E1" t="n" s="2"><v>1</v></c></row>'
    )
    assert scan_sheet("S", xml, {2}).percents == {(0, 0), (0, 4)}


def test_cells_without_an_address_are_counted_out(tmp_path: Path) -> None:
    body = (
        "<row><c><v>1</v></c><c t='e'><v>#N/A</v></c></row>"
        "<row hidden='1'><c r='B2'><f>A1</f></c><c><v>3</v></c></row>"
    )
    sheet = only(write_zip(tmp_path / "a.xlsx", xlsx_parts(body)))
    assert sheet.rows == [[1, "#N/A", ""], ["", UNCALCULATED, 3]]
    assert sheet.hidden_rows == {1}


def test_errors_beyond_the_last_value_are_not_cut_off(tmp_path: Path) -> None:
    body = '<row r="1"><c r="A1"><v>1</v></c></row><row r="3"><c r="C3"><f>A1</f></c></row>'
    sheet = only(write_zip(tmp_path / "a.xlsx", xlsx_parts(body)))
    assert sheet.rows == [[1, "", ""], ["", "", ""], ["", "", UNCALCULATED]]


def test_a_text_that_reads_like_an_error_mark_is_a_text() -> None:
    xml = b'<row r="1"><c r="A1" t="inlineStr"><is><t> t="e"</t></is></c></row>'
    assert scan_sheet("S", xml, set()).texts == {}


VALUE = (
    '<table:table-cell office:value-type="float" office:value="{0}"><text:p>{0}</text:p>'
    "</table:table-cell>"
)


def ods(path: Path, rows: str, columns: str = "", more: str = "", styles: str = "") -> list[Sheet]:
    table = f'<table:table table:name="S &amp; T">{columns}{rows}</table:table>{more}'
    return read(write_zip(path, ods_parts(table, styles)))


def test_an_ods_tells_what_is_hidden(tmp_path: Path) -> None:
    rows = "".join(
        f"<table:table-row{attributes}>{VALUE.format(n) * 3}</table:table-row>"
        for n, attributes in enumerate(
            [
                "",
                ' table:visibility="collapse" table:number-rows-repeated="2"',
                "",
                ' table:visibility="filter"',
            ]
        )
    ) + (
        '<table:table-row table:visibility="collapse" table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse" table:number-columns-repeated="9"/>'
    )
    styles = (
        '<style:style style:name="off" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    more = '<table:table table:name="H" table:style-name="off"><table:table-row/></table:table>'
    shown, hidden = ods(tmp_path / "a.ods", rows, columns, more, styles)
    assert shown.name == "S & T"
    assert (shown.hidden_rows, shown.hidden_columns) == ({1, 2, 4}, {2})
    assert (shown.hidden, hidden.hidden) == (False, True)


def test_an_ods_tells_errors_uncalculated_formulas_and_percentages(tmp_path: Path) -> None:
    cells = "".join(
        f"<table:table-cell {attributes}>{text}</table:table-cell>"
        for attributes, text in [
            ('table:number-columns-repeated="2"', ""),
            (
                'table:formula="of:=1/0" office:value-type="string" office:string-value=""'
                ' calcext:value-type="error"',
                "<text:p>#DIV/0!</text:p>",
            ),
            (
                'table:formula="of:=A1" office:value-type="float" office:value="0"',
                "<text:p>Err:502</text:p>",
            ),
            ('table:formula="of:=1+1" table:number-columns-repeated="2"', ""),
            ('table:formula="of:=1+1" office:value-type="float"', ""),
            ('table:formula="of:=1+1" office:value-type="float" office:value="2"', ""),
            ('table:formula="of:=T(A1)" office:value-type="string" office:string-value=""', ""),
            (
                'office:value-type="percentage" office:value="0.25"'
                ' table:number-columns-repeated="2"',
                "<text:p>25%</text:p>",
            ),
            ('office:value-type="string"', "<text:p>percentage error</text:p>"),
        ]
    )
    (sheet,) = ods(tmp_path / "a.ods", f"<table:table-row>{cells}</table:table-row>")
    uncalculated = [UNCALCULATED] * 3
    expected = ["", "", "#DIV/0!", "Err:502", *uncalculated, 2, "", 0.25, 0.25, "percentage error"]
    assert sheet.rows == [expected]
    assert sheet.percents == {(0, 9), (0, 10)}


def test_a_repeated_cell_does_not_exhaust_the_memory(tmp_path: Path) -> None:
    row = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    )
    with pytest.raises(UnreadableFile, match="reaches to row 1048576") as error:
        ods(tmp_path / "a.ods", row)
    assert error.value.rule_id == "file.too_large"


def test_an_ods_tag_that_is_never_closed_does_not_hang_the_run(tmp_path: Path) -> None:
    row = f"<table:table-row>{VALUE.format(1)}</table:table-row>"
    parts = ods_parts(f'<table:table table:name="S">{row}')
    with pytest.raises(UnreadableFile, match="cannot be opened") as error:
        read(write_zip(tmp_path / "a.ods", parts))
    assert error.value.rule_id == "file.corrupt"


@pytest.mark.parametrize("address", ["AAAAAA1", "A99999999", "A1B", "1"])
def test_a_damaged_address_does_not_end_the_run(tmp_path: Path, address: str) -> None:
    body = f'<row r="1"><c r="A1"><v>1</v></c><c r="{address}"><v>1</v></c></row>'
    with pytest.raises(UnreadableFile, match="“S” is damaged") as error:
        read(write_zip(tmp_path / "a.xlsx", xlsx_parts(body)))
    assert error.value.rule_id == "file.corrupt"


def test_the_cell_not_the_row_says_how_far_a_sheet_reaches(tmp_path: Path) -> None:
    body = '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(UnreadableFile, match="reaches to row 1048576"):
        read(write_zip(tmp_path / "a.xlsx", xlsx_parts(body)))


def test_a_million_formatted_blank_rows_are_read_as_none(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="Z{n}" s="0"/></row>' for n in range(2, 300_000))
    body = '<row r="1"><c r="A1"><v>1</v></c></row>' + rows
    assert only(write_zip(tmp_path / "a.xlsx", xlsx_parts(body))).rows == [[1]]


def test_millions_of_formatted_blanks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_EMPTY_CELLS", 100)
    blanks = b"".join(b'<c r="A%d" s="1"/>' % n for n in range(2, 200))
    with pytest.raises(UnreadableFile, match="199 cells, almost all of them formatted but empty"):
        scan_sheet("S", b'<row r="1"><c r="A1"><v>1</v></c>' + blanks + b"</row>", set())


def test_an_xls_tells_errors_percentages_and_hidden_rows(tmp_path: Path) -> None:
    """The file was written by xlwt: a formatted number in B1 and D1, #N/A in C2, no real data."""
    pytest.importorskip("xlrd")
    sheet, hidden = read(Path(__file__).with_name("data") / "hidden.xls")
    assert sheet.rows[1][2] == "#N/A"
    assert sheet.percents == {(0, 1), (0, 3)}
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({2}, {3})
    assert (sheet.hidden, hidden.hidden) == (False, True)


def test_strict_workbooks_of_another_namespace_are_scanned_too(tmp_path: Path) -> None:
    parts = xlsx_parts('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>')
    old, new = "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"
    for name in ("xl/workbook.xml", SHEET):
        parts[name] = str(parts[name]).replace(old, new)
    assert only(write_zip(tmp_path / "a.xlsx", parts)).rows == [["#REF!"]]


def test_an_xls_whose_errors_cannot_be_told_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """calamine would read it, with a blank for every error."""
    (tmp_path / "xlrd.py").write_text("def open_workbook(**_): raise ValueError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(UnreadableFile, match=r"save it as \.xlsx"):
        read(Path(__file__).with_name("data") / "hidden.xls")
