"""Workbooks in the house's style: marked on every sheet and on paper, the same bytes twice.

What stands in a sheet is its product's business. Text is written as text: nothing becomes a formula
or a link.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ingestion.periods import Quarter
from ingestion.registry import return_due

DARK, PALE = "#1F3864", "#ECEAE4"
_A3 = 8


@contextmanager
def new_workbook(
    content: io.BytesIO, title: str, marking: str, quarter: Quarter
) -> Iterator[xlsxwriter.Workbook]:
    """A workbook that is in `content` at the end; the date inside is the day returns were due."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        created = datetime.combine(return_due(quarter), time())
        properties = {"title": title, "subject": marking, "keywords": marking, "created": created}
        book.set_properties(properties)
        yield book


class Styles:
    """Cell formats by what they do, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self.title = self.made(bold=True, font_size=16, font_color=DARK)
        self.marking = self.made(bold=True, font_color="#FFFFFF", bg_color=DARK)
        self.heading = self.made(bold=True, bg_color=PALE, text_wrap=True, bottom=1)
        self.turned = self.made(bold=True, bg_color=PALE, rotation=90, bottom=1, align="center")
        self.text = self.made(text_wrap=True)

    def made(self, **properties: object) -> Format:
        """One more format, in the middle of its row."""
        return self._book.add_format({"valign": "vcenter", **properties})


def on_paper(sheet: Worksheet, title: str, marking: str) -> None:
    """A3 across, as wide as the sheet, with title and marking on each."""
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)
    # An ampersand begins a code in headers and footers.
    title, marking = title.replace("&", "&&"), marking.replace("&", "&&")
    sheet.set_header(f"&L{title}&R{marking}")
    sheet.set_footer(f"&L{marking}&RPage &P of &N")


def head(sheet: Worksheet, styles: Styles, title: str, marking: str, across: int) -> None:
    """The first two rows: title, and the marking over so many columns. No grid is drawn."""
    on_paper(sheet, title, marking)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, title, styles.title)
    sheet.set_row(0, 26)
    for column in range(across):
        sheet.write_blank(1, column, None, styles.marking)
    sheet.write_string(1, 0, marking, styles.marking)
    sheet.set_row(1, 20)


def about(sheet: Worksheet, styles: Styles, lines: Sequence[tuple[str, str]]) -> int:
    """What a workbook says of itself, below its head, a line each: the row after the last."""
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    for row, (what, text) in enumerate(lines, start=3):
        sheet.write_string(row, 0, what, styles.heading)
        sheet.write_string(row, 1, text, styles.text)
        sheet.set_row(row, 18 * (1 + len(text) // 105))
    return 3 + len(lines)
