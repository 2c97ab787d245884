"""The report of `liia screen` as text for a terminal, readable at 80 columns, worst first.

A check that passed is only counted: what it asks stands in docs/screening.md and in the JSON.
"""

from collections.abc import Iterator
from textwrap import wrap

from ingestion.screening import Report
from ingestion.screening.results import OUTCOMES

WIDTH = 80


def lines(name: str, report: Report) -> Iterator[str]:
    """The text line by line: the verdict, what each check has to say, how many passed."""
    found = {
        outcome: [(check, each) for check, each in report.results.items() if each.result == outcome]
        for outcome in OUTCOMES
    }
    yield f"{name}: {'PASSED' if report.passed else 'NOT PASSED'}."
    for outcome in OUTCOMES[:-1]:
        ran = [(check, each) for check, each in found[outcome] if each.ran]
        if ran:
            yield ""
            yield f"{outcome} ({len(ran)})"
        for check, each in ran:
            yield from _filled(f"- {check}: {each.message}")
    not_run = [check for check, each in report.results.items() if not each.ran]
    if not_run:
        yield ""
        yield from _filled(
            f"NOT RUN ({len(not_run)}), since a check that they need failed: {', '.join(not_run)}."
        )
    yield ""
    yield f"{len(found['PASS'])} of {len(report.results)} checks passed."


def _filled(text: str) -> list[str]:
    return wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
