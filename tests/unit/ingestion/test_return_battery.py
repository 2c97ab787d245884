"""The battery: filled templates as they come back, one thing changed at a time.

Each mutation is done to a clean, filled template. Whatever was changed: nothing is raised, no
figure moves to another measure, no figure is lost without a finding that names its place, and a
file that is set aside says what to do.
"""

import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from ingestion import landing, template
from ingestion.aliases import Remembered
from ingestion.periods import Quarter
from ingestion.sources import Parsed, parse_landed, returns
from ingestion.template_workbook import workbook
from tests.unit.ingestion.builders import MEASURES, remembered, write_ods

QUARTER = Quarter(2025, 2)
PLACE = "returns/2025-26-Q2/CAM/return"
# Every figure is another, so that one under a wrong measure shows.
TRUTH = {code: float(100 + 7 * i) for i, code in enumerate(MEASURES)}
SOURCES = [code for code in MEASURES if code.startswith("referrals_source_")]
TRUTH["referrals"] = sum(TRUTH[code] for code in SOURCES)
TRUTH["contacts"] = 12_345.0
TRUTH["sw_establishment_fte"] = TRUTH["sw_in_post_fte"] + TRUTH["sw_vacancies_fte"]
for part, whole in {
    "repeat_referrals": "referrals",
    "assessments_within_45wd": "assessments_completed",
    "icpc_within_15wd": "icpc",
    "cpp_repeat_ever": "cpp_started",
    "cpp_repeat_2yr": "cpp_started",
    "uasc": "cla",
    "uasc_care_leavers": "care_leavers",
}.items():
    TRUTH[part] = TRUTH[whole] - 50
FORM = template.Form(
    la_name="Camden",
    la_code="E09000007",
    quarter=QUARTER,
    set_id="riia_2022_31",
    title="LIIA quarterly return",
    instructions=template.instructions(QUARTER, "Empty."),
    created=datetime(2025, 9, 30, tzinfo=UTC),
    given=TRUTH,
    previous={code: value + 1 for code, value in TRUTH.items()},
    sign_off={"completed_by": "A", "signed_off_by": "B", "signed_off_on": date(2025, 10, 20)},
)
CLEAN = workbook(FORM, template.rows(FORM))
CLEAN_CSV = template.csv_twin(template.rows(FORM))


@dataclass(frozen=True)
class Change:
    """A mutation, and what it does: `lost` measures have no figure any more, `rules` must be found.

    `blocked` files are set aside whole.
    """

    name: str
    content: Callable[[], bytes]
    suffix: str = ".xlsx"
    lost: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    blocked: bool = False
    place: str = PLACE
    aliases: Remembered = field(default_factory=Remembered.nothing)


class Book:
    """A filled template in hand, as somebody who knows Excel would treat it."""

    def __init__(self) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(CLEAN))
        self.sheet: Worksheet = self.book["Return"]
        rows = list(self.sheet.iter_rows(values_only=True))
        self.top = next(i for i, row in enumerate(rows, 1) if row[0] == "Measure code")
        self.headers = {name: i for i, name in enumerate(rows[self.top - 1], 1)}
        self.rows = {row[0]: i for i, row in enumerate(rows, 1) if row[0] in TRUTH}

    def cell(self, code: str, header: str = "Value") -> Any:
        return self.sheet.cell(self.rows[code], self.headers[header])

    def header(self, name: str) -> Any:
        return self.sheet.cell(self.top, self.headers[name])

    def bytes(self) -> bytes:
        sink = io.BytesIO()
        self.book.save(sink)
        return sink.getvalue()


def book(do: Callable[[Book], Any]) -> Callable[[], bytes]:
    def made() -> bytes:
        each = Book()
        do(each)
        return each.bytes()

    return made


def typed(code: str, value: Any) -> Callable[[], bytes]:
    return book(lambda b: setattr(b.cell(code), "value", value))


def as_text(*encoding_and_sign: str) -> Callable[[], bytes]:
    encoding, sign = encoding_and_sign

    def made() -> bytes:
        import csv

        rows = csv.reader(io.StringIO(CLEAN_CSV.decode("utf-8-sig")))
        sink = io.StringIO(newline="")
        csv.writer(sink, delimiter=sign).writerows(rows)
        return sink.getvalue().encode(encoding)

    return made


def table_only(do: Callable[[list[list[Any]]], list[list[Any]]]) -> Callable[[], bytes]:
    """A workbook of somebody's own, with the rows of the table only."""

    def made() -> bytes:
        source = Book()
        rows = [list(r) for r in source.sheet.iter_rows(source.top, values_only=True)]
        own = openpyxl.Workbook()
        for row in do([row for row in rows if any(row)]):
            own.active.append(row)
        sink = io.BytesIO()
        own.save(sink)
        return sink.getvalue()

    return made


def columns(*names: str) -> Callable[[], bytes]:
    at = Book().headers
    return table_only(lambda rows: [[row[at[n] - 1] if n else None for n in names] for row in rows])


def shuffled(rows: list[list[Any]]) -> list[list[Any]]:
    body = rows[1:]
    random.Random(7).shuffle(body)  # noqa: S311
    return [rows[0], *body]


def merged_titles(b: Book) -> None:
    b.sheet.insert_rows(1, 3)
    b.sheet["A1"], b.sheet["A2"] = "London Borough of Camden", "Children’s services, DRAFT 2"
    b.sheet.merge_cells("A1:F1")
    b.sheet.merge_cells("A2:H2")


def hide_row(b: Book) -> None:
    b.sheet.row_dimensions[b.rows["cin"]].hidden = True


def hide_column(b: Book, name: str) -> None:
    letter = openpyxl.utils.get_column_letter(b.headers[name])
    b.sheet.column_dimensions[letter].hidden = True


def add_row(b: Book, *cells: Any, at: int | None = None) -> None:
    row = at or b.sheet.max_row + 2
    for column, value in enumerate(cells, 1):
        if value is not None:
            b.sheet.cell(row, column, value)


def add_line(b: Book, code: str | None, label: str | None, value: Any) -> None:
    row = b.sheet.max_row + 1
    for name, cell in (("Measure code", code), ("Measure", label), ("Value", value)):
        b.sheet.cell(row, b.headers[name], cell)


def second_sheet(b: Book, name: str, **cover: str) -> None:
    copy = b.book.copy_worksheet(b.sheet)
    copy.title = name
    for row in copy.iter_rows(max_row=b.top - 1):
        if row[0].value in cover:
            row[1].value = cover[row[0].value]


def cover(b: Book, label: str, value: Any) -> None:
    next(row for row in b.sheet.iter_rows(max_row=b.top) if row[0].value == label)[1].value = value


def zipped(name: str, content: bytes = b"x") -> Callable[[], bytes]:
    """The clean workbook with one more member."""

    def made() -> bytes:
        sink = io.BytesIO(CLEAN)
        with zipfile.ZipFile(sink, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return sink.getvalue()

    return made


def blank_rows() -> bytes:
    """A million formatted rows: about 100 MB of sheet XML, as a stray fill-down leaves behind."""
    rows = b"".join(b'<row r="%d" s="1" customFormat="1"/>' % i for i in range(200, 1_048_577, 1))
    return rewrite(lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))


def stray_cell() -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    return rewrite(lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))


def rewrite(do: Callable[[bytes], bytes]) -> bytes:
    source, sink = zipfile.ZipFile(io.BytesIO(CLEAN)), io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in source.infolist():
            xml = source.read(item)
            is_return = item.filename == "xl/worksheets/sheet2.xml"
            archive.writestr(item.filename, do(xml) if is_return else xml)
    return sink.getvalue()


def ods() -> bytes:
    cells = openpyxl.load_workbook(io.BytesIO(CLEAN)).worksheets
    return write_ods({s.title: list(s.iter_rows(values_only=True)) for s in cells})


def old_template() -> bytes:
    form = replace(FORM, version=template.FIRST_VERSION)
    return workbook(form, template.rows(form))


OPTIONAL = ("Theme", "Definition", "Timing", "Unit", "Comment", "Previous quarter")
LAYOUT = [
    Change("as issued", lambda: CLEAN),
    Change("an earlier template", old_template, rules=("return.template.other",)),
    Change("rows and titles above", book(merged_titles)),
    Change("twenty blank rows above", book(lambda b: b.sheet.insert_rows(1, 20))),
    Change("blank rows within", book(lambda b: b.sheet.insert_rows(b.rows["cin"], 4))),
    Change("blank columns before", book(lambda b: b.sheet.insert_cols(1, 2))),
    Change("a blank column within", book(lambda b: b.sheet.insert_cols(3, 1))),
    Change("a hidden row", book(hide_row), rules=("return.row.hidden",)),
    Change(
        "a hidden value column",
        book(lambda b: hide_column(b, "Value")),
        rules=("return.column.hidden",),
    ),
    Change("a hidden definition", book(lambda b: hide_column(b, "Definition"))),
    Change("the sheet renamed", book(lambda b: setattr(b.sheet, "title", "Sheet1 (2) FINAL"))),
    Change("instructions deleted", book(lambda b: b.book.remove(b.book["Instructions"]))),
    Change("rows in another order", table_only(shuffled)),
    Change("columns in another order", columns("Value", "Comment", "Measure", "Measure code")),
    Change("code and value alone", columns("Measure code", "Value")),
    Change("description and value alone", columns("Measure", "Value")),
    Change(
        "an extra column",
        book(lambda b: b.sheet.cell(b.top, 12, "Checked by")),
        rules=("headers.unknown",),
    ),
    Change(
        "figures in a column without a header",
        book(lambda b: b.sheet.cell(b.rows["cin"], 14, 5)),
        rules=("headers.none",),
    ),
    *(
        Change(
            f"column “{name}” deleted",
            book(lambda b, n=name: b.sheet.delete_cols(b.headers[n])),
        )
        for name in OPTIONAL
    ),
    Change(
        "no value column",
        book(lambda b: b.sheet.delete_cols(b.headers["Value"])),
        blocked=True,
        rules=("headers.missing",),
    ),
    Change(
        "two value columns",
        book(lambda b: b.sheet.cell(b.top, 12, "Value")),
        blocked=True,
        rules=("headers.duplicate",),
    ),
    Change(
        "no header row",
        book(lambda b: b.sheet.delete_rows(b.top)),
        blocked=True,
        rules=("return.no_table",),
    ),
    Change("a footnote", book(lambda b: add_row(b, "Source: case management system"))),
    Change(
        "a total row",
        book(lambda b: add_line(b, None, "Total", 99_999)),
        rules=("return.row.total",),
    ),
    Change("a signature block below", book(lambda b: add_row(b, "Signed", None, "A Director"))),
]
HEADERS = [
    *(
        Change(
            f"header “{name}” as “{seen}”",
            book(lambda b, n=name, s=seen: setattr(b.header(n), "value", s)),
        )
        for name, seen in (
            ("Value", "VALUE "),
            ("Value", "Value\n"),
            ("Value", "This quarter"),
            ("Value", "Valeu"),
            ("Value", "2025-26 Q2"),
            ("Measure code", "measure_code"),
            ("Measure code", "Mesure code"),
            ("Measure", "Description"),
            ("Comment", "Coments"),
        )
    ),
    Change(
        "a header remembered",
        book(lambda b: setattr(b.header("Value"), "value", "Fig.")),
        aliases=remembered(columns={"Fig.": "value"}),
        rules=("headers.alias",),
    ),
    Change(
        "a header nobody knows",
        book(lambda b: setattr(b.header("Value"), "value", "Fig.")),
        blocked=True,
        rules=("headers.missing",),
    ),
]


def named(code: str | None, label: str | None) -> Callable[[], bytes]:
    def do(b: Book) -> None:
        b.cell("cin", "Measure").value = label
        b.cell("cin", "Measure code").value = code

    return book(do)


ROWS = [
    Change("a code in capitals", named("CIN", "Children in need")),
    Change("a code with spaces", named(" cin ", "Children in need")),
    Change(
        "a slip in the code", named("cni", "Children in need"), rules=("return.measure.resolved",)
    ),
    Change("no code", named(None, "Children in need"), rules=("return.measure.resolved",)),
    Change("no code, a slip", named(None, "Childern in need"), rules=("return.measure.resolved",)),
    Change("another description", named("cin", "CIN cases"), rules=("return.measure.resolved",)),
    Change("no description", named("cin", None)),
    Change(
        "a name remembered",
        named(None, "Kids in need"),
        aliases=remembered({"Kids in need": "cin"}),
        rules=("return.measure.resolved",),
    ),
    Change(
        "a name nobody knows",
        named(None, "Kids in need"),
        lost=("cin",),
        rules=("return.measure.unknown", "return.measure.missing"),
    ),
    Change(
        "the description of another measure",
        named("cin", "Children looked after"),
        blocked=True,
        rules=("return.measure.disagrees",),
    ),
    Change(
        "the same measure twice",
        book(lambda b: add_line(b, "cin", "Children in need", 5)),
        blocked=True,
        rules=("return.measure.once",),
    ),
    Change(
        "a row deleted",
        book(lambda b: b.sheet.delete_rows(b.rows["cin"])),
        lost=("cin",),
        rules=("return.measure.missing",),
    ),
    Change(
        "a figure nobody asked for",
        book(lambda b: add_line(b, None, "Missing episodes", 12)),
        rules=("return.measure.unknown",),
    ),
]
STILL_THERE = {
    "with a comma": ("12,345", "return.value.text"),
    "with a hard space": ("12\u00a0345", "return.value.text"),
    "as text": ("12345", "return.value.text"),
    "with spaces around": ("  12345 ", "return.value.text"),
    "with decimals": ("12345.00", "return.value.text"),
    "with an apostrophe’s ghost": ("+12345", "return.value.text"),
    "with a formula’s dust": (12_345.0000000001, None),
}
GONE = {
    "empty": (None, None),
    "n/a": ("n/a", "return.value.symbol"),
    "N/A in capitals": ("N/A", "return.value.symbol"),
    "a dash": ("-", "return.value.symbol"),
    "not available": ("Not available", "return.value.symbol"),
    "DfE’s z": ("z", "return.value.symbol"),
    "DfE’s x": ("x", "return.value.symbol"),
    "DfE’s low": ("low", "return.value.symbol"),
    "DfE’s :": (":", "return.value.symbol"),
    "DfE’s ..": ("..", "return.value.symbol"),
    "a star": ("*", "return.value.withheld"),
    "DfE’s c": ("c", "return.value.withheld"),
    "less than five": ("<5", "return.value.withheld"),
    "less than five, spaced": ("< 5", "return.value.withheld"),
    "a percentage as text": ("25%", "return.value.percent"),
    "a fraction": (0.25, "return.value.whole"),
    "half a child": (10.5, "return.value.whole"),
    "a date": (date(2025, 9, 30), "return_values.value.type"),
    "a date as text": ("30/09/2025", "return_values.value.type"),
    "a remark": ("12345 (provisional)", "return_values.value.type"),
    "approximately": ("c. 12,000", "return_values.value.type"),
    "a word for none": ("nil", "return_values.value.type"),
    "two numbers": ("12 345", "return_values.value.type"),
    "continental": ("12.345,0", "return_values.value.type"),
    "true": (True, "return_values.value.type"),
    "a formula never calculated": ("=SUM(A1:A3)", "return.value.uncalculated"),
    "an error": ("#N/A", "return.value.error"),
    "a broken reference": ("#REF!", "return.value.error"),
    "a division by zero": ("#DIV/0!", "return.value.error"),
    "a script": ("<script>alert(1)</script>", "return_values.value.type"),
    "a long text": ("9" * 400, "return_values.value.type"),
}


def percent_format(b: Book) -> None:
    b.cell("contacts").value = 0.25
    b.cell("contacts").number_format = "0%"


VALUES = [
    *(
        Change(f"a number {how}", typed("contacts", value), rules=(rule,) if rule else ())
        for how, (value, rule) in STILL_THERE.items()
    ),
    *(
        Change(
            f"a value is {how}",
            typed("contacts", value),
            lost=("contacts",),
            rules=(rule,) if rule else (),
        )
        for how, (value, rule) in GONE.items()
    ),
    Change(
        "a cell formatted as a percentage",
        book(percent_format),
        lost=("contacts",),
        rules=("return.value.percent",),
    ),
    Change(
        "a negative number",
        typed("contacts", -1),
        blocked=True,
        rules=("return.value.not_negative",),
    ),
    Change(
        "a zero that nobody has",
        typed("contacts", 0),
        lost=("contacts",),
        rules=("return.zero_unlikely",),
    ),
    Change(
        "a part above its whole",
        typed("repeat_referrals", 99_999),
        lost=("repeat_referrals",),
        rules=("return.part_above_whole",),
    ),
    Change(
        "parts that do not add up",
        typed("referrals_source_police", 9_999),
        lost=("referrals_source_police",),
        rules=("return.parts_of_total",),
    ),
    Change(
        "a figure typed into the comment",
        book(
            lambda b: (
                setattr(b.cell("contacts"), "value", None),
                setattr(b.cell("contacts", "Comment"), "value", 12_345),
            )
        ),
        lost=("contacts",),
        rules=("return.value.beside",),
    ),
]
IDENTITY = [
    Change(
        "another authority on the cover",
        book(lambda b: (cover(b, "Local authority", "Newham"), cover(b, "LA code", "E09000025"))),
        blocked=True,
        rules=("return.authority.disagrees",),
    ),
    Change(
        "another quarter on the cover",
        book(lambda b: cover(b, "Quarter", "2025-26 Q1")),
        blocked=True,
        rules=("return.quarter.disagrees",),
    ),
    Change("the quarter as a date", book(lambda b: cover(b, "Quarter", date(2025, 7, 1)))),
    Change("the quarter the other way round", book(lambda b: cover(b, "Quarter", "Q2 2025/26"))),
    Change(
        "a quarter nobody can read",
        book(lambda b: cover(b, "Quarter", "last one")),
        rules=("return.quarter.unreadable",),
    ),
    Change(
        "not signed off",
        book(lambda b: cover(b, "Signed off by", None)),
        rules=("return.sign_off.missing",),
    ),
    Change(
        "signed off some day",
        book(lambda b: cover(b, "Signed off on", "soon")),
        rules=("return.sign_off.unreadable",),
    ),
    Change(
        "made for another set",
        book(lambda b: cover(b, "Indicator set", "riia_2018_18")),
        rules=("return.indicator_set.other",),
    ),
    Change(
        "last quarter’s sheet too",
        book(lambda b: second_sheet(b, "Q1", Quarter="2025-26 Q1")),
        rules=("return.sheet.other",),
    ),
    Change(
        "another authority’s sheet too",
        book(
            lambda b: second_sheet(
                b, "Ham", **{"LA code": "E09000025", "Local authority": "Newham"}
            )
        ),
        rules=("return.sheet.other",),
    ),
    Change(
        "a copy of the sheet",
        book(lambda b: second_sheet(b, "Return (2)")),
        rules=("return.sheet.twice",),
    ),
    Change("a folder of no authority", lambda: CLEAN, place="returns/inbox/file"),
]
FILES = [
    Change("saved as ods", ods, ".ods"),
    Change("CSV as issued", lambda: CLEAN_CSV, ".csv"),
    *(
        Change(f"CSV, {encoding}, {name}", as_text(encoding, sign), ".csv")
        for encoding in ("utf-8", "utf-8-sig", "cp1252")
        for name, sign in (("comma", ","), ("semicolon", ";"), ("tab", "\t"))
    ),
    Change("CSV named .txt", as_text("utf-16", "\t"), ".txt"),
    Change("xlsx named .xls", lambda: CLEAN, ".xls"),
    Change("CSV named .xlsx", lambda: CLEAN_CSV, ".xlsx"),
    Change("a million blank rows", blank_rows, rules=("file.too_large",), blocked=True),
    Change("a cell at the end of the world", stray_cell, rules=("file.too_large",), blocked=True),
    Change("cut short", lambda: CLEAN[: len(CLEAN) // 2], blocked=True),
    Change("empty", lambda: b"", blocked=True, rules=("file.empty",)),
    Change("a PDF", lambda: b"%PDF-1.7\n" + b"x" * 999, blocked=True, rules=("file.wrong_type",)),
    Change(
        "a PDF by name", lambda: b"%PDF-1.7\n", ".pdf", blocked=True, rules=("file.wrong_type",)
    ),
    Change(
        "a picture",
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(99),
        blocked=True,
        rules=("file.wrong_type",),
    ),
    Change("macros", zipped("xl/vbaProject.bin"), blocked=True, rules=("file.macros",)),
    Change("macros by name", lambda: CLEAN, ".xlsm", blocked=True, rules=("file.macros",)),
    Change(
        "a path that climbs out", zipped("../../evil.xml"), blocked=True, rules=("file.unsafe",)
    ),
    Change(
        "a zip bomb",
        zipped("xl/media/a.bin", bytes(30 * 1024**2)),
        blocked=True,
        rules=("file.too_large",),
    ),
    Change(
        "100 MB of blank lines",
        lambda: b"\r\n" * 50_000_000,
        ".csv",
        blocked=True,
        rules=("file.too_large",),
    ),
    Change("zeros", lambda: bytes(5000), ".csv", blocked=True),
]
BATTERY = [*LAYOUT, *HEADERS, *ROWS, *VALUES, *IDENTITY, *FILES]


@pytest.fixture
def read(land: Callable) -> Callable[[Change], Parsed]:
    def run(change: Change) -> Parsed:
        file = land(change.place + change.suffix, change.content())
        return parse_landed(file, lambda each: returns.parse(each, change.aliases))

    return run


def figures(parsed: Parsed) -> dict[str, float]:
    frame = parsed.tables.get("return_values")
    if frame is None:
        return {}
    usable = frame[frame["value_status"] == "ok"]
    return dict(zip(usable["measure_code"], usable["value"], strict=True))


def test_the_battery_is_large_enough_and_its_names_are_apart() -> None:
    assert len(BATTERY) >= 60
    assert len({change.name for change in BATTERY}) == len(BATTERY)


@pytest.mark.parametrize("change", BATTERY, ids=lambda change: change.name)
def test_a_changed_return_loses_nothing_without_a_word(
    change: Change, read: Callable[[Change], Parsed]
) -> None:
    parsed = read(change)
    found = [finding.rule_id for finding in parsed.findings]
    # An exception that was caught is one all the same.
    assert "file.failed" not in found
    assert set(change.rules) <= set(found), parsed.findings
    assert parsed.accepted is not change.blocked
    assert all(finding.fix and finding.message for finding in parsed.findings)
    if change.blocked:
        return
    assert (parsed.la_code, parsed.quarter) == ("E09000007", "2025-26-Q2")
    sent = figures(parsed)
    wrong = {code: value for code, value in sent.items() if value != TRUTH[code]}
    assert set(wrong) <= set(change.lost), wrong
    assert set(TRUTH) - set(sent) <= set(change.lost)
    # What was changed is named by its cell, or by its measure where its row has gone.
    places = {finding.cell for finding in parsed.findings} | {f.expected for f in parsed.findings}
    frame = parsed.tables["return_values"].set_index("measure_code")
    for code in change.lost:
        is_blank = code in frame.index and frame.loc[code, "value_status"] == "not_returned"
        place = frame.loc[code, "cell"] if code in frame.index else code
        assert place in places or is_blank, (code, place)


def test_nothing_is_said_about_what_is_as_issued(read: Callable[[Change], Parsed]) -> None:
    assert read(BATTERY[0]).findings == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    code=st.sampled_from(MEASURES),
    cell=st.one_of(
        st.text(max_size=20),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.integers(-(10**12), 10**12),
        st.dates(date(1901, 1, 1), date(2099, 1, 1)),
    ),
)
def test_whatever_is_typed_into_a_value_is_read_or_named(
    code: str, cell: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A cell of any content: its number, its status, or a finding with its address."""
    edited = Book()
    try:
        edited.cell(code).value = cell
    except openpyxl.utils.exceptions.IllegalCharacterError:
        return
    zone = tmp_path_factory.mktemp("zone")
    path = zone / "returns" / "2025-26-Q2" / "CAM" / "a.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(edited.bytes())
    parsed = returns.parse(landing.landed(path, zone, "return"))
    frame = parsed.tables["return_values"].set_index("measure_code")
    others = {c: v for c, v in figures(parsed).items() if c != code}
    assert others == {c: v for c, v in TRUTH.items() if c != code}
    row = frame.loc[code]
    if row["value_status"] == "ok" and parsed.accepted:
        assert float(str(cell).replace(",", "").replace("\u00a0", "").strip()) == pytest.approx(
            row["value"], abs=1e-6
        )
    elif str(cell).strip():
        assert row["cell"] in {finding.cell for finding in parsed.findings}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_bytes_are_damaged_the_answer_is_a_finding(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(CLEAN)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    zone = tmp_path_factory.mktemp("zone")
    path = zone / "returns" / "2025-26-Q2" / "CAM" / "a.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(content))
    parsed = returns.parse(landing.landed(path, zone, "return"))
    wrong = {c: v for c, v in figures(parsed).items() if v != TRUTH[c]}
    # Deflated content carries a checksum: what is read at all is what was sent.
    assert not wrong
    assert figures(parsed) or parsed.findings
