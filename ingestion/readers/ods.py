"""What calamine leaves out of an .ods: errors, formulas never calculated, percentages, hiding.

A walk over the rows of content.xml. Cells are looked at one by one only in rows that have something
to note. Names are matched with their usual prefix (`table:`), as calamine itself does.
"""

import re
from collections.abc import Iterator
from html import unescape

from ingestion.readers import UnreadableFile, sniff
from ingestion.readers.archive import Archive
from ingestion.readers.notes import UNCALCULATED, Notes, check_area

# More than any program has; a repeat beyond it is cut, as calamine cuts it.
_ROWS, _COLUMNS = 1_048_576, 16_384
# One repeated cell can stand for thousands of millions.
_MAX_NOTES = 2_000_000

_TABLE = re.compile(rb"<table:table\s([^>]*)>")
_NAME = re.compile(rb"""table:name\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COLUMN = re.compile(rb"<table:table-column\b([^>]*)>")
_ROW = re.compile(rb"<table:table-row\b([^>]*)>")
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b")
_TAG = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)>")
_REPEAT = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["'](\d+)["']""")
_HIDDEN = re.compile(rb"""table:visibility\s*=\s*["'](?:collapse|filter)["']""")
_KIND = re.compile(rb"""office:value-type\s*=\s*["']([a-z]+)["']""")
_VALUE = re.compile(rb"""office:(?:date-|time-|boolean-)?value\s*=\s*["'][^"']""")
_ERROR_MARK = re.compile(rb"""calcext:value-type\s*=\s*["']error["']""")
_SHOWN = re.compile(rb"<text:p[^>]*>([^<]*)")
_ERROR_TEXT = re.compile(r"#[A-Z0-9/]+[!?]?|Err:\d+")
_MARKS = (b"percentage", b"table:formula", b"error")
_CONTENT = (b"office:", b"<text:", b"table:formula")


def scan(archive: Archive) -> dict[str, Notes]:
    """Notes by sheet name; raises UnreadableFile for a sheet too large to lay out."""
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read(
        "META-INF/manifest.xml"
    ):
        raise sniff.encrypted()
    found = {}
    # calamine never came back from 1 of 188 files whose XML had been damaged at random.
    xml = archive.read_well_formed("content.xml")
    for match in _TABLE.finditer(xml):
        name = _NAME.search(match.group(1))
        if name is not None:
            title = unescape((name.group(1) or name.group(2) or b"").decode())
            end = xml.find(b"</table:table>", match.end())
            found[title] = scan_table(title, xml[match.end() : end])
    return found


def scan_table(name: str, xml: bytes) -> Notes:
    """One sheet's notes from the inside of its `table:table`."""
    notes = Notes()
    at = 0
    for attributes in _COLUMN.findall(xml):
        repeat = _repeat(attributes, _COLUMNS)
        if _HIDDEN.search(attributes):
            notes.hidden_columns.append((at, at + repeat - 1))
        at += repeat
    row = width = filled = 0
    for attributes, cells in _rows(xml):
        repeat = _repeat(attributes, _ROWS)
        if b"visibility" in attributes and _HIDDEN.search(attributes):
            notes.hidden_rows.append((row, row + repeat - 1))
        used = _used(cells)
        if used:
            width, filled = max(width, used), filled + used * repeat
            check_area(name, row + repeat, width, filled)
            if any(mark in cells for mark in _MARKS):
                _note_cells(notes, cells, row, repeat)
        row += repeat
    return notes


def _rows(xml: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and cells of each row, as one stretch of bytes up to the next row."""
    starts = list(_ROW.finditer(xml))
    for match, following in zip(starts, [*starts[1:], None], strict=True):
        limit = following.start() if following else len(xml)
        end = xml.find(b"</table:table-row>", match.end(), limit)
        yield match.group(1), xml[match.end() : max(end, match.end())]


def _repeat(attributes: bytes, most: int) -> int:
    found = _REPEAT.search(attributes) if b"repeated" in attributes else None
    return min(int(found.group(1)), most) if found else 1


def _used(cells: bytes) -> int:
    """How many cells up to the last with content; programs fill a row up with repeated blanks."""
    last = max(cells.rfind(sign) for sign in _CONTENT)
    if last < 0:
        return 0
    return min(_count(cells[: cells.find(b">", last) + 1]), _COLUMNS)


def _count(cells: bytes) -> int:
    """How many columns a stretch of cells takes."""
    count = cells.count(b"<table:table-cell") + cells.count(b"<table:covered-table-cell")
    if b"repeated" in cells:
        count += sum(int(number) - 1 for number in _REPEAT.findall(cells))
    return count


def _note_cells(notes: Notes, cells: bytes, row: int, rows: int) -> None:
    for match in _marked(cells):
        attributes = match.group(1)
        text = None
        if b"formula" in attributes or b"error" in attributes:
            following = _CELL.search(cells, match.end())
            text = _text(attributes, cells[match.end() : following.start() if following else None])
        percent = b"percentage" in attributes and _VALUE.search(attributes)
        if text is None and not percent:
            continue
        column = _count(cells[: match.start()])
        last = column + _repeat(attributes, _COLUMNS)
        where = [(r, c) for r in range(row, row + rows) for c in range(column, last)]
        if text is not None:
            notes.texts.update(dict.fromkeys(where, text))
        else:
            notes.percents.update(where)
        if len(notes.texts) + len(notes.percents) > _MAX_NOTES:
            raise UnreadableFile(
                "the workbook repeats a formula over millions of cells; delete them and save it"
                " again",
                "file.too_large",
            )


def _marked(cells: bytes) -> Iterator[re.Match[bytes]]:
    """The tags of cells with a mark; looking for the marks alone is what makes it fast."""
    starts = set()
    for mark in _MARKS:
        at = cells.find(mark)
        while at >= 0:
            starts.add(cells.rfind(b"<", 0, at))
            at = cells.find(mark, at + 1)
    tags = (_TAG.match(cells, start) for start in sorted(starts) if start >= 0)
    return (tag for tag in tags if tag)


def _text(attributes: bytes, body: bytes) -> str | None:
    """What a person sees in a formula's cell where calamine gives a blank or a zero."""
    found = _SHOWN.search(body)
    shown = unescape(found.group(1).decode()) if found else ""
    if _ERROR_MARK.search(attributes) or _ERROR_TEXT.fullmatch(shown):
        return shown or "#ERROR"
    kind = _KIND.search(attributes)
    if kind is None or (kind.group(1) != b"string" and not _VALUE.search(attributes)):
        return shown or UNCALCULATED
    return None
