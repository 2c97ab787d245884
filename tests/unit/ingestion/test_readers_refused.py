"""What a file is, its bytes say; what is refused is named, with the rule and what to send."""

import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from ingestion.readers import UnreadableFile, archive, read, sniff, text
from tests.unit.ingestion.builders import write_book
from tests.unit.ingestion.packages import SHEET, ods_parts, write_zip, xlsx_parts

BODY = '<row r="1"><c r="A1"><v>1</v></c></row>'
XLS = Path(__file__).with_name("data") / "hidden.xls"


def refused(path: Path, limit_bytes: int | None = None) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as error:
        read(path, limit_bytes)
    return error.value.rule_id, str(error.value)


def ole(*entries: str) -> bytes:
    """The start of an OLE container and a directory with these entries."""
    names = [entry.encode("utf-16-le").ljust(128, b"\x00") for entry in ("Root Entry", *entries)]
    return (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00") + b"".join(names)).ljust(2048)


@pytest.mark.parametrize("name", ["a.xls", "a.csv", "a.ods", "a.pdf", "a"])
def test_a_workbook_under_another_extension_is_read(tmp_path: Path, name: str) -> None:
    made = write_book(tmp_path / "made.xlsx", {"S": [["a", "#N/A"]]})
    (tmp_path / name).write_bytes(made.read_bytes())
    (sheet,) = read(tmp_path / name)
    assert (sheet.name, sheet.rows) == ("S", [["a", "#N/A"]])


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_old_excel_under_another_extension_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(XLS.read_bytes())
    assert read(tmp_path / name)[0].rows[0][0] == "x"


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.dat", "a"])
def test_a_csv_under_another_extension_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("code;value\na;1\n")
    assert read(tmp_path / name)[0].rows == [["code", "value"], ["a", "1"]]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "this is a PDF; send the workbook"),
        ("a.xlsx", b"%PDF-1.7 ...", "this is a PDF"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n", "a picture"),
        ("a.xlsx", b"\xff\xd8\xff\xe0", "a picture"),
        ("a.csv", b"{\\rtf1 a, b}", "a rich text document"),
        ("a.xlsx", b"Rar!\x1a\x07", "a compressed archive"),
        ("a.xls", b"\x09\x00\x04\x00\x07\x00", "Excel 4 or older"),
        ("a.xls", b"<html><table><tr><td>1", "web page saved as .xls; open it and save as .xlsx"),
        ("a.xls", b"\xef\xbb\xbf\r\n<!DOCTYPE HTML>", "a web page saved as .xls"),
        ("a.xls", b"<!-- x --><TABLE border=1>", "a web page saved as .xls"),
        ("a.xls", b'<?xml version="1.0"?><html xmlns="x">', "a web page saved as .xls"),
        ("a.xls", b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "a web page"),
        (
            "a.xls",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "a workbook in XML saved as .xls; open it and save as .xlsx",
        ),
        ("a.doc", ole("WordDocument"), "a Word document"),
        ("a.xls", ole("WordDocument"), "a Word document"),
        ("a.msg", ole("__properties_version1.0"), "an Outlook message"),
        ("~$a.xlsx", b"\x05Owner", "the lock of a file open elsewhere"),
    ],
)
def test_another_kind_of_file_is_named(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    rule_id, message = refused(tmp_path / name)
    assert (rule_id, says in message) == ("file.wrong_type", True), message


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"[Content_Types].xml": "", "word/document.xml": ""}, "a Word document"),
        ({"[Content_Types].xml": "", "ppt/presentation.xml": ""}, "a presentation"),
        ({"[Content_Types].xml": "", "xl/workbook.bin": ""}, "(.xlsb); open it and save as .xlsx"),
        ({"Index/Document.iwa": "", "preview.jpg": ""}, "a Numbers document; export it to Excel"),
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "without sheets"),
        ({"CAM.xlsx": "", "BAR.xlsx": ""}, "a zip of files; take the workbook out of it"),
    ],
)
def test_another_package_is_named(tmp_path: Path, parts: dict, says: str) -> None:
    rule_id, message = refused(write_zip(tmp_path / "a.xlsx", parts))
    assert (rule_id, says in message) == ("file.wrong_type", True), message


def test_a_folder_and_an_empty_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "empty.xlsx").touch()
    assert refused(tmp_path / "folder.xlsx") == (
        "file.wrong_type",
        "this is a folder; send the workbook itself",
    )
    assert refused(tmp_path / "empty.xlsx")[0] == "file.empty"


def test_macros_are_refused_in_every_format(tmp_path: Path) -> None:
    table = '<table:table table:name="S"><table:table-row/></table:table>'
    files = [
        write_zip(tmp_path / "a.xlsx", xlsx_parts(BODY) | {"xl/vbaProject.bin": b"x"}),
        write_zip(tmp_path / "b.xlsx", xlsx_parts(BODY) | {"xl/macrosheets/sheet1.xml": "<x/>"}),
        write_zip(tmp_path / "c.xlsm", xlsx_parts(BODY)),
        write_zip(tmp_path / "a.ods", ods_parts(table) | {"Basic/Standard/Module1.xml": "<x/>"}),
        write_zip(tmp_path / "b.ods", ods_parts(table) | {"Scripts/python/x.py": "x"}),
    ]
    (tmp_path / "a.xls").write_bytes(XLS.read_bytes().ljust(6144) + ole("_VBA_PROJECT_CUR")[512:])
    for path in [*files, tmp_path / "a.xls"]:
        rule_id, message = refused(path)
        assert (rule_id, "macros; save as .xlsx without" in message) == ("file.macros", True), path


def test_a_name_in_a_cell_is_no_macro(tmp_path: Path) -> None:
    data = XLS.read_bytes() + b"\x01" + "_VBA_PROJECT".encode("utf-16-le")
    (tmp_path / "a.xls").write_bytes(data)
    assert sniff.kind_of(tmp_path / "a.xls") == "xls"
    table = '<table:table table:name="S"><table:table-row/></table:table>'
    empty = write_zip(tmp_path / "a.ods", ods_parts(table) | {"Basic/": ""})
    assert sniff.kind_of(empty) == "ods"


def test_a_password_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(ole("EncryptionInfo", "EncryptedPackage"))
    manifest = "<m><encryption-data/></m>"
    locked = ods_parts("") | {"META-INF/manifest.xml": manifest}
    zipped = bytearray(write_zip(tmp_path / "b.xlsx", xlsx_parts(BODY)).read_bytes())
    struct.pack_into("<H", zipped, zipped.rfind(b"PK\x01\x02") + 8, 1)
    (tmp_path / "b.xlsx").write_bytes(zipped)
    for path in (tmp_path / "a.xlsx", tmp_path / "b.xlsx", write_zip(tmp_path / "a.ods", locked)):
        assert refused(path)[0] == "file.encrypted", path


@pytest.mark.parametrize("name", ["/etc/x.xml", "../x.xml", "xl/../../x.xml", "xl\\x.xml", "C:x"])
def test_a_part_named_outside_the_file_is_unsafe(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.xlsx", xlsx_parts(BODY) | {name: "<x/>"})
    assert refused(path)[0] == "file.unsafe"


def test_two_parts_of_one_name_are_unsafe(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.xlsx", xlsx_parts(BODY) | {"XL/Workbook.xml": "<x/>"})
    assert "two parts of the same name" in refused(path)[1]


def test_thousands_of_parts_are_unsafe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "a.xlsx", xlsx_parts(BODY) | {f"xl/{n}": "" for n in range(50)})
    monkeypatch.setattr(archive, "MAX_MEMBERS", 50)
    assert "it has 56 parts" in refused(path)[1]
    monkeypatch.setattr(sniff, "MAX_DIRECTORY_BYTES", 1000)
    assert "list of parts" in refused(path)[1]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", SHEET, "xl/unused.xml"])
def test_xml_entities_are_refused_wherever_they_are(tmp_path: Path, part: str) -> None:
    parts = xlsx_parts(BODY)
    parts[part] = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + str(parts.get(part, "<x/>"))
    assert refused(write_zip(tmp_path / "a.xlsx", parts))[0] == "file.unsafe"


@pytest.mark.parametrize(
    "sign", ['<!DOCTYPE x SYSTEM "http://elsewhere/x.dtd">', '<!ENTITY a "b">']
)
def test_either_sign_of_entities_is_enough(tmp_path: Path, sign: str) -> None:
    path = write_zip(tmp_path / "a.xlsx", xlsx_parts(BODY) | {"xl/sharedStrings.xml": sign})
    assert refused(path)[0] == "file.unsafe"


def test_xml_entities_are_refused_in_an_ods_and_in_utf_16(tmp_path: Path) -> None:
    entity = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    parts = ods_parts("")
    parts["content.xml"] = entity + str(parts["content.xml"])
    assert refused(write_zip(tmp_path / "a.ods", parts))[0] == "file.unsafe"
    wide = xlsx_parts(BODY)
    wide["xl/workbook.xml"] = (entity + str(wide["xl/workbook.xml"])).encode("utf-16")
    assert refused(write_zip(tmp_path / "a.xlsx", wide))[0] == "file.unsafe"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    parts = xlsx_parts(BODY) | {"xl/media/big.bin": b"\x00" * 3_000_000}
    path = write_zip(tmp_path / "a.xlsx", parts)
    rule_id, message = refused(path, 2 * 1024**2)
    assert (rule_id, "unpacks to 2 MB or more" in message) == ("file.too_large", True)
    assert read(path)


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml"])
def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path, part: str) -> None:
    """Size and checksum are those of the first hundred bytes; calamine would unpack it all."""
    parts = xlsx_parts(BODY)
    content = str(parts.pop(part, "<sst>")).encode().ljust(30_000_000)
    path = write_zip(tmp_path / "a.xlsx", parts | {part: content})
    data = bytearray(path.read_bytes())
    start = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, start + 16, zlib.crc32(content[:100]))
    struct.pack_into("<I", data, start + 24, 100)
    path.write_bytes(data)
    with zipfile.ZipFile(path) as lying:
        assert len(lying.read(part)) == 100
    assert refused(path, 20 * 1024**2)[0] == "file.too_large"


@pytest.mark.parametrize("sign", [b"\n", b",", b"\r", b",\n"])
def test_a_text_of_separators_alone_is_refused_in_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: bytes
) -> None:
    monkeypatch.setattr(text, "MAX_LINES", 200_000)
    monkeypatch.setattr(text, "MAX_CELLS", 2_000_000)
    (tmp_path / "a.csv").write_bytes(sign * 10_000_000)
    started = time.monotonic()
    assert refused(tmp_path / "a.csv")[0] == "file.too_large"
    assert time.monotonic() - started < 2


def test_the_limit_holds_for_text_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n" * 1000)
    assert refused(tmp_path / "a.csv", 1000)[0] == "file.too_large"
    assert len(read(tmp_path / "a.csv", 4000)[0].rows) == 1000
