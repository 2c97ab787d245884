"""Writing lists as a workbook, in the layouts that authorities use.

Does not belong here: what stands in the lists (`lists.py`) and who writes which layout.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from ingestion.contract import Table, contract
from ingestion.sample.files import properties

_FRONT_SHEET = (
    "Annex A - Child level data",
    "SYNTHETIC: the children, dates and teams in this workbook are invented.",
)


@dataclass(frozen=True)
class Layout:
    """`template` is Ofsted's form: a front sheet, a title above the headers. `version` is the year
    of the columns.
    """

    sheet_name: str = "List {}"
    template: bool = False
    version: str = "2024"


def write_workbook(
    path: Path, lists: Mapping[str, pd.DataFrame], layout: Layout, created: datetime
) -> None:
    with _without_collector(), xlsxwriter.Workbook(path) as book:
        book.set_properties(properties("Annex A - SYNTHETIC, not real data", created))
        if layout.template:
            front = book.add_worksheet("Front_Sheet")
            for row, line in enumerate(_FRONT_SHEET):
                front.write_string(row, 0, line)
        for table in contract("annex_a").tables:
            _write_list(book, table, lists[table.name], layout)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A cell is a tuple to the library; looking through a million of them costs a quarter of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _write_list(
    book: xlsxwriter.Workbook, table: Table, rows: pd.DataFrame, layout: Layout
) -> None:
    sheet = book.add_worksheet(layout.sheet_name.format(table.name.rpartition("_")[2]))
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    listed = [c for c in table.columns if c.since is None or c.since <= layout.version]
    sheet.set_column(0, len(listed) - 1, 18)
    top = 0
    if layout.template:
        sheet.merge_range(0, 0, 0, len(listed) - 1, table.title, bold)
        top = 1
    # By column: what kind of cell it is is then decided once, not for each cell.
    for index, column in enumerate(listed):
        sheet.write_string(top, index, column.headers[0], bold)
        values = rows[column.name]
        if column.type == "date":  # serial numbers at once: half the time of writing dates
            values = (values - pd.Timestamp("1899-12-30")).dt.days
        write = sheet.write_number if pd.api.types.is_numeric_dtype(values) else sheet.write_string
        style = day if column.type == "date" else None
        cells = values.astype(object).where(values.notna() & (values != ""), None).tolist()
        for row, cell in enumerate(cells, start=top + 1):
            if cell is not None:
                write(row, index, cell, style)
