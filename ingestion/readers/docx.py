"""Word documents: each table as a `Sheet`, and the text that stands outside the tables.

The XML itself is read, because libraries leave out what Word keeps aside: inserted text under
tracked changes, content controls, text boxes. Deleted text is not read. Nothing here knows what a
table is for.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ingestion.readers import Sheet, UnreadableFile, sniff
from ingestion.readers.archive import Archive

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# The older drawing of a text box beside the newer: the same text a second time.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DELETED = (f"{_W}del", f"{_W}moveFrom", _FALLBACK)
_MARKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "\t", f"{_W}noBreakHyphen": "-"}
_DOCUMENT, _STYLES = "word/document.xml", "word/styles.xml"
# Sheets of text outside the tables: `rows` hold the style's name and the paragraph.
OUTSIDE = "text outside the tables"


def read_document(path: Path, limit_bytes: int) -> list[Sheet]:
    """`table 1`, `table 2`, …, then OUTSIDE; raises UnreadableFile like a workbook's reader."""
    try:
        with Archive(path, limit_bytes) as archive:
            root = archive.tree(_DOCUMENT)
            styles = _styles(archive.tree(_STYLES)) if _STYLES in archive else {}
        # Also within: what is nested without end is damaged, and no fault of ours.
        return _sheets(root, styles)
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:
        raise sniff.damaged(error) from error


def _sheets(root: Element, styles: dict[str | None, str]) -> list[Sheet]:
    tables: list[Sheet] = []
    outside: list[list[str]] = []
    for block in _blocks(root):
        if block.tag == f"{_W}tbl":
            tables.append(Sheet(f"table {len(tables) + 1}", _rows(block)))
        elif words := _paragraph(block).strip():
            outside.append([styles.get(_style_id(block), "Normal"), words])
    return [*tables, Sheet(OUTSIDE, outside)]


def _blocks(parent: Element) -> Iterator[Element]:
    """Paragraphs and tables in the document's order, whatever wraps them; not what is in tables."""
    for child in parent:
        if child.tag in (f"{_W}tbl", f"{_W}p"):
            yield child
        elif child.tag not in _DELETED:
            yield from _blocks(child)


def _rows(table: Element) -> list[list[str]]:
    return [[_text(cell) for cell in _inside(row, "tc")] for row in _inside(table, "tr")]


def _inside(parent: Element, name: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, also within content controls; none of a nested table."""
    for child in parent:
        if child.tag == f"{_W}{name}":
            if name != "tr" or not _is_deleted(child):
                yield child
        elif child.tag not in (f"{_W}tbl", f"{_W}p", *_DELETED):
            yield from _inside(child, name)


def _is_deleted(row: Element) -> bool:
    return row.find(f"{_W}trPr/{_W}del") is not None


def _text(cell: Element) -> str:
    """A cell’s paragraphs, also those of a table within, on lines of their own."""
    return "\n".join(_paragraph(each) for each in _paragraphs(cell)).strip()


def _paragraphs(parent: Element) -> Iterator[Element]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield child
        elif child.tag not in _DELETED:
            yield from _paragraphs(child)


def _paragraph(paragraph: Element) -> str:
    return "".join(_pieces(paragraph)).replace("\xa0", " ")


def _pieces(parent: Element) -> Iterator[str]:
    for child in parent:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _MARKS:
            yield _MARKS[child.tag]
        elif child.tag == f"{_W}p":  # of a text box
            yield "\n" + _paragraph(child)
        elif child.tag not in _DELETED and child.tag != f"{_W}pPr":  # whose tabs are stops
            yield from _pieces(child)


def _styles(root: Element) -> dict[str | None, str]:
    """Names by id; of paragraphs without a style, the default one's."""
    names: dict[str | None, str] = {}
    for style in root.iter(f"{_W}style"):
        name = style.find(f"{_W}name")
        if name is None or style.get(f"{_W}type") != "paragraph":
            continue
        names[style.get(f"{_W}styleId")] = name.get(f"{_W}val", "")
        if style.get(f"{_W}default") == "1":
            names[None] = name.get(f"{_W}val", "")
    return names


def _style_id(paragraph: Element) -> str | None:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return None if style is None else style.get(f"{_W}val")
