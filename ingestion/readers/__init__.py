"""Bytes to cells with their addresses; nothing clever.

A reader knows file formats, never what a cell means. Every reader returns `Sheet`s whose first cell
is A1, so that a position is an Excel address. What a file is, its content says, not its name.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXT = (".csv", ".tsv", ".txt")

# The largest Annex A workbook seen unpacks to about 20 MB.
MAX_UNPACKED_BYTES = 500 * 1024 * 1024


class UnreadableFile(Exception):
    """The file cannot be read at all; the message says why, in plain English.

    `rule_id` says which kind of reason it is, for the finding that a parser makes of it.
    """

    def __init__(self, message: str, rule_id: str = "file.unreadable") -> None:
        super().__init__(message)
        self.rule_id = rule_id


@dataclass(frozen=True)
class Sheet:
    """One sheet (or one CSV): `rows[0][0]` is cell A1; empty cells are empty strings.

    The rest is what the rows alone do not show, all zero-based and inside the used area: what a
    person would not see on opening the file, and the numbers shown as a percentage (25% is 0.25).
    """

    name: str
    rows: list[list[Any]]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    percents: frozenset[tuple[int, int]] = frozenset()
    # Whether a bare number in a date column counts from 1904: date cells are dates either way.
    from_1904: bool = False
    # What parts the cells of a text file; in one parted by semicolons a comma may be a decimal one.
    delimiter: str | None = None


def read(path: Path, limit_bytes: int | None = None, documents: bool = False) -> list[Sheet]:
    """Every sheet of a workbook, or the one table of a text file; with `documents` Word's tables.

    Raises UnreadableFile for a file that is gone, damaged, encrypted, with macros or of another
    kind, and for one that unpacks to more than `limit_bytes` (without it, MAX_UNPACKED_BYTES).
    """
    limit = MAX_UNPACKED_BYTES if limit_bytes is None else limit_bytes
    # Each format's reader is imported when it is needed; they all import this module.
    from ingestion.readers import sniff

    try:
        check_size(path.stat().st_size, limit)
        kind = sniff.kind_of(path, documents)
    except OSError as error:
        raise UnreadableFile(f"the file cannot be opened ({error.strerror})") from error
    if kind == "text":
        from ingestion.readers.text import read_text

        return [read_text(path)]
    if kind == "docx":
        from ingestion.readers.docx import read_document

        return read_document(path, limit)
    from ingestion.readers.workbook import read_workbook

    return read_workbook(path, kind, limit)


def check_size(unpacked: int, limit_bytes: int) -> None:
    if unpacked > limit_bytes:
        limit, megabytes = limit_bytes // 1024**2, unpacked // 1024**2
        raise UnreadableFile(
            f"the file unpacks to {megabytes} MB or more, and {limit} MB are allowed;"
            " delete unused rows and sheets and save it again",
            "file.too_large",
        )
