"""The rugs as a workbook: to sort, filter and reckon with what the pages show.

Lays out what `rug_table` built: numbers as they print, fills and marks by fifth. No formula, no
figure of its own.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exports.marts import product_settings
from exports.rug_cells import FILLS, GAP, Cell
from exports.rug_table import COMPARATORS, Row, Table
from exports.workbook import DARK, Styles, about, head, new_workbook
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

_SOURCES = {"returns": "Return", "published": "Published", "chat": "ChAT / Annex A"}
_LEADING = [
    ("Source", 14),
    ("Theme", 24),
    ("Indicator", 52),
    ("Unit", 9),
    ("Period", 13),
    ("↕", 4),
    ("Compared", 10),
]
_TOP = 5
_FIFTHS = [
    ("j5", f"Better: the best fifth of {REGION}'s authorities"),
    ("j4", "Better: next to the best fifth"),
    ("j3", "The middle fifth, where high or low is better"),
    ("j2", "Worse: next to the worst fifth"),
    ("j1", "Worse: the worst fifth"),
    ("v5", "Highest fifth, where neither is better"),
    ("v4", "Next to the highest fifth"),
    ("v3", "The middle fifth, where neither is better"),
    ("v2", "Next to the lowest fifth"),
    ("v1", "Lowest fifth, where neither is better"),
]


def workbook(
    sheets: Mapping[str, Mapping[str, Table]],
    las: pd.DataFrame,
    quarter: Quarter,
    shared: Mapping[str, Any],
) -> bytes:
    """Sheet name to its tables by section id. The date inside is the day the returns were due."""
    title = f"{product_settings('rug')['title']}, {quarter.label}"
    title += " - SYNTHETIC" if shared["synthetic"] else ""
    content = io.BytesIO()
    with new_workbook(content, title, shared["marking"], quarter) as book:
        styles = _Styles(book)
        first = book.add_worksheet("About")
        head(first, styles, title, shared["marking"], 2)
        _about(first, styles, sheets)
        for name, tables in sheets.items():
            sheet = book.add_worksheet(name)
            head(sheet, styles, f"{title}: {name.lower()}", shared["marking"], 6)
            _rug(sheet, styles, tables, las)
        notes = [note for tables in sheets.values() for t in tables.values() for note in t.notes]
        if notes:
            sheet = book.add_worksheet("Comments")
            head(sheet, styles, f"{title}: authorities' comments", shared["marking"], 3)
            lines = [(note.la_name, note.label, note.text) for note in notes]
            _lines(sheet, styles, [("Authority", 26), ("Indicator", 40), ("Comment", 100)], lines)
    return content.getvalue()


class _Styles(Styles):
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        super().__init__(book)
        self._cells: dict[tuple[str, str, bool], Format] = {}
        self.region = self.made(bold=True, font_color=DARK)

    def cell(self, number_format: str, fill: str, strong: bool = False) -> Format:
        """A number or symbol on the fill of its fifth; '' is no fill."""
        key = (number_format, fill, strong)
        if key not in self._cells:
            ground, ink = FILLS.get(fill, ("#ffffff", "#1b1b1b"))
            properties: dict[str, object] = {"font_color": ink, "align": "right", "bold": strong}
            if fill == GAP:
                properties |= {"bg_color": "#F1F1F1", "align": "center"}
            elif fill:
                properties |= {"bg_color": ground, "border": 1, "border_color": "#FFFFFF"}
            self._cells[key] = self.made(num_format=number_format, **properties)
        return self._cells[key]


def _about(sheet: Worksheet, styles: _Styles, sheets: Mapping[str, Mapping[str, Table]]) -> None:
    symbols = seed("registry/value_statuses").query("dfe_symbol != ''")
    meanings = symbols.groupby("dfe_symbol")["label"].agg("; ".join)
    indicators = {
        name: sum(len(rows) for table in tables.values() for _, rows in table.themes)
        for name, tables in sheets.items()
    }
    lines = [
        ("What this is", product_settings("rug")["description"] + "."),
        (
            "Sheets",
            ". ".join(f"{name}: {count} indicators" for name, count in indicators.items())
            + ". The column Source says where each row comes from; a row never mixes sources.",
        ),
        (
            "Quarterly rates",
            "Rates of returns and of ChAT are for the quarter alone and are not annualised: they "
            "cannot be set beside published years.",
        ),
        (
            "Fifths",
            f"The colour says in which fifth of {REGION}'s authorities a value lies. A colour is a "
            "question to ask, not a finding. White: not compared.",
        ),
        (
            "Marks",
            "▲ highest fifth, ▼ lowest fifth; bold: strong evidence, the value differs from "
            f"{REGION}'s by more than chance, and did so before. ≈ proxy: near the definition, not "
            "equal to it. ‡ one joint figure for two authorities. The marks are part of the "
            "number's format: cells hold plain numbers.",
        ),
        ("↕", "↑ high is better, ↓ low is better, · neither is better."),
        ("Symbols", ". ".join(f"{key}: {text}" for key, text in meanings.items()) + "."),
    ]
    after = about(sheet, styles, lines)
    for row, (fill, text) in enumerate(_FIFTHS, start=after + 1):
        mark = {"v5": "▲", "v1": "▼"}.get(fill, "")
        sheet.write_string(row, 0, mark, styles.cell("@", fill))
        sheet.write_string(row, 1, text, styles.text)


def _rug(sheet: Worksheet, styles: _Styles, tables: Mapping[str, Table], las: pd.DataFrame) -> None:
    given = {full for table in tables.values() for _, full in table.headings}
    areas = [full for _, _, full in COMPARATORS if full in given]
    leading = [*_LEADING, *((full, 9) for full in areas)]
    for column, (_, width) in enumerate(leading):
        sheet.set_column(column, column, width)
    first = len(leading)
    last = first + len(las) - 1
    sheet.set_column(first, last, 8.5)
    sheet.set_row(_TOP - 1, 140)
    for column, (heading, _) in enumerate(leading):
        sheet.write_string(_TOP - 1, column, heading, styles.heading)
    for column, name in enumerate(las["la_name"], start=first):
        sheet.write_string(_TOP - 1, column, name, styles.turned)
    for sub_region, at in las.groupby("sub_region").groups.items():
        sheet.write_string(_TOP - 2, first + int(at[0]), str(sub_region), styles.region)
    row = _TOP
    for source, table in tables.items():
        full = [heading for _, heading in table.headings]
        for theme, rows in table.themes:
            for one in rows:
                beside = dict(zip(full, one.comparators, strict=True))
                numbers = [one.n, *(beside.get(area, "–") for area in areas)]
                _row(sheet, styles, row, (_SOURCES[source], theme), one, numbers)
                row += 1
    sheet.freeze_panes(_TOP, 3)
    sheet.repeat_rows(_TOP - 2, _TOP - 1)
    if row > _TOP:
        sheet.autofilter(_TOP - 1, 0, row - 1, last)
    else:
        sheet.write_string(_TOP, 0, "No figure has been loaded.", styles.text)


def _row(
    sheet: Worksheet,
    styles: _Styles,
    at: int,
    where: tuple[str, str],
    row: Row,
    numbers: list[str],
) -> None:
    """numbers: how many were compared, then the areas' figures, as they print."""
    label = row.label + (" ≈" if row.proxy else "")
    texts = (*where, label, row.unit[0], row.period[0], row.polarity[0])
    for column, text in enumerate(texts):
        sheet.write_string(at, column, text, styles.text)
    beside = [Cell(text, GAP if text == "–" else "") for text in numbers]
    for column, cell in enumerate([*beside, *row.cells], start=len(texts)):
        _number(sheet, styles, at, column, cell)


def _number(sheet: Worksheet, styles: _Styles, row: int, column: int, cell: Cell) -> None:
    """A number as a number, its marks in its format; or the symbol that stands for it."""
    if cell.number is None:
        sheet.write_string(row, column, cell.text, styles.cell("@", GAP))
        return
    decimals = len(cell.text.partition(".")[2])
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    marks = ("‡" if cell.joint else "") + (f" {cell.mark}" if cell.mark else "")
    number_format = ('"≈"' if cell.proxy else "") + digits + (f'"{marks}"' if marks else "")
    sheet.write_number(row, column, cell.number, styles.cell(number_format, cell.fill, cell.strong))


def _lines(
    sheet: Worksheet,
    styles: _Styles,
    headings: list[tuple[str, int]],
    lines: Sequence[tuple[str, ...]],
) -> None:
    for column, (heading, width) in enumerate(headings):
        sheet.set_column(column, column, width)
        sheet.write_string(3, column, heading, styles.heading)
    for row, line in enumerate(lines, start=4):
        for column, text in enumerate(line):
            sheet.write_string(row, column, text, styles.text)
    sheet.freeze_panes(4, 0)
    sheet.repeat_rows(3)
