"""The result of `liia check` as text for a terminal, readable at 80 columns.

Each fault is said once with its places below it. The whole list, with every place, is for the
report and the JSON. No colour carries meaning, so that it can be piped into a file or a mail.
"""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from exports.findings_words import (
    SEVERITIES,
    Group,
    clipped,
    counts,
    grouped,
    in_words,
    matched,
    subject,
    table_name,
    text,
    things,
    verdict,
)
from ingestion.region import REGION

WIDTH = 80
# A fault made in every row of a long list would push the others off the screen.
PLACES = 6


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The text line by line: verdict, what was read, findings worst first, what was not checked."""
    found = counts(result["findings"])
    yield from _filled(f"{result['file']}: {subject(result)}")
    yield from _filled(f"{verdict(result).upper()}.")
    if sum(found.values()):
        yield from _filled(f"{in_words(found)}.".capitalize())
    yield ""
    yield from _read(result["tables"])
    for severity, groups in grouped(result["findings"]).items():
        if groups:
            yield ""
            yield f"{SEVERITIES[severity].upper()} ({found[severity]:,})"
        for group in groups:
            yield from _group(group)
    yield ""
    yield from _unchecked(result.get("not_checked") or [])


def _read(tables: Mapping[str, Any]) -> Iterator[str]:
    if not tables:
        yield "No table was found in the file."
    for name, table in tables.items():
        columns = len(table["columns"])
        # A form is read by its references: it has none.
        also = f", {things(columns, 'column')}" if columns else ""
        yield from _filled(f"Read {table_name(name)}: {things(table['rows'], 'row')}{also}.")
        for header, match in table["columns"].items():
            if match["how"] == "fuzzy":
                yield from _filled(
                    f"“{clipped(header, 60)}” as {match['to'].replace('_', ' ')}. "
                    f"{matched(match)}.",
                    "  ",
                )


def _group(group: Group) -> Iterator[str]:
    yield ""
    many = f" ({group.count:,} places)" if group.count > 1 else ""
    yield from _filled(f"{group.title}{many}", "  ")
    if group.expected:
        yield from _filled(f"Expected: {clipped(group.expected)}", "    ")
    names, cells = zip(*group.columns(60), strict=True)
    places = list(zip(*cells, strict=True))
    # A line saying "and 1 more" would take the place of that one.
    shown = places if len(places) <= PLACES + 1 else places[:PLACES]
    for row in shown:
        details = [
            cell if name == "What" else f"{name.lower()} “{cell}”"
            for name, cell in zip(names[1:], row[1:], strict=True)
            if cell
        ]
        yield from _filled(f"{row[0]}{': ' if details else ''}{', '.join(details)}", "    - ")
    if len(shown) < len(places):
        rest = len(places) - len(shown)
        yield from _filled(f"and {rest:,} more lines, which --report DIR lists", "    - ")
    if group.fix:
        yield from _filled(f"To do: {group.fix}", "    ")


def _unchecked(rules: list[Mapping[str, Any]]) -> Iterator[str]:
    between = [rule for rule in rules if text(rule.get("rule_id")).startswith("annex_a.lists.")]
    if between:
        yield from _filled(
            "Not checked, since it needs lists that are not in this file; in a workbook of all"
            " lists it is:"
        )
        for rule in between:
            yield from _filled(text(rule.get("title")), "  - ")
        yield ""
        rules = [rule for rule in rules if rule not in between]
    taken = f"when {REGION.alliance} takes the file in"
    yield from _filled(
        f"Not checked here, since it needs other files, but {taken}:"
        if rules
        else f"Rules that need other files run {taken}."
    )
    for rule in rules:
        yield from _filled(text(rule.get("title")), "  - ")


def _filled(words: str, lead: str = "") -> list[str]:
    """Wrapped to the width; further lines stand under the first."""
    return wrap(
        " ".join(words.split()),
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
    )
