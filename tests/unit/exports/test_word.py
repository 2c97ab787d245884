"""Word files: the same bytes for the same document, and what a reader and a screen reader need."""

import io
import zipfile
from datetime import date

from docx import Document
from docx.oxml.ns import qn

from exports import word


def _written(words: str = "one\ntwo") -> bytes:
    document = word.new_document("Camden", "Internal", date(2025, 10, 31), synthetic=True)
    document.add_heading("Camden", 1)
    made = word.table(document, ["What", "Answer"], [[words, ""], ["x", ""]], [60, 120])
    word.shaded(made.rows[1].cells[1], "#FFF4CC")
    return word.saved(document)


def test_the_same_document_gives_the_same_bytes_and_says_no_time_of_the_run() -> None:
    assert _written() == _written()
    with zipfile.ZipFile(io.BytesIO(_written())) as parts:
        assert {item.date_time[:3] for item in parts.infolist()} == {(1980, 1, 1)}
        assert parts.namelist()[0] == "[Content_Types].xml"
        assert not [name for name in parts.namelist() if "thumbnail" in name]
    assert Document(io.BytesIO(_written())).core_properties.modified.date() == date(2025, 10, 31)


def test_every_sheet_says_title_marking_and_that_figures_are_invented() -> None:
    section = Document(io.BytesIO(_written())).sections[0]
    top = "\n".join(paragraph.text for paragraph in section.header.paragraphs)
    assert "Camden" in top and "Internal" in top and word.SYNTHETIC in top
    assert "NUMPAGES" in section.footer.paragraphs[0]._p.xml


def test_headings_repeat_and_text_comes_back_as_it_was() -> None:
    made = Document(io.BytesIO(_written("one\ntwo\x07"))).tables[0]
    assert [cell.text for cell in made.rows[0].cells] == ["What", "Answer"]
    assert made.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert made.rows[1]._tr.trPr.find(qn("w:tblHeader")) is None
    assert made.rows[1].cells[0].text == "one\ntwo"
