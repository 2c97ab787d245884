"""The answers of a narrative form: found by their references, and screened before anything is kept.

Whose the form is has been settled before (`narratives.py`). No finding quotes an answer: it is free
text and may be about a child.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import pandas as pd

from ingestion import narrative_form as form
from ingestion.contract import Personal, contract
from ingestion.findings import Finding, address
from ingestion.headers import normalise
from ingestion.narrative_form import Reference
from ingestion.readers import Sheet
from ingestion.registry import seed

TABLE = "narratives"
COLUMNS = ["part", "item", "field", "answer", "answer_status", "source_address"]
# `empty`: asked and not answered; `set_aside`: answered, and the text may not be kept.
STATUSES = ("ok", "empty", "set_aside")
_MOST_PLAN_ROWS = 99
_UNCLEAR = (
    "narrative.reference.twice",
    "narrative.answer.beyond",
    "narrative.answer.in_reference",
)


@dataclass(frozen=True)
class Place:
    """Where in a file something stands: a cell of a sheet, or a row of a Word document's table."""

    sheet: str
    row: int
    column: int
    is_document: bool

    def __str__(self) -> str:
        if self.is_document:
            return f"{self.sheet}, row {self.row + 1}"
        return f"{self.sheet}!{address(self.row, self.column)}"

    def finding(
        self,
        rule_id: str,
        message: str,
        value: str | None = None,
        expected: str | None = None,
        column: str | None = None,
        fix: str | None = None,
    ) -> Finding:
        return Finding(
            rule_id,
            "check",
            message,
            table=TABLE,
            sheet=self.sheet,
            cell=None if self.is_document else address(self.row, self.column),
            row=self.row + 1,
            column=column,
            value=value,
            expected=expected,
            fix=fix,
        )


@dataclass(frozen=True)
class Slot:
    """A reference as it was found, with the cells to its right that answer it.

    `missing`: how many of those cells the row does not have.
    """

    reference: Reference
    place: Place
    texts: tuple[str, ...]
    beside: str
    beyond: bool
    missing: int


def slots(sheets: Sequence[Sheet], is_document: bool) -> tuple[list[Slot], list[Finding]]:
    """Every reference with its answer, and cells in which it cannot be told which is meant."""
    found: list[Slot] = []
    findings: list[Finding] = []
    for sheet in sheets:
        for row, cells in enumerate(sheet.rows):
            column = 0
            while column < len(cells):
                place = Place(sheet.name, row, column, is_document)
                named = form.found_in(str(cells[column]))
                column += 1
                if len(named) > 1:
                    said = ", ".join(text for _, text in named)
                    message = "Several references stand in one cell, so none could be answered"
                    findings.append(
                        place.finding("narrative.reference.crowded", message, value=said)
                    )
                elif named:
                    slot = _slot(*named[0], place, cells)
                    found.append(slot)
                    # An answer may quote a reference: that asks nothing.
                    column += len(slot.texts)
    return found, findings


def _slot(reference: Reference, written: str, place: Place, cells: Sequence[object]) -> Slot:
    width = len(form.FIELDS.get(reference.part, ("",)))
    first, end = place.column + 1, place.column + 1 + width
    answers = [_text(cell) for cell in cells[first:end]]
    # A sheet has no end to the right; a row of a Word table has.
    missing = width - len(answers) if place.is_document else 0
    return Slot(
        reference,
        place,
        (*answers, *[""] * (width - len(answers))),
        _text(cells[place.column]).replace(written, "").strip(),
        # Cell by cell: a row may hold thousands of references.
        any(_text(cells[column]) for column in range(end, len(cells))),
        missing,
    )


def _text(cell: object) -> str:
    if isinstance(cell, date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    words = str(cell).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
    return words.replace("\xa0", " ").strip()


def answers(found: Iterable[Slot]) -> tuple[pd.DataFrame, list[Finding]]:
    """The raw table's rows for references of one authority and quarter, and what was wrong."""
    findings: list[Finding] = []
    known: dict[Reference, list[Slot]] = defaultdict(list)
    for slot in found:
        if _is_known(slot.reference):
            known[slot.reference].append(slot)
        else:
            message = "The form has no such reference, so what stands beside it was not read"
            findings.append(
                slot.place.finding(
                    "narrative.reference.unknown",
                    message,
                    value=str(slot.reference),
                    expected="a reference as the form was issued with",
                )
            )
    rows = []
    for reference, same in known.items():
        chosen, said = _chosen(reference, same)
        findings += said
        for position, field in enumerate(form.FIELDS[reference.part]):
            answer, status, found_here = _answer(chosen, position, field)
            findings += found_here
            where = str(chosen.place)
            rows.append((reference.part, reference.item, field, answer, status, where))
    asked = {reference.item for reference in known if reference.part == "self_view"}
    findings += [
        Finding(
            "narrative.question.missing",
            "check",
            f"The question “{question}” is not in the form any more",
            TABLE,
            expected=f"the reference of {code}",
        )
        for code, question in form.QUESTIONS.items()
        if code not in asked
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype("string"), findings


def _is_known(reference: Reference) -> bool:
    part, item = reference.part, reference.item
    if part == "exception":
        return item in _indicators()
    if part == "plan":
        return item.isdigit() and 1 <= int(item) <= _MOST_PLAN_ROWS and item == str(int(item))
    return (part == "self_view" and item in form.QUESTIONS) or (part, item) == ("sharing", "quote")


@lru_cache
def _indicators() -> frozenset[str]:
    return frozenset(seed("registry/indicators")["indicator_code"])


def _chosen(reference: Reference, same: Sequence[Slot]) -> tuple[Slot, list[Finding]]:
    """The one that is used of several with the same reference, completed from its own cell."""
    findings = []
    filled = [slot for slot in same if any(slot.texts) or slot.beside]
    first = (filled or same)[0]
    for slot in filled[1:]:
        if (slot.texts, slot.beside) != (first.texts, first.beside):
            message = "The same reference stands twice with two answers; the first was used"
            findings.append(
                slot.place.finding(
                    "narrative.reference.twice",
                    message,
                    value=str(reference),
                    expected=f"one answer; the first stands at {first.place}",
                )
            )
    if first.missing:
        message = "The cell for the answer is not there any more"
        rule = "narrative.answer.no_cell"
        findings.append(first.place.finding(rule, message, value=str(reference)))
    if first.beyond:
        message = "More stands to the right of the answer, and was not read"
        rule = "narrative.answer.beyond"
        findings.append(first.place.finding(rule, message, value=str(reference)))
    if first.beside:
        used = not any(first.texts)
        used = used and reference.part != "sharing"
        message = "The answer stands in the cell of its reference" + (
            " and was read from there" if used else "; it was not read"
        )
        rule = "narrative.answer.in_reference"
        findings.append(first.place.finding(rule, message, value=str(reference)))
        if used:
            texts = (first.beside, *first.texts[1:])
            first = Slot(reference, first.place, texts, "", first.beyond, first.missing)
    if reference.part == "sharing" and any(finding.rule_id in _UNCLEAR for finding in findings):
        # Words against a permission, or beside it, may take it back.
        findings.append(_nobody_may(first.place))
        first = replace(first, texts=("",))
    return first, findings


def _answer(slot: Slot, position: int, field: str) -> tuple[str | None, str, list[Finding]]:
    words = slot.texts[position]
    if field == "quote":
        return _permission(slot, words)
    if not words:
        return None, "empty", []
    broken = [rule for rule in contract("narrative").personal if _holds(rule, words)]
    findings = [
        slot.place.finding(rule.id, rule.message, column=field, fix=rule.fix) for rule in broken
    ]
    return (None, "set_aside", findings) if broken else (words, "ok", [])


def _permission(slot: Slot, words: str) -> tuple[str, str, list[Finding]]:
    """What the sender allows; what cannot be understood allows nothing."""
    if not words:
        return form.QUOTING_DEFAULT, "empty", []
    said = normalise(words)
    for code, label in form.QUOTING.items():
        if said in (code, normalise(label)):
            return code, "ok", []
    return form.QUOTING_DEFAULT, "empty", [_nobody_may(slot.place)]


def _nobody_may(place: Place) -> Finding:
    return place.finding(
        "narrative.sharing.unreadable",
        "Whether others may read the answers cannot be understood, so nobody may",
        expected=" or ".join(f"“{label}”" for label in form.QUOTING.values()),
    )


def _holds(rule: Personal, words: str) -> bool:
    found = _pattern(rule.pattern).finditer(_plain(words))
    return any(rule.check_digit is None or _is_nhs_number(match.group()) for match in found)


def _plain(words: str) -> str:
    """As it is read aloud: one kind of space, dash and digit, and no signs that nobody sees."""
    usual = unicodedata.normalize("NFKC", words)
    seen = "".join(sign for sign in usual if unicodedata.category(sign) != "Cf")
    return re.sub(r"\s+", " ", re.sub(r"[‐-―−]", "-", seen))


@lru_cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _is_nhs_number(digits: str) -> bool:
    """Whether the tenth digit proves the nine before it, as the NHS Data Dictionary has it."""
    numbers = [int(sign) for sign in digits if sign.isdigit()]
    proof = 11 - sum(n * weight for n, weight in zip(numbers, range(10, 1, -1), strict=False)) % 11
    return proof % 11 == numbers[9]


def added(sheets: Sequence[Sheet], outside: str) -> Iterator[Finding]:
    """What the sender wrote where the form asks nothing; `outside` is the sheet without tables."""
    for sheet in sheets:
        cells = [str(cell) for row in sheet.rows for cell in row]
        if sheet.name == outside:
            own = [style for style, _ in sheet.rows if not _is_of_form(style)]
            if own:
                yield Finding(
                    "narrative.text.outside",
                    "check",
                    "Text stands outside the answer cells and was not read",
                    TABLE,
                    sheet.name,
                    count=len(own),
                )
        elif any(cells) and not any(form.found_in(c) or c == form.VERSION_LABEL for c in cells):
            message = "Holds no reference of the form and was not read"
            yield Finding("narrative.sheet.other", "check", message, TABLE, sheet.name)


def _is_of_form(style: str) -> bool:
    return style == form.STYLE or style.lower().startswith("heading")
