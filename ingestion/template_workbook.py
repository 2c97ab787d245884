"""The Excel file of a return's template: cells, formats, validation, protection and print set-up.

What the rows say is decided in `template.py`; the CSV twin is written from the same ones, so that
the two cannot say different things.
"""

import io
import textwrap
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from ingestion.contract import contract
from ingestion.template import FIRST_VERSION, SIGN_OFF, UNITS, Cell, Form, Row, return_table

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
        sheet = book.add_worksheet(return_table().sheets[0])
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
        if name not in SIGN_OFF:
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
            if line.name in SIGN_OFF:
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
                    "input_title": UNITS[unit][0].upper() + UNITS[unit][1:],
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
