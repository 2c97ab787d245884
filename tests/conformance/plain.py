"""Annex A workbooks read plainly, apart from ingestion, which the reading is held against."""

from pathlib import Path
from typing import Any

import openpyxl
from python_calamine import CalamineWorkbook

Cells = dict[str, Any]


def lists(path: Path) -> dict[int, list[Cells]]:
    """The rows of each list by its number: filled cells by address; the headers are row 0."""
    book = CalamineWorkbook.from_path(path)
    found = {}
    for name in book.sheet_names:
        word, _, number = name.replace("_", " ").partition(" ")
        if word != "List":
            continue
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        filled = [
            {address(i, j): cell for j, cell in enumerate(row) if str(cell).strip()}
            for i, row in enumerate(rows)
        ]
        # The header is the first row with more than a title in it.
        top = next(i for i, row in enumerate(filled) if len(row) > 1)
        found[int(number)] = [row for row in filled[top:] if row]
    return found


def rows(path: Path) -> dict[int, int]:
    """How many rows each list has under its header."""
    return {number: len(filled) - 1 for number, filled in lists(path).items()}


def failed(path: Path) -> set[tuple[str, str]]:
    """Sheet and address of each cell whose formula failed: a plain reading gives it as empty.

    The .xls that is known has no formula.
    """
    if path.suffix == ".xls":
        return set()
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "e"
    }


def address(row: int, column: int) -> str:
    return f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"
