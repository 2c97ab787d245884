"""Bytes to cells with their addresses; nothing clever.

A reader knows file formats, never what a cell means. Every reader returns `Sheet`s whose first cell
is A1, so that a position is an Excel address.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
TEXT = (".csv", ".tsv", ".txt")

# A return is under 100 KB and the largest Annex A workbook seen unpacks to about 20 MB.
MAX_UNPACKED_BYTES = 500 * 1024 * 1024


# How a cell reads whose formula was saved without a result.
UNCALCULATED = "(formula without a saved result)"


class UnreadableFile(Exception):
    """The file cannot be read at all; the message says why, in plain English."""


@dataclass(frozen=True)
class Sheet:
    """One sheet (or one CSV): `rows[0][0]` is cell A1; empty cells are empty strings.

    Positions are zero-based. `percents` are numbers shown as a percentage: 25% comes as 0.25.
    """

    name: str
    rows: list[list[Any]]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    percents: frozenset[tuple[int, int]] = frozenset()


def read(path: Path) -> list[Sheet]:
    """Every sheet of a workbook, or the one table of a text file.

    Raises UnreadableFile for an unknown extension, a file that is gone, corrupt or encrypted, or
    one that would unpack to an unreasonable size.
    """
    suffix = path.suffix.lower()
    if suffix not in SPREADSHEETS + TEXT:
        known = ", ".join(SPREADSHEETS[:1] + SPREADSHEETS[2:] + TEXT[:1])
        raise UnreadableFile(
            f"files of type {suffix or '(none)'} are not read; send one of {known}"
        )
    try:
        check_size(path.stat().st_size)
    except OSError as error:
        raise UnreadableFile(f"the file cannot be opened ({error.strerror})") from error
    if suffix in SPREADSHEETS:
        from ingestion.readers.workbook import read_workbook

        return read_workbook(path)
    from ingestion.readers.text import read_text

    return [read_text(path)]


def check_size(unpacked: int) -> None:
    if unpacked > MAX_UNPACKED_BYTES:
        limit, megabytes = MAX_UNPACKED_BYTES // 1024**2, unpacked // 1024**2
        raise UnreadableFile(
            f"the file unpacks to {megabytes} MB, more than the {limit} MB allowed;"
            " delete unused rows and sheets and save it again"
        )
