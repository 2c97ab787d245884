"""How findings are said to people: order, grouping, severities and places in plain English.

Terminal, report page, annotated workbook and the pages of an authority's returns all use these
words. Light on purpose: no template, no workbook. Finding faults and the sentences of each rule
belong to `ingestion`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.contract import contract
from ingestion.region import REGION
from ingestion.registry import seed

Finding = Mapping[str, Any]

SEVERITIES = {"block": "Must be put right", "check": "Please check", "note": "For information"}
KINDS = {
    "return": "Quarterly return",
    "annex_a": "Annex A lists",
    "published": "Published statistics",
    "narrative": "Narrative form",
}
CHILD_LEVEL = "This report quotes cells about children. Keep it where the file itself may be kept."
WHOLE_FILE = "The whole file"
# What a suggestion is, where it is not the valid value that is nearest.
_SUGGESTED = {
    "annex_a.lists.birth_date": "Elsewhere",
    "chat.measure.differs": "The figure used",
}
# Headings for rules whose findings each say something else.
_TITLES = {
    "annex_a.list.misnamed": "Sheets named for another list",
    "annex_a.list.missing": "Lists that were not found",
    "annex_a.list.no_header": "Lists without a header row",
    "annex_a.list.twice": "Lists on more than one sheet",
    "annex_a.row.no_child": "Rows that are no child’s",
    "chat.measure.differs": "Measures with two figures",
    "drift.area.gained": "Areas that are new",
    "drift.area.lost": "Areas that are missing",
    "drift.category.gained": "Categories that are new",
    "drift.category.lost": "Categories that are missing",
    "drift.category.split": "Categories that were split",
    "drift.column.gained": "Columns that are new",
    "drift.column.lost": "Columns that are missing",
    "drift.column.renamed": "Columns under another known name",
    "drift.history.revised": "Earlier figures that changed",
    "drift.level.gained": "Levels of area that are new",
    "drift.level.lost": "Levels of area that are missing",
    "drift.period.gained": "Years that are new",
    "drift.period.lost": "Years that are missing",
    "drift.symbol.new": "Symbols not used before",
    "headers.alias": "Columns read as remembered",
    "headers.duplicate": "Columns with the same meaning",
    "headers.fuzzy": "Columns read by likeness",
    "headers.missing": "Columns that were not found",
    "headers.none": "Columns without a header",
    "headers.unknown": "Columns that were not used",
    "published.area.missing": f"{REGION.name} authorities without a line",
    "published.category.unknown": "Categories that the contract does not list",
    "return.measure.missing": "Measures without a row",
    "return.measure.resolved": "Rows not written as issued",
    "return.measure.unknown": "Rows that name no measure",
    "return.quarter.column": "Columns of other quarters",
    "return.sheet.other": "Sheets of another authority or quarter",
    "return.sheet.twice": "Sheets for the same authority and quarter",
    "return.value.symbol": "Symbols in place of a figure",
}
# The one finding that stands for all beyond those listed says so at the end of its message.
_REST = re.compile(r" \(and \d+ more\)$")
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")


@dataclass(frozen=True)
class Group:
    """All findings of one rule: what is wrong, what to do, and each place."""

    title: str
    rule_id: str
    severity: str
    fix: str
    count: int
    findings: list[Finding]
    # The findings differ in what they say, so that each place needs its own sentence.
    each_says: bool

    @property
    def expected(self) -> str:
        """What was expected, where it is the same for every place."""
        wanted = {text(finding.get("expected")) for finding in self.findings}
        return wanted.pop() if len(wanted) == 1 else ""

    def columns(self, limit: int = 200) -> list[tuple[str, list[str]]]:
        """The table of places: headings with their cells; a column with nothing in it is left out.

        Quoted cells are clipped to `limit` characters.

        `measure` and `also` (other quarters with the same) are there only for what the pipeline
        found.
        """
        listed = {
            "What": [text(f["message"]) if self.each_says else "" for f in self.findings],
            "Measure": [text(f.get("measure")) for f in self.findings],
            "Seen": [clipped(f.get("value"), limit) for f in self.findings],
            "Expected": [
                "" if self.expected else clipped(f.get("expected"), limit) for f in self.findings
            ],
            suggested(self.rule_id): [clipped(f.get("suggestion"), limit) for f in self.findings],
            "Seen before": [text(f.get("also")) for f in self.findings],
        }
        places = [("Where", [where(finding) for finding in self.findings])]
        return places + [(name, cells) for name, cells in listed.items() if any(cells)]


def text(value: object) -> str:
    """A finding's field as text; what is empty or missing is ''."""
    return "" if value is None or value != value else str(value).strip()


def clipped(value: object, limit: int = 200) -> str:
    """A quoted cell on one line and of bearable length; says how long the whole is."""
    whole = " ".join(text(value).split())
    return whole if len(whole) <= limit else f"{whole[:limit]}… ({len(whole):,} characters)"


def count(finding: Finding) -> int:
    """How many places one finding stands for."""
    return int(text(finding.get("count")) or 1)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Places by severity, all three named."""
    found = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        found[finding["severity"]] += count(finding)
    return found


def verdict(result: Mapping[str, Any]) -> str:
    """One line: does the file get in, and how much is there to do."""
    found = counts(result["findings"])
    if not result["accepted"]:
        return f"Would be set aside: {things(found['block'], 'thing')} to put right"
    if found["check"]:
        return f"Accepted, with {things(found['check'], 'thing')} to check"
    return "Accepted"


def suggested(rule_id: str) -> str:
    """The heading of a rule's suggestions."""
    return _SUGGESTED.get(rule_id, "Nearest valid")


def quotes_children(result: Mapping[str, Any]) -> bool:
    """Whether a report on the file may quote cells about children."""
    return result["kind"] == "annex_a" and not _of_chat(result)


def _of_chat(result: Mapping[str, Any]) -> bool:
    """Values of ChAT lie where the lists do, and are figures of an authority."""
    return any(name.startswith("chat_values") for name in result["tables"])


def subject(result: Mapping[str, Any]) -> str:
    """What kind of file it is, and for whom and when as far as the file tells."""
    kind = KINDS.get(result["kind"], text(result["kind"]))
    kind = "Values of ChAT" if _of_chat(result) else kind
    about = ", ".join(part for part in (text(result.get(k)) for k in ("la", "quarter")) if part)
    return f"{kind}: {about}" if about else kind


def in_words(found: Mapping[str, int]) -> str:
    """`3 to put right, 2 to check, 1 for information`."""
    names = {"block": "to put right", "check": "to check", "note": "for information"}
    return ", ".join(f"{found[key]} {name}" for key, name in names.items())


def things(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cell_of(finding: Finding) -> str:
    """The cell's address, '' where the finding has none that a spreadsheet would know."""
    cell = text(finding.get("cell"))
    return cell if _CELL.fullmatch(cell) else ""


def where(finding: Finding) -> str:
    """Sheet and cell as Excel shows them; what is more than one place says how many."""
    sheet, cell, row = (text(finding.get(key)) for key in ("sheet", "cell", "row"))
    column = text(finding.get("column"))
    if is_rest(finding):
        return f"{things(count(finding), 'more place')}{f' on {sheet}' if sheet else ''}"
    if cell:
        return f"{sheet} {cell}".strip()
    if finding.get("scope") == "history":
        return "Compared with earlier quarters"
    if not sheet:
        return WHOLE_FILE
    if row:
        return f"{sheet}, row {row}"
    return f"{sheet}, column {column}" if column else f"{sheet}, whole sheet"


def is_rest(finding: Finding) -> bool:
    return bool(_REST.search(text(finding["message"])))


def grouped(findings: Iterable[Finding]) -> dict[str, list[Group]]:
    """Groups by severity, worst first; within one in the order in which they were found."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        key = (finding["severity"], text(finding["rule_id"]), text(finding.get("fix")))
        found.setdefault(key, []).append(finding)
    groups: dict[str, list[Group]] = {severity: [] for severity in SEVERITIES}
    for (severity, rule_id, fix), members in found.items():
        says = {_REST.sub("", text(member["message"])) for member in members}
        title = says.pop() if len(says) == 1 else _TITLES.get(rule_id, _named(rule_id))
        groups[severity].append(
            Group(title, rule_id, severity, fix, sum(map(count, members)), members, bool(says))
        )
    return groups


def _named(rule_id: str) -> str:
    """A heading for a rule: its title in the registry, else its id in words."""
    rules = seed("registry/history_rules")
    titles = dict(zip(rules["rule_id"], rules["title"], strict=True))
    if rule_id in titles:
        return titles[rule_id]
    parts = rule_id.split(".")
    words = " ".join(parts[1:] if len(parts) > 2 else parts).replace("_", " ")
    return words[:1].upper() + words[1:]


def table_name(name: str) -> str:
    """A table's name for people: `annex_a_list_1` -> Annex A list 1 (Contacts), others by title."""
    if name.startswith("annex_a_list_"):
        number, _, about = contract("annex_a").table(name).title.partition(": ")
        return f"Annex A {number.lower()} ({about})"
    name, _, sheet = name.partition(" (")
    if sheet:
        return f"{table_name(name)} ({sheet}"
    titles = {"return_values": "The return’s table"}
    for source in ("published", "ofsted", "chat"):
        titles |= {table.name: table.title for table in contract(source).tables}
    return titles.get(name, name.replace("_", " ").capitalize())


def matched(match: Mapping[str, Any]) -> str:
    """How surely a column was read."""
    how, score = text(match.get("how")), match.get("score")
    words = {
        "exact": "Exact",
        "normalised": "Sure: only capitals, spaces or punctuation differ",
        "alias": "Sure: a known other name",
        "fuzzy": f"Please check: similar spelling, {score or 0:.0f}% alike",
    }
    return words.get(how, how.replace("_", " ").capitalize())
