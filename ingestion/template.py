"""The template of the quarterly return: the workbook an authority fills in, and its CSV twin.

Belongs here: cells, formats, validation and protection of one return, from the return contract and
the registry. Does not belong here: where previous figures come from, and who gets a template.
Both files are written from the same rows, so that they cannot say different things.
"""

import csv
import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Literal

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from ingestion.contract import Table, contract
from ingestion.periods import Quarter
from ingestion.registry import measures_of_set, parts_in_set, return_due
from ingestion.spreadsheet import formula_safe

# The layout issued now, and the first one, which the reader still has to take.
FIRST_VERSION, *_, VERSION = contract("return").table("return_values").versions

_COVER = ("la_name", "la_code", "quarter", "indicator_set", "template_version")
_SIGN_OFF = ("completed_by", "signed_off_by", "signed_off_on")
_FIRST_COLUMNS = (
    "measure_code",
    "measure_label",
    "timing",
    "unit",
    "value",
    "comment",
    "previous_value",
)
_TIMINGS = {"flow": "in the quarter", "snapshot": "at quarter end"}
_UNITS = {"count": "whole number", "fte": "FTE", "days": "days"}
_WIDTHS = {
    "measure_code": 30,
    "theme": 18,
    "measure_label": 33,
    "definition": 50,
    "timing": 13,
    "unit": 13,
    "value": 13,
    "comment": 36,
    "previous_value": 12,
}
# Of the workbook's own font: points for a line, and letters where a digit would fit (in running
# text a letter is narrower, and a column's width counts digits).
_LINE_HEIGHT, _LETTERS = 15, 1.2
_INPUT_COLOUR, _DARK, _PALE = "#FFF4CC", "#1F3864", "#D9D9D9"
_NUMBER_FORMATS = {"count": "#,##0", "fte": "#,##0.0", "days": "#,##0.0"}

Cell = str | float | date | None


@dataclass(frozen=True)
class Form:
    """One return to write: whose, which quarter, and what is already known.

    `given` (values), `comments` and `previous` are by measure code, `sign_off` by the contract's
    cover names; what is missing leaves its cell empty. `created` is the time in the file's
    properties and `remark` their comment.
    """

    la_name: str
    la_code: str
    quarter: Quarter
    set_id: str
    title: str
    instructions: Sequence[tuple[str, str]]
    created: datetime
    version: str = VERSION
    remark: str = ""
    previous: Mapping[str, float] = field(default_factory=dict)
    given: Mapping[str, float | str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    sign_off: Mapping[str, str | date] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The contract's column names in the order of this version."""
        issued = [column.name for column in _table().columns]
        return [n for n in issued if self.version != FIRST_VERSION or n in _FIRST_COLUMNS]


@dataclass(frozen=True)
class Row:
    """One row of the sheet “Return”; `name` is a cover entry's, the rest is about a measure."""

    kind: Literal["title", "cover", "empty", "header", "measure", "note"]
    cells: tuple[Cell, ...] = ()
    name: str = ""
    unit: str = ""
    is_part: bool = False
    is_whole: bool = False
    opens_theme: bool = False


def file_stem(la_name: str, quarter: Quarter) -> str:
    """`camden_riia_return_2025-26-Q2`: authority and quarter, as the reader finds them in names."""
    snake = re.sub(r"[^a-z0-9]+", "_", la_name.lower()).strip("_")
    return f"{snake}_riia_return_{quarter.slug}"


def instructions(quarter: Quarter, previous: str) -> list[tuple[str, str]]:
    """What the first sheet tells the person who fills it in; `previous` is about that column."""
    start, end, due = _in_words(quarter.start), _in_words(quarter.end), return_due(quarter)
    return [
        ("Send it by", f"{due:%A} {_in_words(due)}, unless LIIA has agreed another day with you."),
        (
            "What to fill in",
            "On the sheet “Return”, the coloured cells: Value for every measure, Comment where "
            "there is something to say, and the sign-off at the top. The rest is locked (there is "
            "no password). If you paste, paste values only.",
        ),
        ("In the quarter", f"Count what happened from {start} to {end}."),
        ("At quarter end", f"Count what was open on {end}."),
        (
            "Numbers",
            "Whole numbers for counts; FTE and days may have decimals. None at all is 0. Never "
            "percentages or rates: these are worked out centrally.",
        ),
        (
            "Parts and totals",
            "An indented row is a part of the measure in bold above it. The definition in the "
            "bold row says where parts must add up to it.",
        ),
        (
            "No figure",
            "n/a if the measure does not apply to your authority. A dash (-) or an empty cell if "
            "the figure is not available: say why in Comment.",
        ),
        ("Comments", "No names or other details of children, families or staff."),
        ("Previous quarter", previous),
        (
            "Check it",
            "On your own computer: liia check FILE. It lists what is wrong, cell by cell. Nothing "
            "is sent or stored.",
        ),
        (
            "Sign off",
            "At the top of “Return”, say who completed it, who signed it off, and when. Then send "
            "this workbook or the CSV file that came with it, not both.",
        ),
    ]


def rows(form: Form) -> list[Row]:
    """The sheet “Return” from its first row to its last, which is also the CSV twin."""
    table = _table()
    known: dict[str, Cell] = {
        "la_name": form.la_name,
        "la_code": form.la_code,
        "quarter": form.quarter.label,
        "indicator_set": form.set_id,
        "template_version": form.version,
        **form.sign_off,
    }
    cover = _COVER if form.version == FIRST_VERSION else _COVER + _SIGN_OFF
    return [
        Row("title", (form.title,)),
        *(Row("cover", (table.cover[name], known.get(name)), name=name) for name in cover),
        Row("empty"),
        Row("header", tuple(table.column(name).headers[0] for name in form.columns)),
        *_measure_rows(form),
    ]


def _measure_rows(form: Form) -> list[Row]:
    found = []
    for measure in _measures(form.set_id, form.version):
        code = measure["measure_code"]
        cells: dict[str, Cell] = {
            "measure_code": code,
            "theme": measure["theme"],
            "measure_label": measure["label"],
            "definition": measure["definition"],
            "timing": measure["timing"],
            "unit": measure["unit"],
            "value": form.given.get(code),
            "comment": form.comments.get(code),
            "previous_value": form.previous.get(code),
        }
        if form.version != FIRST_VERSION:
            # For people; what the file says of timing and unit is not read back.
            cells["timing"], cells["unit"] = _TIMINGS[measure["timing"]], _UNITS[measure["unit"]]
        flags = {str(n): bool(measure[n]) for n in ("is_part", "is_whole", "opens_theme")}
        ordered = tuple(cells[name] for name in form.columns)
        found.append(Row("measure", ordered, name=code, unit=measure["unit"], **flags))
    return found


@lru_cache
def _measures(set_id: str, version: str) -> list[dict]:
    """The measures of a set in the order of the sheet; the same for all 33 authorities."""
    measures = measures_of_set(set_id).assign(is_part=False, is_whole=False)
    if version != FIRST_VERSION:
        measures = _explained(measures, set_id)
    opens_theme = measures["theme"] != measures["theme"].shift()
    return measures.assign(opens_theme=opens_theme).to_dict("records")


def _explained(measures: pd.DataFrame, set_id: str) -> pd.DataFrame:
    """Each part right under its whole, those that add up to it first, and both saying so."""
    measures = measures.set_index("measure_code")
    pairs = parts_in_set(set_id).set_index("part")
    pairs = pairs[pairs.index.isin(measures.index) & pairs["whole"].isin(measures.index)]
    adding = pairs.loc[pairs["adds_up"], "whole"].value_counts()
    whole = pairs["whole"].reindex(measures.index)
    place = pd.Series(range(len(measures)), index=measures.index)
    rank = pairs["adds_up"].map({True: 1, False: 2}).reindex(measures.index, fill_value=0)
    part_of = "Part of “" + whole.map(measures["label"]) + "”. "
    total_of = adding.map(". The {} rows below must add up to this figure.".format)
    definition = part_of.fillna("") + measures["definition"]
    return (
        measures.assign(
            is_part=whole.notna(),
            is_whole=measures.index.isin(whole),
            definition=definition + total_of.reindex(measures.index).fillna(""),
            order=whole.map(place).fillna(place),
            rank=rank,
        )
        .sort_values(["order", "rank"], kind="stable")
        .reset_index()
    )


def csv_twin(lines: Sequence[Row]) -> bytes:
    """The rows as CSV with a byte order mark; no text of it can become a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_plain(cell) for cell in line.cells] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return formula_safe(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def workbook(form: Form, lines: Sequence[Row]) -> bytes:
    """The Excel file: instructions, then the rows; the same bytes for the same arguments."""
    content = io.BytesIO()
    # Small books: temporary files would cost more than the memory.
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties(
            {
                "title": form.title,
                "subject": f"Quarterly return {form.quarter.label}, template version "
                f"{form.version}",
                "comments": form.remark,
                # Else xlsxwriter writes the clock into the file.
                "created": form.created.replace(tzinfo=None),
            }
        )
        book.set_custom_property("Template version", form.version)
        styles = _Styles(book)
        _write_instructions(book.add_worksheet("Instructions"), form, styles)
        sheet = book.add_worksheet(_table().sheets[0])
        _write_rows(sheet, form, lines, styles)
        if form.version != FIRST_VERSION:
            _guard(sheet, form, lines)
            _set_up_print(sheet, form, lines)
        sheet.activate()
    return content.getvalue()


def allowed(unit: str, cell: str) -> str:
    """The formula that is true of a cell holding a number that fits or a word of the contract.

    Excel allows no list inside such a formula and 255 characters for all of it.
    """
    words = "|".join(contract("return").symbols)
    number = f"AND({cell}>=0,{cell}=INT({cell}))" if unit == "count" else f"{cell}>=0"
    word = f'ISNUMBER(FIND("|"&LOWER(TRIM({cell}))&"|","|{words}|"))'
    return f"=IF(ISNUMBER({cell}),{number},{word})"


class _Styles:
    """Cell formats by what they do, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple, Format] = {}

    def __call__(self, **options: object) -> Format:
        key = tuple(sorted(options.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(options)
        return self._made[key]

    def cover(self, name: str) -> Format:
        if name not in _SIGN_OFF:
            return self(align="left")
        written = {"num_format": "d mmmm yyyy"} if name == "signed_off_on" else {}
        line = {"border": 1, "border_color": _PALE, "bg_color": _INPUT_COLOUR}
        return self(align="left", locked=False, **line, **written)

    def table(self, column: str, row: Row) -> Format:
        if row.kind == "header":
            side = "center" if column in ("value", "previous_value") else "left"
            colours = {"bg_color": _DARK, "font_color": "#FFFFFF", "border": 1}
            return self(bold=True, text_wrap=True, valign="vcenter", align=side, **colours)
        return self._measure(column, row) if row.kind == "measure" else self()

    def _measure(self, column: str, row: Row) -> Format:
        options: dict[str, object] = {
            "valign": "vcenter",
            "text_wrap": column not in ("measure_code", "value", "previous_value"),
            "bottom": 1,
            "bottom_color": _PALE,
        }
        if row.opens_theme:
            options |= {"top": 2, "top_color": _DARK}
        if column in ("value", "comment"):
            options |= {"bg_color": _INPUT_COLOUR, "locked": False}
            options |= {"left": 1, "right": 1, "left_color": _PALE, "right_color": _PALE}
        if column in ("value", "previous_value"):
            options |= {"num_format": _NUMBER_FORMATS[row.unit], "align": "right"}
        if column == "measure_code":
            options |= {"font_size": 9}
        if column in ("measure_code", "previous_value"):
            options |= {"font_color": "#7F7F7F"}
        if column == "measure_label":
            options |= {"bold": row.is_whole, "align": "left", "indent": 2 if row.is_part else 0}
        return self(**options)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, style: Format) -> None:
    """One cell, typed by hand: xlsxwriter's own guess makes a formula of a text with a = first."""
    if cell is None:
        sheet.write_blank(row, column, None, style)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, style)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, style)
    else:
        sheet.write_number(row, column, cell, style)


def _fit(sheet: Worksheet, row: int, texts: Sequence[tuple[Cell, int]], least: int = 1) -> None:
    """A row as high as its longest text needs in a column of that many digits.

    Excel would find the height by itself, LibreOffice shows one line and hides the rest.
    """
    needed = (_lines(cell, width) for cell, width in texts if isinstance(cell, str))
    sheet.set_row(row, max([least, *needed]) * _LINE_HEIGHT)


@lru_cache(maxsize=1024)
def _lines(text: str, width: int) -> int:
    return len(textwrap.wrap(text, int(width * _LETTERS)))


def _write_instructions(sheet: Worksheet, form: Form, styles: _Styles) -> None:
    width = 92
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, width)
    sheet.write_string(0, 0, form.title, styles(bold=True, font_size=14))
    for row, (heading, text) in enumerate(form.instructions, start=2):
        sheet.write_string(row, 0, heading, styles(bold=True, valign="top"))
        sheet.write_string(row, 1, text, styles(text_wrap=True, valign="top"))
        _fit(sheet, row, [(text, width)])
    sheet.hide_gridlines(2)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if form.version != FIRST_VERSION:
        sheet.protect()


def _write_rows(sheet: Worksheet, form: Form, lines: Sequence[Row], styles: _Styles) -> None:
    titled = styles(bold=True, font_size=14)
    for row, line in enumerate(lines):
        if line.kind == "title":
            sheet.merge_range(row, 0, row, len(form.columns) - 1, "", titled)
            _write(sheet, row, 0, line.cells[0], titled)
        elif line.kind == "cover":
            label, value = line.cells
            style = styles.cover(line.name)
            _write(sheet, row, 0, label, styles(bold=True))
            if line.name in _SIGN_OFF:
                # A name needs more room than the column below has.
                sheet.merge_range(row, 1, row, 2, "", style)
            _write(sheet, row, 1, value, style)
        else:
            for column, (name, cell) in enumerate(zip(form.columns, line.cells, strict=False)):
                _write(sheet, row, column, cell, styles.table(name, line))
            if line.kind in ("header", "measure"):
                # A code is one word in small type: it is not wrapped.
                texts = list(zip(line.cells, form.columns, strict=True))[1:]
                # Two lines at least: room for a comment.
                _fit(sheet, row, [(cell, _WIDTHS[name]) for cell, name in texts], least=2)
    for column, name in enumerate(form.columns):
        sheet.set_column(column, column, _WIDTHS[name])
    sheet.freeze_panes(_header_row(lines) + 1, 0)


def _guard(sheet: Worksheet, form: Form, lines: Sequence[Row]) -> None:
    """Locks all but the input cells, and lets those take only what can be read."""
    column = form.columns.index("value")
    row = 0
    # One guard for neighbours of one unit; a formula speaks of the first cell of its range.
    for unit, run in groupby(line.unit for line in lines):
        last = row + len(list(run)) - 1
        if unit:
            whole = unit == "count"
            number = "a whole number" if whole else "a number"
            sheet.data_validation(
                row,
                column,
                last,
                column,
                {
                    "validate": "custom",
                    "value": allowed(unit, xl_rowcol_to_cell(row, column)),
                    "input_title": _UNITS[unit][0].upper() + _UNITS[unit][1:],
                    "input_message": f"{number.capitalize()}, 0 or more. No figure? Write n/a "
                    "(does not apply) or - (not available) and say why in Comment.",
                    "error_title": "This cannot be used",
                    "error_message": f"Write {number}, 0 or more, without % or words. If there is "
                    "no figure, write n/a (does not apply) or - (not available).",
                    "error_type": "stop",
                },
            )
        row = last + 1
    signed_off_on = next(at for at, line in enumerate(lines) if line.name == "signed_off_on")
    sheet.data_validation(
        signed_off_on,
        1,
        signed_off_on,
        1,
        {
            "validate": "date",
            "criteria": ">",
            "value": form.quarter.end,
            "input_title": "Date",
            "input_message": "When the return was signed off, like 20/10/2025.",
            "error_title": "This is not a date that fits",
            "error_message": "Write a date after the quarter’s end, day first.",
            "error_type": "stop",
        },
    )
    sheet.protect(options={"format_columns": True, "format_rows": True})
    first = _header_row(lines) + 1
    sheet.set_selection(first, column, first, column)


def _set_up_print(sheet: Worksheet, form: Form, lines: Sequence[Row]) -> None:
    header = _header_row(lines)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(header)
    sheet.hide_gridlines(2)
    authority = form.la_name.replace("&", "&&")
    footer = f"&L{authority}, {form.quarter.label}&CTemplate version {form.version}"
    sheet.set_footer(f"{footer}&RPage &P of &N")


def _header_row(lines: Sequence[Row]) -> int:
    return next(row for row, line in enumerate(lines) if line.kind == "header")


def _table() -> Table:
    return contract("return").table("return_values")


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
