"""The two files of a screening, read as text: cells, the lines they stand on, and what hindered.

Nothing here judges what stands in the files; a file that cannot be read is an empty table with the
reason, so that checks have something to look at.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from ingestion.readers import UnreadableFile, sniff
from ingestion.screening.results import listed

# Rows that do not fit the header: so many are told with line and number of cells.
_ROWS_TOLD = 5
# A block of the reader must hold the longest row.
_BLOCK = 64 * 1024 * 1024


@dataclass(frozen=True)
class Table:
    """A CSV: `frame` has every cell as text under the names of the header, which may repeat.

    `problem` says why the file is no table, or which rows do not fit its header; `encoding` what is
    not UTF-8. Either is None where all is well.
    """

    path: Path
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    problem: str | None = None
    encoding: str | None = None
    text: bytes = b""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def header(self) -> list[str]:
        return [str(name) for name in self.frame.columns]

    @cached_property
    def _lines(self) -> Sequence[int]:
        """The line on which each row begins; the header's first line is 1."""
        rows = len(self.frame)
        ends = self.text.count(b"\n") + (not self.text.endswith(b"\n"))
        if ends == rows + 1:
            return range(2, rows + 2)
        # Empty lines, line breaks inside quotes, or line ends of an old kind.
        try:
            starts = [start for start, _ in _rows(self.text)][1:]
        except csv.Error:
            starts = []
        # Where the two readers see other rows, the rows are counted.
        return starts if len(starts) == rows else range(2, rows + 2)

    def lines(self, rows: "pd.Series[bool]") -> str:
        """“line 4” or “lines 4, 9 and 12” of the rows that are marked."""
        found = np.flatnonzero(rows.to_numpy(dtype=bool))
        return f"line{'s' * (len(found) != 1)} {listed(self._lines[int(row)] for row in found)}"


class Meta(Table):
    """The meta file: a row for each filter and indicator of the data file."""

    @cached_property
    def filters(self) -> list[str]:
        return self._named("Filter")

    @cached_property
    def indicators(self) -> list[str]:
        return self._named("Indicator")

    @cached_property
    def groups(self) -> dict[str, str]:
        """The column by which each filter is grouped, by filter."""
        rows = self.frame[self.is_filter & (self.frame["filter_grouping_column"] != "")]
        return dict(zip(rows["col_name"], rows["filter_grouping_column"], strict=True))

    @property
    def categories(self) -> list[str]:
        """Filters and the columns that group them, each once."""
        return list(dict.fromkeys([*self.filters, *self.groups.values()]))

    @property
    def is_filter(self) -> "pd.Series[bool]":
        return self.frame["col_type"] == "Filter"

    @property
    def is_indicator(self) -> "pd.Series[bool]":
        return self.frame["col_type"] == "Indicator"

    def _named(self, col_type: str) -> list[str]:
        rows = self.frame[self.frame["col_type"] == col_type]
        return list(dict.fromkeys(rows["col_name"]))


def read_data(path: Path) -> Table:
    return Table(path, **_read(path))


def read_meta(path: Path) -> Meta:
    return Meta(path, **_read(path))


def meta_beside(data: Path) -> Path:
    """Where the standard puts the meta file of a data file."""
    return data.with_name(f"{data.stem}.meta.csv")


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row begins, and its cells, by Python's slower and stricter reader."""
    text = io.StringIO(content.decode("utf-8-sig", errors="replace"), newline="")
    reader, start = csv.reader(text, strict=True), 1
    for row in reader:
        if row:
            yield start, row
        start = reader.line_num + 1


def _read(path: Path) -> dict:
    if not path.exists():
        return {"problem": f"there is no file {path}"}
    try:
        kind = sniff.kind_of(path)
        content = path.read_bytes()
    except UnreadableFile as error:
        # What follows the semicolon is what to do with a workbook.
        return {"problem": str(error).split(";")[0]}
    except OSError as error:
        return {"problem": f"the file cannot be opened ({error.strerror})"}
    if kind != "text":
        return {"problem": f"this is a workbook (.{kind}) and no CSV; save it as CSV UTF-8"}
    if b"\x00" in content:
        told = "it holds zero bytes, as UTF-16 and binary files do; save it as CSV UTF-8"
        return {"problem": told, "encoding": told}
    encoding = None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        encoding = f"line {line} has a byte (0x{content[error.start]:02x}) that is not UTF-8"
        # Read on as the old Windows encoding, so that the other checks can say their part too.
        content = content.decode("cp1252", errors="replace").encode("utf-8")
    return {"encoding": encoding, "text": content, **_table(content)}


def _table(content: bytes) -> dict:
    wrong: list[str] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        wrong.append(f"row {row.number} has {row.actual_columns} cells")
        return "skip"

    try:
        _, header = next(_rows(content[:_BLOCK]), (1, []))
        if content.count(b'"') % 2:
            deque(_rows(content), maxlen=0)  # The fast reader takes an open quote for one cell.
    except csv.Error as error:
        return {"problem": f"it cannot be read as rows of cells ({error})"}
    # Every column is text: nothing is lost of what was written, such as a leading zero.
    as_text = {f"f{position}": pa.string() for position in range(len(header))}
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content if content.endswith(b"\n") else content + b"\n"),
            # One thread, which alone knows the numbers of rows.
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK, autogenerate_column_names=True
            ),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            convert_options=arrow_csv.ConvertOptions(
                column_types=as_text, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return {"problem": "it cannot be read as rows of cells"}
    frame = table.slice(1).to_pandas()
    frame.columns = pd.Index([column[0].as_py() for column in table.columns], dtype="object")
    problem = None
    if wrong:
        problem = (
            f"{len(wrong):,} row{'s do' if len(wrong) != 1 else ' does'} not have the "
            f"{len(frame.columns)} cells of the header: {listed(wrong[:_ROWS_TOLD])}"
        )
    return {"frame": frame, "problem": problem}
