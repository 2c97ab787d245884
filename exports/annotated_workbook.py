"""The sender's own workbook with every finding marked on its cell, and a first sheet listing all.

The copy is for reading: the sender corrects the original and sends that. Nothing is judged here,
and no text that is written may be run as a formula; formulas of the sender's own are kept.
"""

import io
import math
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from exports.findings_words import (
    CHILD_LEVEL,
    SEVERITIES,
    Finding,
    cell_of,
    clipped,
    count,
    counts,
    in_words,
    quotes_children,
    subject,
    suggested,
    text,
    verdict,
    where,
)
from ingestion import readers
from ingestion.readers import sniff
from ingestion.region import REGION
from ingestion.spreadsheet import FORMULA_STARTS

# A note on each of many thousand cells makes a workbook that spreadsheet programs open slowly.
MAX_NOTES = 2_000
# openpyxl needs some fifty times the unpacked size in memory; the largest Annex A seen has 20 MB.
MAX_BYTES = 100 * 1024 * 1024
_LINK_LIMIT = 65_000  # Excel repairs a sheet with more than 65,530 hyperlinks

# Strong enough to stand out from the template's pale yellow; the note says it in words.
_FILLS = {"block": "EE8A8A", "check": "F6B04D", "note": "9CC7EA"}
_COLUMNS = (
    ("Severity", 19),
    ("Where", 24),
    ("Measure", 30),
    ("What is wrong", 44),
    ("Seen", 26),
    ("Expected", 30),
    ("Nearest valid", 22),
    ("What to do", 44),
    ("Places", 9),
    ("Rule", 30),
)
_PLACES = 1 + [title for title, _ in _COLUMNS].index("Places")
_FONT = "Calibri"
_EDGE = Border(*[Side(style="thin", color="BFBFBF")] * 4)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


class NoCopyError(Exception):
    """No annotated copy can be made; the message is a sentence for the sender."""


def annotated_copy(result: Mapping[str, Any], source: Path) -> bytes:
    """The annotated workbook as bytes; NoCopyError with the reason where there can be none."""
    for finding in result["findings"]:
        if text(finding["rule_id"]).startswith("file.") and finding["severity"] == "block":
            raise NoCopyError(f"The file could not be read: {text(finding['message'])}.")
    if _unpacked(source) > MAX_BYTES:
        raise NoCopyError("The file is too large to be copied; each place is listed below.")
    try:
        with warnings.catch_warnings():
            # Pictures and some checks of input are lost in a copy, which its first sheet says.
            warnings.simplefilter("ignore")
            return _annotated(result, source)
    except Exception as error:
        # openpyxl raises almost anything on an odd workbook; the report is still worth having.
        raise NoCopyError(
            f"The workbook has something in it that cannot be copied ({clipped(error, 80)})."
        ) from error


def _unpacked(source: Path) -> int:
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            return sum(item.file_size for item in archive.infolist())
    return source.stat().st_size


def _annotated(result: Mapping[str, Any], source: Path) -> bytes:
    # By its content, as it was read: an .xls may be named .xlsx, and the other way round.
    opened = sniff.kind_of(source) == "xlsx"
    if opened:
        workbook = load_workbook(source, rich_text=True)
        sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    else:
        workbook, sheets = _rebuilt(source)
    links = _mark(result["findings"], sheets)
    remarks = _remarks(result, source, opened, _unhide(sheets, links))
    listing = workbook.create_sheet("Findings", 0)
    _list(listing, result, links, remarks)
    workbook.active = 0
    for sheet in workbook.worksheets:
        # Two selected sheets are a group in Excel: typing into one would change both.
        sheet.sheet_view.tabSelected = sheet is listing
    if workbook.views:
        workbook.views[0].firstSheet = 0
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def _rebuilt(source: Path) -> tuple[Workbook, dict[str, Worksheet]]:
    """A workbook of the values alone, for files that openpyxl does not open."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    sheets = {}
    for sheet in readers.read(source):
        title = re.sub(r"[\[\]:*?/\\]", "_", sheet.name).strip("'")[:31] or "Sheet"
        copy = workbook.create_sheet(title)
        sheets[sheet.name] = copy
        for row, cells in enumerate(sheet.rows, start=1):
            for column, value in enumerate(cells, start=1):
                if value != "":
                    _put(copy, row, column, value)
        for index in range(1, min(copy.max_column, 50) + 1):
            copy.column_dimensions[get_column_letter(index)].width = 18
    return workbook, sheets


def _put(sheet: Worksheet, row: int, column: int, value: object) -> Cell:
    """Write a value; text stays text, whatever it starts with."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000]
        cell.data_type = "s"
        # Also when somebody edits the cell: Excel keeps it as text, as after a typed apostrophe.
        cell.quotePrefix = value.startswith(FORMULA_STARTS)
    elif isinstance(value, float) and value.is_integer():
        cell.value = int(value)
    else:
        cell.value = value
    return cell


def _mark(findings: list[Finding], sheets: Mapping[str, Worksheet]) -> dict[int, tuple[str, str]]:
    """Fill and note on each cell with a finding; where each finding links to, by its position."""
    links: dict[int, tuple[str, str]] = {}
    on_cell: dict[tuple[str, str], list[Finding]] = {}
    marked = 0
    for position, finding in enumerate(findings):
        sheet = sheets.get(text(finding.get("sheet")))
        if sheet is None:
            continue
        cell, row = cell_of(finding), text(finding.get("row"))
        links[position] = (sheet.title, cell or (f"A{row}" if row else "A1"))
        marked += bool(cell)
        if cell and marked <= MAX_NOTES:
            on_cell.setdefault((text(finding["sheet"]), cell), []).append(finding)
    for (name, address), found in on_cell.items():
        cell = _top_left(sheets[name], address)
        worst = min((f["severity"] for f in found), key=list(SEVERITIES).index)
        cell.fill = PatternFill("solid", start_color=_FILLS[worst])
        own = cell.comment.text.strip() if cell.comment else ""
        notes = [f"Your note: {own}"] if own else []
        cell.comment = _note("\n\n".join(notes + [_said(f) for f in found]))
    return links


def _top_left(sheet: Worksheet, address: str) -> Cell | MergedCell:
    """The cell; inside a merged range the one that shows."""
    cell = sheet[address]
    if isinstance(cell, MergedCell):
        for merged in sheet.merged_cells.ranges:
            if address in merged:
                return sheet.cell(merged.min_row, merged.min_col)
    return cell


def _said(finding: Finding) -> str:
    """One finding in the words of a note."""
    lines = [f"{SEVERITIES[finding['severity']]}: {text(finding['message'])}"]
    suggestion = suggested(text(finding["rule_id"]))
    for label, key in (("Expected", "expected"), (suggestion, "suggestion")):
        if text(finding.get(key)):
            lines.append(f"{label}: {clipped(finding[key])}")
    if text(finding.get("fix")):
        lines.append(f"What to do: {text(finding['fix'])}")
    lines.append(f"({text(finding['rule_id'])})")
    return "\n".join(lines)


def _note(words: str) -> Comment:
    words = ILLEGAL_CHARACTERS_RE.sub("", words)[:4_000]
    lines = sum(max(1, math.ceil(len(line) / 48)) for line in words.split("\n"))
    return Comment(words, f"{REGION.alliance} check", width=340, height=min(30 + 18 * lines, 600))


def _unhide(sheets: Mapping[str, Worksheet], links: Mapping[int, tuple[str, str]]) -> list[str]:
    """Shows the hidden sheets that a finding points to: a link to a hidden sheet does nothing."""
    linked = {title for title, _ in links.values()}
    hidden = [s for s in sheets.values() if s.title in linked and s.sheet_state != "visible"]
    for sheet in hidden:
        sheet.sheet_state = "visible"
    return [sheet.title for sheet in hidden]


def _remarks(result: Mapping[str, Any], source: Path, opened: bool, shown: list[str]) -> list[str]:
    """What a reader of the copy has to know, one sentence each."""
    remarks = ["This copy is for reading. Correct your own file and send that, not this one."]
    if opened:
        remarks.append(
            "Each cell named below is coloured and carries a note. Pictures, charts and macros of "
            "your file may be missing here."
        )
    else:
        remarks.append(
            "Your file is no .xlsx workbook, so this one was made from its values; colours, widths "
            "and formulas of your file are not in it."
        )
    if shown:
        remarks.append(f"Hidden in your file and shown here: {', '.join(shown)}.")
    if sum(bool(cell_of(finding)) for finding in result["findings"]) > MAX_NOTES:
        remarks.append(f"Only the first {MAX_NOTES:,} findings are marked on their cells.")
    if quotes_children(result):
        remarks.append(CHILD_LEVEL)
    return remarks


def _list(
    sheet: Worksheet,
    result: Mapping[str, Any],
    links: Mapping[int, tuple[str, str]],
    remarks: list[str],
) -> None:
    """The first sheet: verdict, remarks, and a row for each finding, worst first."""
    findings = result["findings"]
    _put(sheet, 1, 1, f"{text(result['file'])}: {verdict(result)}").font = Font(
        name=_FONT, bold=True, size=14
    )
    about = f"{subject(result)}. {in_words(counts(findings))}."
    for row, words in enumerate([about, " ".join(remarks)], start=2):
        _put(sheet, row, 1, words).alignment = _WRAPPED
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(_COLUMNS))
    width = sum(width for _, width in _COLUMNS)
    sheet.row_dimensions[3].height = 16 * math.ceil(len(" ".join(remarks)) / (width * 0.95))
    head = 4
    for column, (title, width) in enumerate(_COLUMNS, start=1):
        cell = _put(sheet, head, column, title)
        cell.font = Font(name=_FONT, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="1B1B1B")
        cell.alignment = _WRAPPED
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, (position, finding) in enumerate(enumerate(findings), start=head + 1):
        _row(sheet, row, finding, links.get(position))
    if not findings:
        _put(sheet, head + 1, 1, "Nothing to report.")
    last = f"{get_column_letter(len(_COLUMNS))}{head + max(len(findings), 1)}"
    sheet.auto_filter.ref = f"A{head}:{last}"
    sheet.freeze_panes = f"A{head + 1}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.right.text = "Page &P of &N"


def _row(sheet: Worksheet, row: int, finding: Finding, link: tuple[str, str] | None) -> None:
    values: list[Any] = [
        SEVERITIES[finding["severity"]],
        where(finding),
        text(finding.get("measure")),
        text(finding["message"]),
        *(clipped(finding.get(key)) for key in ("value", "expected", "suggestion")),
        text(finding.get("fix")),
        count(finding),
        text(finding["rule_id"]),
    ]
    lines = 1
    for column, (value, (_, width)) in enumerate(zip(values, _COLUMNS, strict=True), start=1):
        cell = _put(sheet, row, column, value)
        cell.alignment, cell.border = _WRAPPED, _EDGE
        cell.font = Font(name=_FONT)
        lines = max(lines, math.ceil(len(str(value)) / width))
    # Without a height of its own a row of wrapped text is one line high in some programs.
    sheet.row_dimensions[row].height = 15 * min(lines, 12) + 3
    sheet.cell(row, 1).fill = PatternFill("solid", start_color=_FILLS[finding["severity"]])
    sheet.cell(row, _PLACES).alignment = Alignment(horizontal="center", vertical="top")
    sheet.cell(row, 1).font = Font(name=_FONT, bold=True)
    if link and row < _LINK_LIMIT:
        title, address = link
        place = sheet.cell(row, 2)
        quoted = title.replace("'", "''")
        place.hyperlink = Hyperlink(ref=place.coordinate, location=f"'{quoted}'!{address}")
        place.font = Font(name=_FONT, color="1C5D8C", underline="single")
