"""Excel and OpenDocument workbooks.

python-calamine gives values fast, but shows `#N/A` and a formula that was never calculated as an
empty string, 25% as 0.25 and a hidden row like any other: a loss without a word. Each format's scan
tells what it left out. Nothing here knows what a sheet is for.
"""

from pathlib import Path

from python_calamine import (
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ingestion.readers import Sheet, UnreadableFile, ods, sniff, xls, xlsx
from ingestion.readers.archive import Archive
from ingestion.readers.notes import Notes


def read_workbook(path: Path, kind: str, limit_bytes: int) -> list[Sheet]:
    """All sheets in order; raises UnreadableFile with a reason a sender understands."""
    try:
        return _read(path, kind, limit_bytes)
    except (UnreadableFile, MemoryError):
        raise
    except PasswordError as error:
        raise sniff.encrypted() from error
    except Exception as error:
        # Damaged bytes have been seen to raise CalamineError, BadZipFile, zlib.error, KeyError,
        # ParseError and NotImplementedError: whatever it is, it is about this file only.
        raise sniff.damaged(error) from error


def _read(path: Path, kind: str, limit_bytes: int) -> list[Sheet]:
    notes = _notes(path, kind, limit_bytes)
    workbook = _open(path, kind)
    sheets = []
    for about in workbook.sheets_metadata:
        if about.typ == SheetTypeEnum.MacroSheet:
            raise sniff.macros()
        rows = workbook.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
        hidden = about.visible != SheetVisibleEnum.Visible
        sheets.append(notes.get(about.name, Notes()).join(about.name, rows, hidden))
    return sheets


def _notes(path: Path, kind: str, limit_bytes: int) -> dict[str, Notes]:
    if kind == "xls":
        return xls.scan(path)
    with Archive(path, limit_bytes) as archive:
        notes = xlsx.scan(archive) if kind == "xlsx" else ods.scan(archive)
        archive.unpack_rest()
    return notes


def _open(path: Path, kind: str) -> CalamineWorkbook:
    if path.suffix.lower() == f".{kind}":
        return CalamineWorkbook.from_path(path)
    # By its path calamine goes by the extension, which is wrong here.
    with path.open("rb") as handle:
        return CalamineWorkbook.from_filelike(handle)
