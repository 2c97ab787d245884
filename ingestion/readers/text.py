"""Comma, semicolon and tab separated text in the encodings that spreadsheets save."""

import codecs
import csv
import io
from pathlib import Path

from ingestion.readers import Sheet, UnreadableFile

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
        text = decode(path.read_bytes())
        if "\x00" in text[:4096]:
            raise UnreadableFile(
                "the file is not text; save it as CSV (UTF-8) or send the workbook"
            )
        # newline="": a line break inside quotes belongs to its cell.
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)))
    except (OSError, csv.Error) as error:
        raise UnreadableFile(f"the file cannot be read as text ({error})") from error
    return Sheet(path.stem, rows)
