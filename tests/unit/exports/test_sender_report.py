"""What a sender gets from `liia check --report`: read as a data lead, a screen and Excel would."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from exports import annotated_workbook
from exports.sender_report import safe_stem, write_report
from ingestion.check import check_file
from tests.unit.ingestion.builders import annex_a_sheets, child, write_book

SCRIPT = "<script>alert(1)</script>"


def finding(**fields: object) -> dict:
    empty = dict.fromkeys(
        ["table", "sheet", "cell", "row", "column", "value", "expected", "suggestion", "fix"]
    )
    base = {"rule_id": "return.value.type", "severity": "check", "message": "Not usable"}
    return empty | base | {"count": 1} | fields


def result(*findings: dict, kind: str = "return", **more: object) -> dict:
    accepted = not any(f["severity"] == "block" for f in findings)
    columns = {
        "Measure code": {"to": "measure_code", "how": "exact", "score": 100.0},
        "Valeu": {"to": "value", "how": "fuzzy", "score": 80.0},
    }
    tables = {"return_values": {"rows": 3, "columns": columns}}
    return {
        "file": "camden.xlsx",
        "kind": kind,
        "accepted": accepted,
        "tables": tables,
        "findings": list(findings),
    } | more


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A return as an authority may have it: a format, a formula, a note, a protected sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Bob's return"
    sheet["A1"], sheet["B1"] = "Measure code", "Valeu"
    sheet["A2"], sheet["B2"] = "referrals", 0.25
    sheet["B2"].number_format = "0.0%"
    sheet["A3"], sheet["B3"] = "cin", "=1+1"
    sheet["B3"].comment = Comment("agreed with finance", "Sam")
    sheet["B4"].fill = PatternFill("solid", start_color="00FF00")
    sheet.protection.sheet = True
    book.create_sheet("Hidden").sheet_state = "hidden"
    path = tmp_path / "in" / "camden.xlsx"
    path.parent.mkdir()
    book.save(path)
    return path


BLOCK = finding(
    rule_id="return.value.not_negative",
    severity="block",
    message="A count cannot be negative",
    sheet="Bob's return",
    cell="B2",
    row=2,
    value="=cmd|' /C calc'!A0",
    expected="0 or more",
    suggestion="25",
    fix="Enter zero or a positive number",
)
CHECK = finding(sheet="Bob's return", cell="B2", value=SCRIPT * 120, fix="Type a number")


def written(res: dict, source: Path, dest: Path) -> tuple[str, openpyxl.Workbook | None]:
    paths = {path.suffix: path for path in write_report(res, source, dest)}
    html = paths[".html"].read_text(encoding="utf-8")
    assert json.loads(paths[".json"].read_text(encoding="utf-8")) == res
    return html, openpyxl.load_workbook(paths[".xlsx"]) if ".xlsx" in paths else None


class Text(HTMLParser):
    """What is there to read, and every tag closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""
        self.headings: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words += data
        if {"h1", "h2", "h3"} & set(self.open):
            self.headings[-1] += data


def test_the_page_says_the_verdict_first_and_then_the_worst(source: Path, tmp_path: Path) -> None:
    note = finding(rule_id="headers.fuzzy", severity="note", message="“Valeu” was read as “Value”")
    html, _ = written(
        result(BLOCK, CHECK, note, la="Camden", quarter="2025-26 Q2"), source, tmp_path
    )
    page = Text(html)
    assert page.headings[0] == "Check of camden.xlsx"
    order = ["Would be set aside: 1 thing to put right", "Must be put right", "A count cannot be"]
    order += ["Bob's return B2", "0 or more", "Enter zero", "Please check", "For information"]
    order += ["How the columns were read", "80% alike", "What was not checked"]
    at = -1
    for words in order:
        at = page.words.index(words, at + 1)
    assert "Quarterly return: Camden, 2025-26 Q2" in page.words
    assert "Nearest valid: 25" in page.words


def test_an_accepted_file_says_so_and_lists_what_was_not_checked(
    source: Path, tmp_path: Path
) -> None:
    skipped = [{"rule_id": "r", "title": "A jump between quarters", "why": "needs other quarters"}]
    html, book = written(result(not_checked=skipped), source, tmp_path)
    words = Text(html).words
    assert "There is nothing that you have to do" in words
    assert "A jump between quarters" in words
    assert "needs other quarters" in words
    assert book is not None
    assert book["Findings"]["A5"].value == "Nothing to report."


def test_a_cell_neither_runs_nor_breaks_the_page(source: Path, tmp_path: Path) -> None:
    html, _ = written(result(BLOCK, CHECK), source, tmp_path)
    assert "<script" not in html
    assert "(3,000 characters)" in html
    assert max(map(len, re.findall(r"(?:&lt;script.*?)+", html))) < 2_000
    assert "default-src 'none'" in html
    assert not re.search(r"https?://|src=|url\(|@import|<link", html)


def test_many_places_of_one_fault_are_one_group(source: Path, tmp_path: Path) -> None:
    places = [finding(cell=f"B{row}", sheet="S", value="x") for row in range(2, 22)]
    rest = finding(message="Not usable (and 30 more)", count=30, sheet="S")
    page = Text(written(result(*places, rest), source, tmp_path)[0])
    assert sum("Not usable" in heading for heading in page.headings) == 1
    assert "(50 places)" in page.words
    assert "30 more places on S" in page.words
    assert "Accepted, with 50 things to check" in page.words


def test_only_a_child_level_file_carries_the_banner(source: Path, tmp_path: Path) -> None:
    banner = "This report quotes cells about children."
    assert banner not in written(result(BLOCK), source, tmp_path)[0]
    html, book = written(result(BLOCK, kind="annex_a"), source, tmp_path)
    assert banner in html
    assert book is not None
    assert banner in book["Findings"]["A3"].value


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Annex A with a list missing, a child on one list only, and one with two dates of birth."""
    born = child("annex_a_list_4", birth_date=date(2015, 5, 18))
    care = [child("annex_a_list_8"), child("annex_a_list_8", child_id=7777, gender="Femail")]
    sheets = annex_a_sheets(annex_a_list_4=[born], annex_a_list_8=care)
    del sheets["List 2"], sheets["List 7"]
    return write_book(tmp_path / "in" / "CAM 2025-26-Q2.xlsx", sheets)


def test_a_sender_of_lists_sees_what_they_say_of_each_other(lists: Path, tmp_path: Path) -> None:
    html, book = written(check_file(lists), lists, tmp_path)
    page = Text(html)
    for words in (
        "Annex A lists: Camden, 2025-26 Q2",
        "Lists that were not found",
        "“List 2: Early Help” was not found",
        "A child in care who is not on List 6",
        "Annex A list 3 (Referrals)",
        "The same child has another date of birth elsewhere",
        "Elsewhere: 17/05/2015",
        # What needs the list that is missing, and why it was not checked.
        "An open child protection plan, and the child is not on List 6",
        "“List 7: Child protection plans” is not in this file",
    ):
        assert words in page.words, words
    assert book is not None
    note = book["List 8"]["A4"].comment.text
    assert "A child in care who is not on List 6" in note
    assert "What to do: Add the child to List 6" in note
    assert "Nearest valid: b) Female" in book["List 8"]["B4"].comment.text
    assert "Elsewhere: 17/05/2015" in book["List 4"]["D3"].comment.text
    listing = {row[3].value: row[1].value for row in book["Findings"].iter_rows(min_row=5)}
    assert listing["A child in care who is not on List 6"] == "List 8 A4"
    assert listing["“List 2: Early Help” was not found in the workbook"] == "The whole file"


def test_a_list_as_csv_is_marked_in_a_workbook_of_its_values(tmp_path: Path) -> None:
    rows = annex_a_sheets(annex_a_list_3=[child("annex_a_list_3", gender="Femail")])["List 3"]
    source = tmp_path / "in" / "CAM List 3 2025-26-Q2.csv"
    source.parent.mkdir()
    source.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows))
    html, book = written(check_file(source), source, tmp_path)
    assert "Rules between lists need them in one file" in html
    assert book is not None
    assert "Nearest valid: b) Female" in book.worksheets[1]["B3"].comment.text


def test_values_of_chat_are_figures_and_not_children(tmp_path: Path) -> None:
    source = tmp_path / "in" / "chat values.csv"
    source.parent.mkdir()
    header = "la,indicator,numerator,denominator,window_start,window_end\n"
    window = "01/07/2025,30/09/2025\n"
    source.write_text(f"{header}CAM,repeat_referrals_pct,12,60,{window}CAM,referrals,61,,{window}")
    html, book = written(check_file(source), source, tmp_path)
    page = Text(html)
    assert "Values of ChAT: Camden, 2025-26 Q2" in page.words
    assert "The figure used: 61" in page.words
    assert "quotes cells about children" not in html
    assert book is not None
    assert "quotes cells about children" not in book["Findings"]["A3"].value


def test_semantics_for_screen_readers(source: Path, tmp_path: Path) -> None:
    html, _ = written(result(BLOCK, CHECK, CHECK), source, tmp_path)
    assert 'lang="en-GB"' in html
    assert 'href="#main"' in html
    assert html.count("<table") == html.count("<caption")
    assert not re.search(r"<th(?! scope|ead)", html)


def test_findings_are_on_their_cells_and_the_senders_own_is_kept(
    source: Path, tmp_path: Path
) -> None:
    elsewhere = finding(sheet="Bob's return", cell="B3", severity="note", rule_id="return.row.text")
    _, book = written(result(BLOCK, CHECK, elsewhere), source, tmp_path)
    assert book is not None
    assert book.sheetnames == ["Findings", "Bob's return", "Hidden"]
    sheet = book["Bob's return"]
    assert sheet["B2"].fill.start_color.rgb == "00EE8A8A"  # the worst of its two findings
    assert sheet["B2"].number_format == "0.0%"
    assert sheet["B2"].value == 0.25
    note = sheet["B2"].comment.text
    assert note.index("A count cannot be negative") < note.index("Not usable")
    for words in ("Expected: 0 or more", "What to do: Enter zero", "return.value.not_negative"):
        assert words in note
    assert "agreed with finance" in sheet["B3"].comment.text
    assert "return.row.text" in sheet["B3"].comment.text
    assert sheet["B3"].value == "=1+1"
    assert sheet["B4"].fill.start_color.rgb == "0000FF00"
    assert sheet.protection.sheet
    assert [s.sheet_view.tabSelected for s in book.worksheets] == [True, False, False]


def test_the_list_links_to_the_cells_and_holds_no_formula(source: Path, tmp_path: Path) -> None:
    _, book = written(result(BLOCK, CHECK), source, tmp_path)
    assert book is not None
    sheet = book["Findings"]
    assert [c.value for c in sheet[4]][:4] == [
        "Severity", "Where", "Measure", "What is wrong",
    ]  # fmt: skip
    assert [c.value for c in sheet["A"]][4:] == ["Must be put right", "Please check"]
    assert sheet["B5"].hyperlink.location == "'Bob''s return'!B2"
    assert sheet["E5"].value == BLOCK["value"]
    assert all(c.data_type != "f" for row in sheet for c in row)
    assert sheet["E5"].quotePrefix
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:J6"
    assert sheet.print_title_rows == "$4:$4"


def test_a_csv_is_rebuilt_as_text_that_cannot_run(tmp_path: Path) -> None:
    source = tmp_path / f"a return {'x' * 40}.csv"
    source.write_text("Code,Value\nreferrals,=1+1\ncin,#N/A\n+44,12\n", encoding="utf-8")
    name = source.stem
    _, book = written(result(finding(sheet=name, cell="B2", value="=1+1")), source, tmp_path / "o")
    assert book is not None
    sheet = book.worksheets[1]
    assert len(sheet.title) <= 31
    assert sheet["B2"].value == "=1+1"
    assert {c.data_type for row in sheet for c in row if c.value is not None} == {"s"}
    assert sheet["B2"].quotePrefix
    assert sheet["B2"].comment is not None
    assert book["Findings"]["B5"].hyperlink.location == f"'{sheet.title}'!B2"
    assert "made from its values" in book["Findings"]["A3"].value


def test_an_unreadable_file_gets_the_page_without_a_copy(source: Path, tmp_path: Path) -> None:
    first = write_report(result(BLOCK), source, tmp_path)
    broken = finding(rule_id="file.unreadable", severity="block", message="it has a password")
    html, book = written(result(broken) | {"tables": {}}, source, tmp_path)
    assert book is None
    assert "There is no annotated copy of the file. The file could not be read: it has" in html
    # A copy of an earlier check would not belong to this page.
    assert [path.exists() for path in first] == [True, True, False]


def test_an_odd_workbook_costs_only_the_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KeyError("drawing7")

    monkeypatch.setattr(annotated_workbook, "load_workbook", fails)
    html, book = written(result(BLOCK), source, tmp_path)
    assert book is None
    assert "cannot be copied" in html
    assert "Traceback" not in html


def test_a_long_list_of_findings_is_marked_up_to_a_limit(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotated_workbook, "MAX_NOTES", 2)
    many = [finding(sheet="Bob's return", cell=f"C{row}") for row in range(2, 7)]
    _, book = written(result(*many), source, tmp_path)
    assert book is not None
    noted = [c.coordinate for row in book["Bob's return"] for c in row if c.comment]
    assert noted == ["C2", "B3", "C3"]
    assert "Only the first 2 findings" in book["Findings"]["A3"].value
    assert book["Findings"].max_row == 4 + len(many)


def test_a_finding_on_a_hidden_sheet_can_be_reached(source: Path, tmp_path: Path) -> None:
    _, book = written(result(finding(sheet="Hidden", cell="A1")), source, tmp_path)
    assert book is not None
    assert book["Hidden"].sheet_state == "visible"
    assert "Hidden in your file and shown here: Hidden." in book["Findings"]["A3"].value


def test_a_merged_cell_and_an_impossible_address_are_no_obstacle(tmp_path: Path) -> None:
    source = tmp_path / "m.xlsx"
    with xlsxwriter.Workbook(source) as made:
        made.add_worksheet("S").merge_range("A1:C3", "cover")
    odd = [finding(sheet="S", cell="B2"), finding(sheet="S", cell="nowhere")]
    _, book = written(result(*odd), source, tmp_path / "out")
    assert book is not None
    assert book["S"]["A1"].comment is not None


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("=cmd.xlsx", "cmd"),
        ("..hidden.xlsx", "hidden"),
        ("a<b>:c|d.xlsx", "a_b__c_d"),
        ("x" * 300 + ".xlsx", "x" * 80),
        ("===.xlsx", "file"),
        ("Camden Q2 (v2).xlsx", "Camden Q2 (v2)"),
    ],
)
def test_file_names_are_safe(name: str, stem: str) -> None:
    assert safe_stem(Path(name)) == stem


def test_only_our_three_names_are_written(source: Path) -> None:
    (source.parent / "camden_annotated_mine.xlsx").write_text("mine")
    before = source.read_bytes()
    write_report(result(BLOCK), source, source.parent)
    assert source.read_bytes() == before
    assert sorted(path.name for path in source.parent.iterdir()) == [
        "camden.xlsx",
        "camden_annotated.xlsx",
        "camden_annotated_mine.xlsx",
        "camden_findings.html",
        "camden_findings.json",
    ]


def _luminance(hex_colour: str) -> float:
    full = hex_colour if len(hex_colour) == 7 else "#" + "".join(c * 2 for c in hex_colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_on_every_ground_meets_wcag_aa(source: Path, tmp_path: Path) -> None:
    html, _ = written(result(BLOCK), source, tmp_path)
    pairs = re.findall(r"\{[^}]*background:(#\w{3,6});color:(#\w{3,6})", html)
    assert len(pairs) >= 6
    for ground, words in pairs:
        light, dark = sorted((_luminance(ground), _luminance(words)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, words)
