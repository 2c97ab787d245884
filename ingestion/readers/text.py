"""Comma, semicolon and tab separated text in the encodings that spreadsheets save."""

import csv
from pathlib import Path

from ingestion.readers import Sheet, UnreadableFile


def decode(data: bytes) -> str:
    """utf-8 with or without a byte order mark, else Windows-1252 (Excel's plain CSV)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_text(path: Path) -> Sheet:
    """The one table of a text file; raises UnreadableFile when it is not text."""
    data = path.read_bytes()
    if b"\x00" in data[:4096]:
        raise UnreadableFile("the file is not text; save it as CSV (UTF-8) or send the workbook")
    text = decode(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    return Sheet(path.stem, list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter)))
