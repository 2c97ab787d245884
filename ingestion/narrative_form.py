"""The fixed points of the narrative form: what it asks, and the reference beside each answer.

The one place that both the writer of the forms (`exports/narratives`) and their reader
(`sources/narratives.py`) go by. An answer stands in the cells to the right of its reference, in a
Word table as in a sheet, so that a form that somebody has rearranged still works. What a form looks
like is not said here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.periods import Quarter
from ingestion.region import REGION

VERSION = "1"
TITLE = f"{REGION.alliance} narrative"
# By code; `registry/narrative_questions.csv` has the same words for the marts.
QUESTIONS = {
    "good": "What does good look like here?",
    "share": "What would we share?",
    "worry": "What worries us?",
    "support": "What support do we seek?",
}
# The columns of the development plan, in order; a row has one reference for all of them.
PLAN = {
    "priority": "Priority",
    "action": "Action",
    "lead": "Lead (a role)",
    "by_when": "By when",
    "measure": "Measure of success",
}
PLAN_ROWS = 5
# May others of the partnership read these words? Where nothing is chosen, nobody may.
QUOTING = {
    "named": "with our name",
    "unnamed": "without our name",
    "none": "not at all",
}
QUOTING_DEFAULT = "none"

# The fields of each part: exception and question have one answer, a row of the plan has five.
FIELDS = {
    "exception": ("explanation",),
    "self_view": ("answer",),
    "plan": tuple(PLAN),
    "sharing": ("quote",),
}
# On the cover of a form; a table or sheet with neither this nor a reference was added.
VERSION_LABEL = "Form version"
# A paragraph of the form's own has this style in Word; text in another was added by the sender.
STYLE = f"{REGION.alliance} form"

_REFERENCE = re.compile(r"\b([A-Z]{3})/(\d{4}-\d{2}-Q[1-4])/([A-Z_]+)/([A-Z0-9_]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """Whose answer to what: `short_code` and `quarter` (slug) as in a return's path."""

    short_code: str
    quarter: str
    part: str
    item: str

    def __str__(self) -> str:
        return f"{self.short_code}/{self.quarter}/{self.part}/{self.item}"


def references(short_code: str, quarter: Quarter, exceptions: list[str]) -> Iterator[Reference]:
    """Every reference of a form, in the form's order; `exceptions` are indicator codes."""
    items = {
        "exception": exceptions,
        "self_view": [*QUESTIONS],
        "plan": [str(number) for number in range(1, PLAN_ROWS + 1)],
        "sharing": ["quote"],
    }
    for part, of_part in items.items():
        for item in of_part:
            yield Reference(short_code, quarter.slug, part, item)


def found_in(text: str) -> list[tuple[Reference, str]]:
    """The references in a cell, in the form's spelling, each with the text as it stands there."""
    return [
        (Reference(short.upper(), quarter.upper(), part.lower(), item.lower()), match.group())
        for match in _REFERENCE.finditer(text)
        for short, quarter, part, item in [match.groups()]
    ]
