"""What a notice is, and how a template becomes one.

The first line of a template is the subject, the rest the text. What a notice says stands in its
template; what it is made from in the module of its kind.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ingestion.periods import Quarter
from ingestion.region import REGION


class Kind(StrEnum):
    MISSING = "missing"
    BLOCKED = "blocked"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Notice:
    """One message, the same for everybody who gets it; subject and text are plain text."""

    kind: Kind
    quarter: Quarter
    synthetic: bool
    subject: str
    text: str


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701 - plain text, for no browser
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # No value breaks a line: none can add a header or pass for a sentence of ours.
        finalize=_in_line,
    )
    environment.globals["region"] = REGION
    environment.filters["day"] = _day
    return environment


def _in_line(value: object) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return " ".join(shown.split())


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def notice(kind: Kind, quarter: Quarter, synthetic: bool, **context: object) -> Notice:
    """The template of a kind filled in; an error for a name that is not given."""
    template = _environment().get_template(f"{kind}.txt.j2")
    said = template.render(quarter=quarter.label, synthetic=synthetic, **context)
    subject, _, text = said.strip().partition("\n")
    marked = f"SYNTHETIC: {subject}" if synthetic else subject
    return Notice(kind, quarter, synthetic, marked, text.strip() + "\n")
