"""What python-calamine leaves out about a sheet, and how it joins the cells it gives.

Each format has its own scan that fills `Notes`; this module knows no format.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ingestion.readers import Sheet, UnreadableFile

# calamine lays a sheet out as one rectangle: a stray space in XFD1048576 asks for 17 thousand
# million cells and ends the process. The largest workbook seen fills 0.2 million.
MAX_CELLS = 20_000_000
# A rectangle so large needs something in it: 16 million empty cells took 1.1 GB and 2.3 s.
MAX_EMPTY_CELLS = 4_000_000

UNCALCULATED = "(formula without a saved result)"

Cell = tuple[int, int]
# First and last zero-based row or column; a program hides all rows below the data as one span.
Span = tuple[int, int]


@dataclass
class Notes:
    """About one sheet, zero-based: cells to show as text, percentages, hidden spans; its day 0."""

    texts: dict[Cell, str] = field(default_factory=dict)
    percents: set[Cell] = field(default_factory=set)
    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    from_1904: bool = False

    def join(self, name: str, rows: list[list[Any]], hidden: bool) -> Sheet:
        """The sheet with the cells as calamine gives them and what it left out."""
        if self.texts:
            # A last row of nothing but errors is not in calamine's rectangle at all.
            height = max(len(rows), max(row for row, _ in self.texts) + 1)
            width = max(
                max((len(row) for row in rows), default=0),
                max(column for _, column in self.texts) + 1,
            )
            check_area(name, height, width, MAX_CELLS)
            rows = [
                row + [""] * (width - len(row))
                for row in [*rows, *([] for _ in range(height - len(rows)))]
            ]
            for (row, column), text in self.texts.items():
                rows[row][column] = text
        height, width = len(rows), max((len(row) for row in rows), default=0)
        return Sheet(
            name,
            rows,
            hidden,
            frozenset(_within(self.hidden_rows, height)),
            frozenset(_within(self.hidden_columns, width)),
            frozenset((r, c) for r, c in self.percents if r < height and c < width),
            self.from_1904,
        )


def _within(spans: Iterable[Span], size: int) -> Iterable[int]:
    return (i for first, last in spans for i in range(first, min(last + 1, size)))


def check_area(sheet: str, last_row: int, last_column: int, filled: int) -> None:
    """Refuse a sheet whose rectangle, up to its last cell, could not be held."""
    cells = last_row * last_column
    if cells > MAX_CELLS or (cells > MAX_EMPTY_CELLS and filled * 50 < cells):
        raise UnreadableFile(
            f"sheet “{sheet}” reaches to row {last_row} and column {last_column}, almost all of it"
            " empty; delete the rows and columns after the data and save it again",
            "file.too_large",
        )
