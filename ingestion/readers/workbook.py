"""Excel and OpenDocument workbooks.

python-calamine gives values fast, but shows `#N/A` and a formula that was never calculated as an
empty string: a loss without a word. For xlsx the sheet XML is scanned as well, and such cells come
back as the text a person would see. Nothing here knows what a sheet is for.
"""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from ingestion.readers import Sheet, UnreadableFile

# A return is under 100 KB and the largest Annex A workbook seen unpacks to about 20 MB.
MAX_UNPACKED_BYTES = 500 * 1024 * 1024

UNCALCULATED = "(formula without a saved result)"

_CELL = re.compile(
    rb'<c\b(?=[^>]*\br="([A-Z]+)(\d+)")([^>]*?)(?:/>|>(.*?)</c>)',
    re.DOTALL,
)
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_workbook(path: Path) -> list[Sheet]:
    """All worksheets in order; raises UnreadableFile with a reason a sender understands."""
    patches: dict[str, dict[tuple[int, int], str]] = {}
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                _check_size(archive)
                if "xl/workbook.xml" in archive.namelist():
                    patches = _hidden_losses(archive)
        workbook = CalamineWorkbook.from_path(path)
        sheets = []
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for (row, column), text in patches.get(name, {}).items():
                if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
                    rows[row][column] = text
            sheets.append(Sheet(name, rows))
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError) as error:
        raise UnreadableFile(
            f"the workbook cannot be opened ({error}); if it has a password, save a copy without one"
        ) from error
    return sheets


def _check_size(archive: zipfile.ZipFile) -> None:
    unpacked = sum(item.file_size for item in archive.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFile(
            f"the workbook unpacks to {unpacked // 1024**2} MB, more than the {MAX_UNPACKED_BYTES // 1024**2} MB"
            " allowed; delete unused rows and sheets and save it again"
        )


def _hidden_losses(archive: zipfile.ZipFile) -> dict[str, dict[tuple[int, int], str]]:
    """Error cells and never-calculated formulas, by sheet name and zero-based position."""
    relations = {
        item.attrib["Id"]: item.attrib["Target"]
        for item in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    found = {}
    for sheet in book.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"):
        target = relations[sheet.attrib[_RELATION_ID]].lstrip("/")
        part = target if target.startswith("xl/") else f"xl/{target}"
        if part in archive.namelist():
            found[sheet.attrib["name"]] = _scan(archive.read(part))
    return found


def _scan(xml: bytes) -> dict[tuple[int, int], str]:
    losses = {}
    if b't="e"' not in xml and b"<f" not in xml:
        return losses
    for letters, number, attributes, body in _CELL.findall(xml):
        if b't="e"' in attributes:
            value = _VALUE.search(body)
            text = value.group(1).decode() if value else "#ERROR"
        elif b"<f" in body and not _VALUE.search(body):
            text = UNCALCULATED
        else:
            continue
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        losses[int(number) - 1, column - 1] = text
    return losses
