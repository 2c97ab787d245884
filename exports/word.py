"""Word documents in the house's style: page, header and footer, tables, and the same bytes twice.

Knows how a document is built, never what it says: that is its product's business. `add_heading`
and `add_paragraph` of the document itself are used for text.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time

from docx import Document as empty_document
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from ingestion.region import REGION

FONT = "Arial"
HEADER_FILL = "ECEAE4"
INK, SOFT, ALARM = (RGBColor.from_string(c) for c in ("1B1B1B", "555555", "8F0000"))
SYNTHETIC = "SYNTHETIC: invented figures, not real data"
_LINE = "8A8A8A"
_SIZES = {"Normal": 10.5, "Heading 1": 18, "Heading 2": 14, "Heading 3": 11.5}
# Zip knows no earlier day, and the time of writing would make every run's file another.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def new_document(title: str, marking: str, day: date, synthetic: bool) -> Document:
    """An empty A4 page of 180 mm to write on, with title and marking on every sheet.

    day: what the file says of when it was made, so that it does not depend on the run.
    """
    document = empty_document()
    _styles(document)
    _properties(document, title, marking, day)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(20), Mm(18)
    section.header_distance = section.footer_distance = Mm(8)
    top = section.header.paragraphs[0]
    _tab_at(top, 180)
    _small(top.add_run(f"{title}\t{marking}"))
    if synthetic:
        warning = section.header.add_paragraph().add_run(SYNTHETIC)
        warning.bold, warning.font.color.rgb = True, ALARM
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for words, field in (("Page ", "PAGE"), (" of ", "NUMPAGES")):
        _small(foot.add_run(words))
        _field(foot, field)
    return document


def table(
    document: Document,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths_mm: Sequence[float],
    header_fill: str = HEADER_FILL,
) -> Table:
    """A bordered table of fixed widths whose headings repeat on every page; no row is torn apart.

    Without headings it has only rows. Line feeds in a cell are line breaks.
    """
    # Rows as copies of one: python-docx finds a cell of a large table by counting all before it.
    made = document.add_table(rows=0, cols=len(widths_mm))
    made.autofit = False
    for column, width in zip(made.columns, widths_mm, strict=True):
        column.width = Mm(width)
    _lines_and_margins(made)
    lines = [headings, *rows] if headings else rows
    for number, line in enumerate(lines):
        row = made.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        is_header = bool(headings) and number == 0
        if is_header:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, words, width in zip(row.cells, line, widths_mm, strict=True):
            cell.width = Mm(width)
            run = cell.paragraphs[0].add_run(clean(words))
            if is_header:
                run.bold = True
                shaded(cell, header_fill)
    return made


def shaded(cell: _Cell, hex: str) -> None:
    """Gives a cell a ground; `hex` without #."""
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", hex.lstrip("#"))):
        shade.set(qn(f"w:{name}"), value)
    properties = cell._tc.get_or_add_tcPr()
    for old in properties.findall(qn("w:shd")):
        properties.remove(old)
    properties.append(shade)


def clean(words: str) -> str:
    """Text without the control characters that a Word file cannot hold."""
    return _FORBIDDEN.sub("", words.replace("\r\n", "\n"))


def saved(document: Document) -> bytes:
    """The file: the same bytes for the same document."""
    written, fixed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(fixed, "w") as again:
        # The list of types comes first, as readers of the format expect.
        for name in sorted(parts.namelist(), key=_types_first):
            item = zipfile.ZipInfo(name, _ZIP_TIME)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.create_system = 0  # else it differs between systems
            again.writestr(item, parts.read(name))
    return fixed.getvalue()


def _properties(document: Document, title: str, marking: str, day: date) -> None:
    about = document.core_properties
    about.title, about.subject, about.language = title, marking, "en-GB"
    about.author = about.last_modified_by = REGION.alliance
    about.comments = about.keywords = ""
    about.created = about.modified = datetime.combine(day, time())
    package = document.part.package
    for key, relation in list(package.rels.items()):
        # A picture of the empty template that file managers would show for the document.
        if relation.reltype.endswith("/thumbnail"):
            del package.rels[key]


def _styles(document: Document) -> None:
    for name, size in _SIZES.items():
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[theme]
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), FONT)
        style.paragraph_format.space_after = Pt(4)
        if name != "Normal":
            style.font.bold = True
            style.paragraph_format.space_before = Pt(12)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")


def _lines_and_margins(made: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    properties = made._tbl.tblPr
    # The schema has an order: borders stand before the layout.
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(borders) if layout is not None else properties.append(borders)
    # Words shall not touch the lines above and below them; after the layout, by the schema.
    margins = OxmlElement("w:tblCellMar")
    for side, twentieths in (("top", "50"), ("left", "100"), ("bottom", "50"), ("right", "100")):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), twentieths)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.append(margins) if layout is None else layout.addnext(margins)


def _field(paragraph: Paragraph, code: str) -> None:
    """A field that the reader's own program fills in; `1` until it does."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    words = OxmlElement("w:t")
    words.text = "1"
    run.append(words)
    field.append(run)
    paragraph._p.append(field)
    _small(Run(run, paragraph))


def _small(run: Run) -> None:
    run.font.size, run.font.color.rgb = Pt(8.5), SOFT


def _tab_at(paragraph: Paragraph, mm: float) -> None:
    for stop in list(paragraph.style.paragraph_format.tab_stops) if paragraph.style else []:
        paragraph.paragraph_format.tab_stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
    paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(mm), WD_TAB_ALIGNMENT.RIGHT)


def _types_first(part: str) -> tuple[bool, str]:
    return part != "[Content_Types].xml", part
