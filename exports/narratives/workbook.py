"""The narrative form as an Excel file: the same questions and references as in Word.

Answers can be typed, everything else is locked without a password, so that nothing is written where
nobody reads it.
"""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exports.narratives import wording
from exports.narratives.asked import Asked
from exports.word import SYNTHETIC
from exports.workbook import new_workbook, on_paper
from ingestion import narrative_form as form
from ingestion.narrative_form import Reference
from ingestion.periods import Quarter
from ingestion.region import REGION

# Width of each column in letters: indicator, figure, London, facts, chart, last quarter, reference,
# answer.
_EXCEPTIONS = (30, 15, 14, 42, 64, 30, 20, 60)
# Question or row, last quarter, reference, then the answer or the plan's five.
_QUESTIONS = (32, 34, 20, 60, 48, 22, 16, 40)
_ANSWER_FILL, _HEAD_FILL, _SOFT, _ALARM = "#FFF4CC", "#ECEAE4", "#555555", "#8F0000"
_CHART_SCALE = 0.36
SHEETS = ("Read me", "Exceptions", "Self-view and plan")


def workbook(
    asked: Asked, quarter: Quarter, marking: str, synthetic: bool, strips: Sequence[bytes]
) -> bytes:
    """One authority’s form; `strips` are its exceptions’ charts, or none. Same input, same file."""
    content = io.BytesIO()
    title = wording.title(asked, quarter)
    with new_workbook(content, title, marking, quarter) as book:
        cover, exceptions, questions = (book.add_worksheet(name) for name in SHEETS)
        _cover(cover, book, asked, quarter, marking, synthetic)
        _Sheet(book, exceptions, asked, quarter, _EXCEPTIONS, reference=6).exceptions(strips)
        _Sheet(book, questions, asked, quarter, _QUESTIONS, reference=2).questions()
        for each in (cover, exceptions, questions):
            on_paper(each, f"{title} · {SYNTHETIC}" if synthetic else title, marking)
    return content.getvalue()


def _cover(
    sheet: Worksheet,
    book: xlsxwriter.Workbook,
    asked: Asked,
    quarter: Quarter,
    marking: str,
    synthetic: bool,
) -> None:
    head = book.add_format({"bold": True, "font_name": "Arial", "font_size": 16})
    bold = book.add_format({"bold": True, "font_name": "Arial", "valign": "top"})
    plain = book.add_format({"font_name": "Arial", "text_wrap": True, "valign": "top"})
    alarm = book.add_format({"bold": True, "font_name": "Arial", "font_color": _ALARM})
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, wording.title(asked, quarter), head)
    sheet.write_string(1, 0, marking, bold)
    if synthetic:
        sheet.write_string(2, 0, SYNTHETIC, alarm)
    lines = [*wording.cover(asked, quarter), *(("How to fill", line) for line in wording.HOW_TO)]
    for row, (label, words) in enumerate(lines, start=4):
        sheet.write_string(row, 0, label, bold)
        sheet.write_string(row, 1, words, plain)
    sheet.protect()


class _Sheet:
    """A sheet that asks, written row by row; `reference` is the column of the references."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        sheet: Worksheet,
        asked: Asked,
        quarter: Quarter,
        widths: Sequence[float],
        reference: int,
    ) -> None:
        self.sheet, self.asked, self.quarter, self.row = sheet, asked, quarter, 0
        self.reference = reference

        def style(**look: Any) -> Format:  # noqa: ANN401 - whatever xlsxwriter takes
            base = {"font_name": "Arial", "font_size": 10, "text_wrap": True, "valign": "top"}
            return book.add_format(base | look)

        self.title = style(bold=True, font_size=14, text_wrap=False)
        self.plain, self.bold = style(text_wrap=False), style(bold=True, border=1)
        self.head = style(bold=True, bg_color=_HEAD_FILL, border=1)
        self.cell = style(border=1)
        self.soft = style(border=1, font_color=_SOFT)
        self.small = style(border=1, font_color=_SOFT, font_size=7)
        self.answer = style(border=1, bg_color=_ANSWER_FILL, locked=False)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.protect("", {"format_rows": True, "format_columns": True})

    def questions(self) -> None:
        self._section(wording.SELF_VIEW)
        self._heads(["Question"], ["Your answer"])
        for code, question in form.QUESTIONS.items():
            self._line([question], "self_view", code, 90)
        self._section(wording.PLAN)
        self._heads(["Row"], list(form.PLAN.values()))
        for number in range(1, form.PLAN_ROWS + 1):
            self._line([f"Priority {number}"], "plan", str(number), 45)
        self._section(wording.SHARING, wording.SHARING_WHY)
        self._heads(["Sharing"], ["Others may read our answers …"])
        self._line(["Choose from the list"], "sharing", "quote", 20)
        cell = (self.row - 1, self.reference + 1)
        self.sheet.write_string(*cell, form.QUOTING[form.QUOTING_DEFAULT], self.answer)
        choice = {"validate": "list", "source": [*form.QUOTING.values()]}
        self.sheet.data_validation(*cell, *cell, choice)

    def exceptions(self, strips: Sequence[bytes]) -> None:
        said = wording.about_exceptions(self.asked, self.quarter, charts=bool(strips))
        self._section(wording.EXCEPTIONS, said)
        if not self.asked.exceptions:
            return
        chart = ["Where you stand"] if strips else [""]
        figures = ["Indicator", "Your figure", REGION.name, "What the figures say", *chart]
        self._heads(figures, ["Your explanation"])
        for number, one in enumerate(self.asked.exceptions):
            told = [
                f"{one.label} ({one.theme})",
                f"{one.figure} {one.period}",
                one.london,
                wording.comparison(one),
            ]
            self._line(told, "exception", one.indicator_code, 62)
            if strips:
                options = {
                    "image_data": io.BytesIO(strips[number]),
                    "x_scale": _CHART_SCALE,
                    "y_scale": _CHART_SCALE,
                    "x_offset": 4,
                    "y_offset": 18,
                    "description": wording.chart_in_words(one),
                }
                self.sheet.insert_image(self.row - 1, 4, f"{one.indicator_code}.png", options)

    def _section(self, title: str, words: str = "") -> None:
        self.row += 1 if self.row else 0
        self.sheet.write_string(self.row, 0, title, self.title)
        if words:
            self.sheet.write_string(self.row + 1, 0, words, self.plain)
        self.row += 2 if words else 1

    def _heads(self, told: Sequence[str], answers: Sequence[str]) -> None:
        blank = [""] * (self.reference - 1 - len(told))
        before = f"Last quarter ({self.quarter.shift(-1).label}) you wrote"
        for column, words in enumerate([*told, *blank, before, "Reference", *answers]):
            self.sheet.write_string(self.row, column, words, self.head)
        self.row += 1

    def _line(self, told: Sequence[str], part: str, item: str, height: float) -> None:
        """A row that asks: what it is about, what was said before, reference, cells to answer."""
        self.sheet.set_row(self.row, height)
        for column in range(self.reference - 1):
            words = told[column] if column < len(told) else ""
            self.sheet.write_string(self.row, column, words, self.cell if column else self.bold)
        said = [self.asked.previous.get((part, item, field), "") for field in form.FIELDS[part]]
        before = "; ".join(dict.fromkeys(filter(None, said)))
        self.sheet.write_string(self.row, self.reference - 1, before, self.soft)
        reference = Reference(self.asked.short_code, self.quarter.slug, part, item)
        self.sheet.write_string(self.row, self.reference, str(reference), self.small)
        for number in range(len(form.FIELDS[part])):
            self.sheet.write_blank(self.row, self.reference + 1 + number, None, self.answer)
        self.row += 1
