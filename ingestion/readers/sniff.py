"""What a file is, told by its bytes: a workbook, text, or something to be named and refused.

An extension is only a claim: systems save CSV and web pages as .xls, and people rename. Nothing is
read here beyond what tells one kind from another.
"""

import re
import zipfile
from pathlib import Path

from ingestion.readers import UnreadableFile

# A hundred bytes for each part; a workbook with every drawing of a report has some hundred parts.
MAX_DIRECTORY_BYTES = 2 * 1024 * 1024

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# (where, bytes, what it is): files that are sent in place of a workbook.
_SIGNATURES = (
    (0, b"%PDF", "a PDF"),
    (0, b"{\\rtf", "a rich text document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"II*\x00", "a picture"),
    (0, b"MM\x00*", "a picture"),
    (8, b"WEBP", "a picture"),
    (4, b"ftyphei", "a picture"),
    (4, b"ftypmif", "a picture"),
    (0, b"\x1f\x8b", "a compressed archive"),
    (0, b"7z\xbc\xaf", "a compressed archive"),
    (0, b"Rar!", "a compressed archive"),
    (0, b"\x09\x00\x04\x00", "a workbook of Excel 4 or older"),
    (0, b"\x09\x02\x06\x00", "a workbook of Excel 4 or older"),
    (0, b"\x09\x04\x06\x00", "a workbook of Excel 4 or older"),
)

# What a zip is by the part it has: the first that fits.
_PACKAGES = (
    ("xl/workbook.bin", "a binary workbook (.xlsb); open it and save as .xlsx"),
    ("word/", "a Word document; send the workbook as .xlsx"),
    ("ppt/", "a presentation; send the workbook as .xlsx"),
    ("index/document.iwa", "a Numbers document; export it to Excel and send the .xlsx"),
    ("index.zip", "a Numbers document; export it to Excel and send the .xlsx"),
)

# Entry names of an OLE container and what they make of it; `_VBA_PROJECT_CUR` is Excel 97's.
_OLE_ENTRIES = (
    ("EncryptedPackage", "encrypted"),
    ("_VBA_PROJECT", "macros"),
    ("WordDocument", "a Word document"),
    ("PowerPoint Document", "a presentation"),
    ("__properties_version1.0", "an Outlook message"),
)

_WEB_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|meta|body|table|style)", re.I | re.S
)


def kind_of(path: Path, documents: bool = False) -> str:
    """`xlsx`, `ods`, `xls` or `text`; raises UnreadableFile that names anything else.

    With `documents` also `docx`.
    """
    if path.is_dir():
        raise _wrong("a folder; send the workbook itself")
    if path.name.startswith(("~$", ".~lock.")):
        raise _wrong("the lock of a file open elsewhere; close the workbook and send that")
    with path.open("rb") as handle:
        head = handle.read(4096)
    if not head:
        raise UnreadableFile("the file is empty (0 bytes); send it again", "file.empty")
    if head.startswith(_OLE):
        return _ole(path)
    if head.startswith(b"PK\x03\x04") or zipfile.is_zipfile(path):
        return _zip(path, documents)
    for place, sign, what in _SIGNATURES:
        if head[place:].startswith(sign):
            raise _wrong(f"{what}; send the workbook as .xlsx or .csv")
    suffix = path.suffix.lower()
    _check_markup(head, suffix or "a file without extension")
    if suffix in _WORKBOOKS and b"\x00" not in head and not set(b",;\t") & set(head):
        raise UnreadableFile(
            f"this is text without columns saved as {suffix}; send the workbook", "file.wrong_type"
        )
    return "text"


def _ole(path: Path) -> str:
    data = path.read_bytes()
    for name, what in _OLE_ENTRIES:
        if not _has_entry(data, name):
            continue
        if what == "encrypted":
            raise encrypted()
        if what == "macros":
            raise macros()
        raise _wrong(f"{what}; send the workbook as .xlsx")
    return "xls"


def _has_entry(data: bytes, name: str) -> bool:
    """Whether an OLE directory has an entry that starts so: entries stand at multiples of 128."""
    sign, at = name.encode("utf-16-le"), -1
    while (at := data.find(sign, at + 1)) >= 0:
        if at % 128 == 0:
            return True
    return False


def _zip(path: Path, documents: bool) -> str:
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            names = [name.lower().replace("\\", "/") for name in archive.namelist()]
            kind = b""
            if "mimetype" in archive.namelist():
                with archive.open("mimetype") as handle:
                    kind = handle.read(80)
    except UnreadableFile:
        raise
    except Exception as error:
        raise damaged(error) from error
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names) or (
        path.suffix.lower() == ".xlsm" and "xl/workbook.xml" in names
    ):
        raise macros()
    if "xl/workbook.xml" in names:
        return "xlsx"
    if kind.startswith(b"application/vnd.oasis.opendocument"):
        if b"spreadsheet" not in kind:
            raise _wrong("an OpenDocument file without sheets; send the workbook as .xlsx")
        if any(n.startswith(("basic/", "scripts/")) and not n.endswith("/") for n in names):
            raise macros()
        return "ods"
    if documents and "word/document.xml" in names:
        return "docx"
    for part, what in _PACKAGES:
        if any(name.startswith(part) for name in names):
            raise _wrong(what)
    if "[content_types].xml" in names or not names:
        raise UnreadableFile(
            "the workbook is damaged: it has no sheets; open it, save a copy and send that",
            "file.corrupt",
        )
    raise _wrong("a zip of files; take the workbook out of it and send that by itself")


def _check_directory(path: Path) -> None:
    """Refuse a zip with a list of parts that would take seconds to read (200,000 took five)."""
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - 65_557))
        tail = handle.read()
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY_BYTES:
        raise unsafe("its list of parts is as long as a book")


def _check_markup(head: bytes, suffix: str) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _WEB_PAGE.match(text) or (
        text[:13].lower() == b"mime-version:" and b"multipart/related" in text
    ):
        raise _wrong(f"a web page saved as {suffix}; open it and save as .xlsx")
    if text.startswith(b"<?xml"):
        if b"<html" in text:
            raise _wrong(f"a web page saved as {suffix}; open it and save as .xlsx")
        if b"office:spreadsheet" in text or b"opendocument" in text:
            raise _wrong(f"a workbook in XML saved as {suffix}; open it and save as .xlsx")
        raise _wrong("an XML file; send the workbook as .xlsx or .csv")


def _wrong(what: str) -> UnreadableFile:
    return UnreadableFile(f"this is {what}", "file.wrong_type")


def encrypted() -> UnreadableFile:
    return UnreadableFile(
        "the workbook has a password; save a copy without one and send that", "file.encrypted"
    )


def macros() -> UnreadableFile:
    return UnreadableFile(
        "the workbook contains macros; save as .xlsx without macros and send that", "file.macros"
    )


def damaged(error: Exception) -> UnreadableFile:
    # Never the error's own words: they may quote a cell, and that may be about a child.
    kind = type(error).__name__
    return UnreadableFile(
        f"the workbook cannot be opened ({kind}); open it, save a copy and send that",
        "file.corrupt",
    )


def unsafe(why: str) -> UnreadableFile:
    return UnreadableFile(
        f"no spreadsheet program makes such a file ({why}); open it, save a copy and send that",
        "file.unsafe",
    )
