"""The form that a cluster fills in on the day: a Word document with the pack's figures in it.

Lays out a `Pack`; chooses nothing that the page does not show as well.
"""

from datetime import date

from docx.document import Document
from docx.shared import Mm, Pt
from docx.table import Table

from exports import word
from exports.packs.cluster_page import Authority, Cell, Pack
from ingestion.periods import Quarter
from ingestion.region import REGION

_WIDTH = 180
_WORSE, _BETTER, _PLAIN = "FDE0C8", "D5E8F3", "ECEAE4"
FILLS = {"worse": _WORSE, "better": _BETTER, "neutral": _PLAIN}
FIELDS = ("Evidence seen", "Strengths", "Areas to explore")
ACTIONS = ("Agreed action", "Owner", "By when")


def form(pack: Pack, quarter: Quarter, marking: str, day: date, synthetic: bool) -> bytes:
    """The document: facts, exceptions, and for each authority questions and empty fields."""
    title = f"Peer challenge: {pack.cluster.label}, {quarter.label}"
    document = word.new_document(title, marking, day, synthetic)
    document.add_heading(title, 1)
    names = ", ".join(authority.name for authority in pack.authorities)
    document.add_paragraph(names)
    if pack.cluster.assumed:
        whose = f"{REGION.alliance}’s"
        document.add_paragraph(f"Who is in the cluster is assumed until {whose} list is entered.")
    facts = [["Date", ""], ["Participants", ""], ["Note taken by", ""]]
    _labelled(word.table(document, [], facts, [40, _WIDTH - 40]), [9, 22, 9])
    _exceptions(document, pack, quarter)
    for authority in pack.authorities:
        _authority(document, authority, quarter)
    document.add_heading("Agreed by the cluster", 2)
    _empty(word.table(document, ACTIONS, [["", "", ""]] * 5, [110, 40, 30]), 11)
    return word.saved(document)


def _exceptions(document: Document, pack: Pack, quarter: Quarter) -> None:
    document.add_heading("Exceptions side by side", 2)
    if not pack.shown:
        document.add_paragraph(f"No authority of the cluster has an exception for {quarter.label}.")
        return
    document.add_paragraph(
        "Indicators on which at least one of the authorities is among the highest (▲) or lowest "
        f"(▼) fifth of {REGION}. “Better” and “worse” are said only where it is agreed which is"
        " which."
    )
    names = [authority.name for authority in pack.authorities]
    rest = (_WIDTH - 46 - 16) / len(names)
    rows = [row for _, rows in pack.themes for row in rows]
    lines = [
        [f"{row.label} ({row.unit})", row.london, *(_cell(cell) for cell in row.cells)]
        for row in rows
    ]
    made = word.table(
        document, ["Indicator", REGION.name, *names], lines, [46, 16, *[rest] * len(names)]
    )
    for row, line in zip(rows, made.rows[1:], strict=True):
        for told, cell in zip(row.cells, line.cells[2:], strict=True):
            if told["is_exception"]:
                word.shaded(cell, FILLS[told["judgement"]])
    _small(made, 8.5)


def _cell(cell: Cell) -> str:
    """Value and what is said of it: `72.6 ▼ worse, rank 28 of 29, strong evidence`."""
    if not cell["has_value"]:
        return f"{cell['text']} ({cell['meaning'].lower()})"
    if not cell["is_exception"]:
        return str(cell["text"])
    verdict = "" if cell["judgement"] == "neutral" else f" {cell['judgement']}"
    return (
        f"{cell['text']} {cell['side'][0]}{verdict}\n{cell['rank_words']}, {cell['evidence_words']}"
    )


def _authority(document: Document, authority: Authority, quarter: Quarter) -> None:
    document.add_heading(authority.name, 2)
    document.add_paragraph(f"Return for {quarter.label}: {authority.state}.")
    if authority.narrative:
        document.add_paragraph(f"Narrative: {authority.narrative}.")
    document.add_heading("Suggested questions", 3)
    if authority.questions:
        lines = [
            [str(at), f"{line['question']}\n{line['basis']}", ""]
            for at, line in enumerate(authority.questions, start=1)
        ]
        made = word.table(
            document, ["", "Question, and figures behind it", "Answer"], lines, [8, 100, 72]
        )
        _small(made, 9)
    else:
        document.add_paragraph("The figures suggest none.")
    document.add_heading("From the day", 3)
    _labelled(
        word.table(document, [], [[label, ""] for label in FIELDS], [40, _WIDTH - 40]), [26] * 3
    )
    document.add_paragraph()
    _empty(word.table(document, ACTIONS, [["", "", ""]] * 3, [110, 40, 30]), 11)


def _labelled(made: Table, heights_mm: list[int]) -> None:
    """Labels on a ground in the first column, and room to write beside them."""
    for row, height in zip(made.rows, heights_mm, strict=True):
        row.height = Mm(height)
        word.shaded(row.cells[0], word.HEADER_FILL)


def _empty(made: Table, height_mm: int) -> None:
    for row in made.rows[1:]:
        row.height = Mm(height_mm)


def _small(made: Table, points: float) -> None:
    for row in made.rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.space_after = Pt(0)
                for run in paragraph.runs:
                    run.font.size = Pt(points)
