"""Excel and OpenDocument workbooks.

python-calamine gives values fast, but shows `#N/A` and a formula that was never calculated as an
empty string: a loss without a word. For xlsx the sheet XML is scanned as well, and such cells come
back as the text a person would see. Nothing here knows what a sheet is for.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, PasswordError

from ingestion.readers import UNCALCULATED, Sheet, UnreadableFile, check_size

# calamine lays a sheet out as one rectangle: a stray space in XFD1048576 asks for 17 thousand
# million cells and ends the process. The largest workbook seen fills 0.2 million.
MAX_CELLS = 20_000_000

# Some report writers prefix every element (`<x:c r="A1">`), so a prefix is allowed for.
_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\br="([A-Z]+)(\d+)")([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)',
    re.DOTALL,
)
_COLUMN = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
# A formula that gives an empty text has an empty value too, and says so with t="str".
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

# One wrong byte in an .xls can name a cell in column 65,536: calamine asks for 12 GB, the process
# is ended past any `except` (2 of 150 files with random bytes changed). A child reads it first.
_TRIAL = """
import sys
from python_calamine import CalamineWorkbook
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3, 4 * 1024**3))
except ImportError:
    pass  # Windows has no such limit
workbook = CalamineWorkbook.from_path(sys.argv[1])
for name in workbook.sheet_names:
    workbook.get_sheet_by_name(name)
"""

_Losses = dict[tuple[int, int], str]


def read_workbook(path: Path) -> list[Sheet]:
    """All worksheets in order; raises UnreadableFile with a reason a sender understands."""
    try:
        return _read(path)
    except (UnreadableFile, MemoryError):
        raise
    except PasswordError as error:
        raise UnreadableFile(
            "the workbook has a password; save a copy without one and send that"
        ) from error
    except Exception as error:
        # Damaged bytes have been seen to raise CalamineError, BadZipFile, zlib.error, KeyError,
        # ParseError and NotImplementedError: whatever it is, it is about this file only.
        raise UnreadableFile(
            f"the workbook cannot be opened ({error}); open it, save a copy and send that"
        ) from error


def _read(path: Path) -> list[Sheet]:
    losses: dict[str, _Losses] = {}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_size(sum(item.file_size for item in archive.infolist()))
            if "xl/workbook.xml" in archive.namelist():
                losses = _hidden_losses(archive)
    if path.suffix.lower() == ".xls":
        _try_apart(path)
    workbook = CalamineWorkbook.from_path(path)
    sheets = []
    for name in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for (row, column), text in losses.get(name, {}).items():
            if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
                rows[row][column] = text
        sheets.append(Sheet(name, rows))
    return sheets


def _try_apart(path: Path) -> None:
    command = [sys.executable, "-c", _TRIAL, str(path)]
    ended = subprocess.run(command, capture_output=True, check=False).returncode
    # 1 is an ordinary exception, which the reading that follows raises again with its reason.
    if ended not in (0, 1):
        raise UnreadableFile("the workbook is damaged; open it, save it as .xlsx and send that")


def _hidden_losses(archive: zipfile.ZipFile) -> dict[str, _Losses]:
    """Error cells and never-calculated formulas, by sheet name and zero-based position."""
    relations = {
        item.attrib["Id"]: item.attrib["Target"]
        for item in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    found = {}
    for sheet in _xml(archive, "xl/workbook.xml").iter(f"{_SPREADSHEET}sheet"):
        target = relations[sheet.attrib[_RELATION_ID]].lstrip("/")
        part = target if target.startswith("xl/") else f"xl/{target}"
        if part in archive.namelist():
            xml = archive.read(part)
            _check_area(sheet.attrib["name"], xml)
            found[sheet.attrib["name"]] = _scan(xml)
    return found


def _xml(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    data = archive.read(part)
    if b"<!DOCTYPE" in data:
        raise UnreadableFile(
            "the workbook declares XML entities, which no spreadsheet program does"
        )
    return ElementTree.fromstring(data)  # noqa: S314 - without a DTD there is nothing to expand


def _check_area(sheet: str, xml: bytes) -> None:
    last_row = max(map(int, _ROW.findall(xml)), default=0)
    last_column = max(map(_column_number, set(_COLUMN.findall(xml))), default=0)
    if last_row * last_column > MAX_CELLS:
        raise UnreadableFile(
            f"sheet “{sheet}” reaches to row {last_row} and column {last_column}, almost all of it"
            " empty; delete the rows and columns after the data and save it again"
        )


def _scan(xml: bytes) -> _Losses:
    losses: _Losses = {}
    if b't="e"' not in xml and not _FORMULA.search(xml):
        return losses
    for letters, number, attributes, body in _CELL.findall(xml):
        value = _VALUE.search(body)
        if b't="e"' in attributes:
            text = value.group(1).decode() if value else "#ERROR"
        elif (
            _FORMULA.search(body)
            and not (value and value.group(1))
            and b't="str"' not in attributes
        ):
            text = UNCALCULATED
        else:
            continue
        losses[int(number) - 1, _column_number(letters) - 1] = text
    return losses


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
