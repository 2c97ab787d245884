"""The narrative form as a Word file.

What is asked is `asked.py`'s, which cell answers what `narrative_form`'s; here only how it is laid
out. Every paragraph of the form's own has the style that the reader knows it by.
"""

import io
from collections.abc import Sequence

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from exports import word
from exports.narratives import wording
from exports.narratives.asked import Asked
from ingestion import narrative_form as form
from ingestion.narrative_form import Reference
from ingestion.periods import Quarter
from ingestion.registry import return_due

ANSWER_FILL = "FFF4CC"
_REFERENCE_MM, _ANSWER_MM = 34, 146
_PLAN_MM = (34, 32, 40, 24, 18, 32)
_PICTURE_MM = 165


def document(
    asked: Asked, quarter: Quarter, marking: str, synthetic: bool, strips: Sequence[bytes]
) -> bytes:
    """One authority's form; `strips` are its exceptions' charts, or none."""
    return word.saved(_Form(asked, quarter, marking, synthetic, strips).made())


class _Form:
    """One form while it is written."""

    def __init__(
        self,
        asked: Asked,
        quarter: Quarter,
        marking: str,
        synthetic: bool,
        strips: Sequence[bytes],
    ) -> None:
        self.asked, self.quarter, self.strips = asked, quarter, strips
        title = wording.title(asked, quarter)
        self.document: Document = word.new_document(title, marking, return_due(quarter), synthetic)
        style = self.document.styles.add_style(form.STYLE, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = self.document.styles["Normal"]
        # Enter at its end begins a paragraph of the sender's own, which the reader then reports.
        style.next_paragraph_style = self.document.styles["Normal"]
        self.style = style

    def made(self) -> Document:
        self.document.add_heading(wording.title(self.asked, self.quarter), 1)
        cover = word.table(self.document, [], wording.cover(self.asked, self.quarter), (50, 130))
        for row in cover.rows:
            word.shaded(row.cells[0], word.HEADER_FILL)
        for line in wording.HOW_TO:
            self._said(line)
        self._exceptions()
        self.document.add_heading(wording.SELF_VIEW, 2)
        for code, question in form.QUESTIONS.items():
            self.document.add_heading(question, 3)
            self._answer("self_view", code, "Your answer", height_mm=28)
        self.document.add_heading(wording.PLAN, 2)
        self._plan()
        self.document.add_heading(wording.SHARING, 2)
        self._said(wording.SHARING_WHY)
        made = self._asking(["Reference", "Others may read our answers …"], [("sharing", "quote")])
        _choice(made.rows[1].cells[1])
        return self.document

    def _exceptions(self) -> None:
        self.document.add_heading(wording.EXCEPTIONS, 2)
        self._said(wording.about_exceptions(self.asked, self.quarter, charts=bool(self.strips)))
        for number, one in enumerate(self.asked.exceptions):
            self.document.add_heading(f"{number + 1}. {one.label} ({one.theme})", 3)
            self._said(wording.facts(one)).paragraph_format.keep_with_next = True
            if self.strips:
                self._picture(self.strips[number], wording.chart_in_words(one))
            self._answer("exception", one.indicator_code, "Your explanation", height_mm=22)

    def _picture(self, png: bytes, words: str) -> None:
        paragraph = self._said("")
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(png), width=Mm(_PICTURE_MM))
        shape._inline.docPr.set("descr", words)

    def _answer(self, part: str, item: str, heading: str, height_mm: float) -> None:
        (field,) = form.FIELDS[part]
        self._previous(self.asked.previous.get((part, item, field)))
        self._asking(["Reference", heading], [(part, item)], height_mm)

    def _plan(self) -> None:
        items = [("plan", str(number)) for number in range(1, form.PLAN_ROWS + 1)]
        self._previous(wording.previous_plan(self.asked.previous))
        self._asking(["Reference", *form.PLAN.values()], items, 14, _PLAN_MM)

    def _asking(
        self,
        headings: Sequence[str],
        items: Sequence[tuple[str, str]],
        height_mm: float = 8,
        widths_mm: Sequence[float] = (_REFERENCE_MM, _ANSWER_MM),
    ) -> Table:
        """A table with references on the left and cells to write in beside them."""
        short = self.asked.short_code
        references = [Reference(short, self.quarter.slug, *item) for item in items]
        empty = [""] * (len(headings) - 1)
        rows = [[str(reference), *empty] for reference in references]
        made = word.table(self.document, headings, rows, widths_mm)
        for row in made.rows[1:]:
            row.height, row.height_rule = Mm(height_mm), WD_ROW_HEIGHT_RULE.AT_LEAST
            reference, *answers = row.cells
            run = reference.paragraphs[0].runs[0]
            run.font.size, run.font.color.rgb = Pt(7), word.SOFT
            for answer in answers:
                word.shaded(answer, ANSWER_FILL)
        return made

    def _previous(self, words: str | None) -> None:
        if words:
            said = self._said(f"Last quarter ({self.quarter.shift(-1).label}) you wrote: {words}")
            said.paragraph_format.keep_with_next = True
            said.runs[0].font.color.rgb = word.SOFT

    def _said(self, words: str) -> Paragraph:
        return self.document.add_paragraph(word.clean(words), style=self.style)


def _choice(cell: _Cell) -> None:
    """A list to choose from, in which nothing is permitted until somebody chooses."""
    listed = OxmlElement("w:dropDownList")
    for code, label in form.QUOTING.items():
        item = OxmlElement("w:listItem")
        item.set(qn("w:displayText"), label)
        item.set(qn("w:value"), code)
        listed.append(item)
    title = OxmlElement("w:alias")
    title.set(qn("w:val"), wording.SHARING)
    properties, content = OxmlElement("w:sdtPr"), OxmlElement("w:sdtContent")
    properties.extend([title, listed])
    run = cell.paragraphs[0].add_run(form.QUOTING[form.QUOTING_DEFAULT])._r
    control = OxmlElement("w:sdt")
    run.addprevious(control)
    content.append(run)
    control.extend([properties, content])
