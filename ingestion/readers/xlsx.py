"""What calamine leaves out of an .xlsx: errors, formulas never calculated, percentages, hiding.

Regular expressions on the bytes of each sheet, run only where the mark they look for is there: a
tree of 300,000 cells takes seconds, this a twentieth of one. Values are not read here.
"""

import re
from html import unescape

from ingestion.readers import UnreadableFile
from ingestion.readers.archive import Archive
from ingestion.readers.notes import MAX_EMPTY_CELLS, UNCALCULATED, Notes, check_area

_PREFIX = re.compile(rb"<(\w+):worksheet[\s>]")
_OTHER_END = re.compile(rb"<(?:row|c)[>/\t\r\n]")
_ROW_OR_CELL = re.compile(rb"<(row|c)(?=[\s/>])([^>]*)")
_POSITION = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")

# From here on every row and cell begins with its address: `_addressed` sees to that.
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"([^>]*)>')
_ADDRESS = re.compile(rb'<c r="([A-Z]{1,3}[1-9]\d{0,6})"')
_LETTERS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_FILLED = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*(?<!/)>')
_ERROR = re.compile(rb"""t\s*=\s*["']e["']""")
# What ends a cell whose formula has no value. Two patterns, because each begins with fixed bytes,
# which makes it several times faster than one that looks at every cell.
_NO_VALUE = rb"\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
_UNCALCULATED = (re.compile(rb"</f>" + _NO_VALUE), re.compile(rb"<f(?:\s[^>]*)?/>" + _NO_VALUE))
# A formula that gives an empty text has an empty value too, and says so with t="str".
_EMPTY_TEXT = re.compile(rb"""\st\s*=\s*["']str["']""")
_VALUE = re.compile(rb"<v[^>]*>([^<]*)</v>")
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_ROW_TAG = re.compile(rb'<row r="(\d+)"([^>]*)>')
_COLUMN_TAG = re.compile(rb"<col\s[^>]*>")
_MIN_MAX = re.compile(rb"""\s(min|max)\s*=\s*["'](\d+)["']""")

# What a number format shows literally: "quoted", \escaped, _ and * with their sign, [condition].
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_BUILT_IN_PERCENT = {"9", "10"}


def scan(archive: Archive) -> dict[str, Notes]:
    """Notes by sheet name; raises UnreadableFile for a sheet too large to lay out."""
    relations = {
        item.attrib["Id"]: item.attrib["Target"]
        for item in archive.tree("xl/_rels/workbook.xml.rels")
    }
    styles = _percent_styles(archive)
    found = {}
    parts = {}
    from_1904 = False
    for sheet in archive.tree("xl/workbook.xml").iter():
        if _local(sheet.tag) == "workbookPr":
            from_1904 = sheet.attrib.get("date1904") in ("1", "true")
        if _local(sheet.tag) != "sheet":
            continue
        identity = next((v for k, v in sheet.attrib.items() if _local(k) == "id"), "")
        target = relations[identity].lstrip("/")
        part = target if target.lower().startswith("xl/") else f"xl/{target}"
        name = sheet.attrib["name"]
        if part in archive and part.lower() not in parts:
            notes = scan_sheet(name, archive.read_well_formed(part), styles)
            notes.from_1904 = from_1904
            found[name] = parts[part.lower()] = notes
    return found


def _local(tag: str) -> str:
    """A name without its namespace, which strict OOXML has another of."""
    return tag.rpartition("}")[2]


def _percent_styles(archive: Archive) -> set[int]:
    """The cell styles that show a number as a percentage."""
    if "xl/styles.xml" not in archive:
        return set()
    tree = archive.tree("xl/styles.xml")
    formats = set(_BUILT_IN_PERCENT)
    for item in tree.iter():
        if _local(item.tag) == "numFmt" and is_percent(item.attrib.get("formatCode", "")):
            formats.add(item.attrib["numFmtId"])
    for group in tree:
        if _local(group.tag) == "cellXfs":
            return {i for i, style in enumerate(group) if style.get("numFmtId") in formats}
    return set()


def is_percent(number_format: str) -> bool:
    """Whether the format multiplies by 100: its % is neither quoted nor escaped."""
    return "%" in number_format and "%" in _LITERAL.sub("", number_format)


def scan_sheet(name: str, xml: bytes, percent_styles: set[int]) -> Notes:
    """One sheet's notes from its XML."""
    xml = _addressed(_unprefixed(xml))
    _check_area(name, xml)
    notes = Notes()
    for pattern in _UNCALCULATED:
        for match in pattern.finditer(xml):
            cell = _cell_before(xml, match.start())
            if cell and not _EMPTY_TEXT.search(cell.group(3)):
                notes.texts[_at(cell)] = UNCALCULATED
    for match in _ERROR.finditer(xml) if _mentions_error(xml) else ():
        cell = _cell_before(xml, match.start())
        # Past the tag's end it is a text that reads like the mark.
        if cell and cell.end() > match.end():
            body = xml[cell.end() : xml.find(b"<c ", cell.end()) + 1 or None]
            value = _VALUE.search(body)
            notes.texts[_at(cell)] = unescape(value.group(1).decode()) if value else "#ERROR"
    if percent_styles:
        notes.percents = {_at(cell) for cell in _percents(percent_styles).finditer(xml)}
    if b"hidden" in xml:
        for number, attributes in _ROW_TAG.findall(xml):
            if _HIDDEN.search(attributes):
                notes.hidden_rows.append((int(number) - 1, int(number) - 1))
        for tag in _COLUMN_TAG.findall(xml):
            ends = {name: int(number) for name, number in _MIN_MAX.findall(tag)}
            if _HIDDEN.search(tag) and len(ends) == 2:
                notes.hidden_columns.append((ends[b"min"] - 1, ends[b"max"] - 1))
    return notes


def _mentions_error(xml: bytes) -> bool:
    return b'"e"' in xml or b"'e'" in xml


def _cell_before(xml: bytes, place: int) -> re.Match[bytes] | None:
    return _CELL.match(xml, xml.rfind(b"<c ", 0, place))


def _at(cell: re.Match[bytes]) -> tuple[int, int]:
    return int(cell.group(2)) - 1, _column_number(cell.group(1)) - 1


def _percents(styles: set[int]) -> re.Pattern[bytes]:
    """Cells with one of the styles and a number, whether typed or calculated."""
    numbers = b"|".join(str(style).encode() for style in sorted(styles))
    return re.compile(
        rb'<c r="([A-Z]+)(\d+)"(?=[^>]*\ss\s*=\s*["\'](?:'
        + numbers
        + rb""")["'])(?![^>]*\st\s*=\s*["'](?!n["']))[^>]*>"""
        + rb"\s*(?:<f(?:\s[^>]*)?/>|<f[^>]*>[^<]*</f>)?\s*<v[^>]*>[^<]"
    )


def _unprefixed(xml: bytes) -> bytes:
    """Some report writers prefix every element (`<x:c r="A1">`)."""
    prefix = _PREFIX.search(xml[:4096])
    if prefix is None:
        return xml
    name = prefix.group(1)
    return xml.replace(b"<" + name + b":", b"<").replace(b"</" + name + b":", b"</")


def _addressed(xml: bytes) -> bytes:
    """The same XML where every row and cell begins with its address, as programs write it.

    The address may stand elsewhere in the tag, or be left out: then it is the next.
    """
    usual = xml.count(b"<c ") == xml.count(b'<c r="') and xml.count(b"<row ") == xml.count(
        b'<row r="'
    )
    if usual and not _OTHER_END.search(xml):
        return xml
    row, column = 0, 0

    def address(match: re.Match[bytes]) -> bytes:
        nonlocal row, column
        stated = _POSITION.search(match.group(2))
        if match.group(1) == b"row":
            row, column = int(stated.group(2)) if stated else row + 1, 0
            own = str(row).encode()
        else:
            column = _column_number(stated.group(1).upper()) if stated else column + 1
            own = _letters(column) + str(row).encode()
        return b'<%s r="%s"%s' % (match.group(1), own, _POSITION.sub(b"", match.group(2)))

    return _ROW_OR_CELL.sub(address, xml)


def _check_area(sheet: str, xml: bytes) -> None:
    """One damaged address can ask for 400 GB, past any `except`: 11 of 300 damaged sheets did."""
    cells = xml.count(b"<c ")
    # A million rows of eight formatted blanks took 8 s to read as nothing.
    if cells > MAX_EMPTY_CELLS and (xml.count(b"<v") + xml.count(b"<is>")) * 50 < cells:
        raise UnreadableFile(
            f"sheet “{sheet}” has {cells} cells, almost all of them formatted but empty; delete the"
            " rows and columns after the data and save it again",
            "file.too_large",
        )
    addresses = _ADDRESS.findall(xml)
    if len(addresses) != cells:
        raise UnreadableFile(
            f"sheet “{sheet}” is damaged; open the workbook, save a copy and send that",
            "file.corrupt",
        )
    joined = b" ".join(addresses)
    last_row = max(map(int, set(joined.translate(None, _LETTERS).split())), default=0)
    columns = set(joined.translate(None, _DIGITS).split())
    last_column = max(map(_column_number, columns), default=0)
    if last_row * last_column <= MAX_EMPTY_CELLS:
        return
    # Formatted but empty cells are no part of calamine's rectangle: only the others count.
    last_row = last_column = filled = 0
    for letters, number in _FILLED.findall(xml):
        filled += 1
        last_row = max(last_row, int(number))
        last_column = max(last_column, _column_number(letters))
    check_area(sheet, last_row, last_column, filled)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _letters(number: int) -> bytes:
    letters = b""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = bytes([65 + rest]) + letters
    return letters
