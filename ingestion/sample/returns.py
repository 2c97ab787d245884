"""The layout of a quarterly return workbook, and the ways in which one departs from it.

Belongs here: cells, formats and order of one workbook, from the return contract. Does not belong
here: which authority sends what and when, and where figures come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from ingestion.contract import contract
from ingestion.sample.files import properties

TEMPLATE_VERSION = "1"

_WIDTHS = {
    "measure_code": 34,
    "measure_label": 54,
    "timing": 11,
    "unit": 8,
    "value": 14,
    "comment": 48,
    "previous_value": 18,
}
_NUMBER_FORMATS = {"fte": "#,##0.0", "days": "#,##0.0"}
_INPUT_COLOUR = "#FFF9E5"


@dataclass(frozen=True)
class Oddities:
    """How one workbook departs from the template; each mapping is by measure code.

    `headers` is by the contract's column name. `values` replaces what is typed, `factors`
    multiplies it, `as_text` types it as text with a thousands separator.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str | None] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    as_text: frozenset[str] = frozenset()
    rows_above_header: int = 0
    footnote: str = ""

    def typed(self, code: str, value: float | None) -> float | str | None:
        if code in self.values:
            return self.values[code]
        if value is None:
            return None
        if code in self.factors:
            value = round(value * self.factors[code])
        return f"{value:,.0f}" if code in self.as_text else value


CLEAN = Oddities()


def write_return(
    path: Path,
    *,
    title: str,
    instructions: Sequence[str],
    cover: Mapping[str, str],
    measures: pd.DataFrame,
    values: Mapping[str, float],
    previous: Mapping[str, float],
    created: datetime,
    oddities: Oddities = CLEAN,
) -> None:
    """Write one workbook. `cover` is by the contract's cover names, `values` by measure code.

    A measure missing from `values` or `previous` leaves its cell empty.
    """
    table = contract("return").table("return_values")
    # Small books: temporary files would cost more than the memory.
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        book.set_properties(properties(title, created))
        formats = _formats(book)

        notes = book.add_worksheet("Instructions")
        notes.set_column(0, 0, 110, formats["wrapped"])
        notes.write_string(0, 0, title, formats["title"])
        for row, line in enumerate(instructions, start=2):
            notes.write_string(row, 0, line, formats["wrapped"])

        sheet = book.add_worksheet(table.sheets[0])
        headers = [oddities.headers.get(c.name, c.headers[0]) for c in table.columns]
        sheet.merge_range(0, 0, 0, len(headers) - 1, title, formats["title"])
        for row, (name, label) in enumerate(table.cover.items(), start=1):
            sheet.write_string(row, 0, label, formats["label"])
            sheet.write_string(row, 1, cover[name], formats["cover"])

        top = len(table.cover) + 2 + oddities.rows_above_header
        for column, header in enumerate(headers):
            sheet.write_string(top, column, header, formats["header"])
        for row, measure in enumerate(measures.to_dict("records"), start=top + 1):
            code, unit = measure["measure_code"], measure["unit"]
            cells = {
                "measure_code": code,
                "measure_label": oddities.labels.get(code, measure["label"]),
                "timing": measure["timing"],
                "unit": unit,
                "value": oddities.typed(code, values.get(code)),
                "comment": oddities.comments.get(code),
                "previous_value": previous.get(code),
            }
            styles = {"value": unit, "previous_value": f"previous {unit}"}
            for column, name in enumerate(c.name for c in table.columns):
                sheet.write(row, column, cells[name], formats[styles.get(name, name)])
        if oddities.footnote:
            sheet.write_string(top + len(measures) + 2, 0, oddities.footnote)

        for column, name in enumerate(c.name for c in table.columns):
            sheet.set_column(column, column, _WIDTHS[name])
        sheet.freeze_panes(top + 1, 0)
        sheet.activate()


def _formats(book: xlsxwriter.Workbook) -> dict[str, object]:
    line = {"bottom": 1, "bottom_color": "#D9D9D9", "valign": "top"}
    entry = line | {"bg_color": _INPUT_COLOUR, "locked": False}
    formats = {
        "title": {"bold": True, "font_size": 14},
        "wrapped": {"text_wrap": True, "valign": "top"},
        "label": {"bold": True},
        "cover": {"bg_color": _INPUT_COLOUR, "locked": False},
        "header": {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "border": 1},
        "measure_code": line | {"font_color": "#595959"},
        "measure_label": line | {"text_wrap": True},
        "timing": line,
        "unit": line,
        "comment": entry | {"text_wrap": True},
    }
    for unit in ("count", "fte", "days"):
        number = {"num_format": _NUMBER_FORMATS.get(unit, "#,##0"), "align": "right"}
        formats[unit] = entry | number
        formats[f"previous {unit}"] = line | number | {"font_color": "#7F7F7F"}
    return {name: book.add_format(options) for name, options in formats.items()}
