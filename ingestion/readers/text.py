"""Comma, semicolon and tab separated text in the encodings that spreadsheets save."""

import codecs
import csv
import io
import os
from pathlib import Path

from ingestion.readers import Sheet, UnreadableFile

# The largest files of DfE have a million lines. Beyond these a file of line breaks or commas alone,
# 100 MB of it, would fill the memory: 64 bytes for a line, 8 for a cell, whatever is in it.
MAX_LINES = 2_000_000
MAX_CELLS = 20_000_000

# The lines that tell the delimiter: enough to reach past a cover block to the table itself.
_SAMPLE_LINES = 50


def decode(data: bytes) -> str:
    """utf-8 with or without a byte order mark, Excel's UTF-16 "Unicode Text", else Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def delimiter_of(text: str) -> str:
    """The separator on most of the first lines; a title's or a number's comma stands on fewer."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:_SAMPLE_LINES]
    return max(
        ",;\t", key=lambda sign: (sum(sign in x for x in lines), sum(x.count(sign) for x in lines))
    )


def read_text(path: Path) -> Sheet:
    """The one table of a text file; raises UnreadableFile when it is not text."""
    try:
        data = path.read_bytes()
        text = decode(data)
        if _is_binary(text[:4096]):
            raise UnreadableFile(
                "the file is neither a workbook nor text; save it as .xlsx or CSV (UTF-8) and send"
                " that",
                "file.wrong_type",
            )
        delimiter = delimiter_of(text)
        lines = max(data.count(b"\n"), data.count(b"\r"))
        cells = lines + data.count(delimiter.encode())
        if lines > MAX_LINES or cells > MAX_CELLS:
            raise UnreadableFile(
                f"the file has {lines} lines and {cells} cells, far more than any list; delete what"
                " is not data and save it again",
                "file.too_large",
            )
        # newline="": a line break inside quotes belongs to its cell.
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (OSError, csv.Error) as error:
        raise UnreadableFile(
            f"the file cannot be read as text ({error})", "file.corrupt"
        ) from error
    # A name in an old encoding would break whatever stores it as text.
    return Sheet(os.fsencode(path.stem).decode("utf-8", "replace"), rows, delimiter=delimiter)


def _is_binary(start: str) -> bool:
    """A NUL, or more control characters than a stray one or two."""
    control = sum(sign < " " and sign not in "\t\n\r\f\v\x1a" for sign in start)
    return "\x00" in start or control * 20 > len(start)
