"""The dry run for a sender: the pipeline's own parsers on one file, storing nothing.

What the findings quote stays on the sender's machine. Rules that need other quarters run in the
pipeline only, and the result lists them. Corrections remembered in the landing zone around the file
are used as the pipeline would.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ingestion import aliases, landing, releases
from ingestion.contract import contract
from ingestion.findings import SEVERITIES, Finding
from ingestion.periods import Quarter
from ingestion.readers import TEXT
from ingestion.registry import seed
from ingestion.sources import (
    Parsed,
    annex_a,
    annex_a_rules,
    chat_values,
    narratives,
    ofsted,
    parse_landed,
    published,
    returns,
)

KINDS = ("return", "annex_a", "published", "narrative")
_RECONCILED = {
    "rule_id": "reconciliation",
    "title": "Whether the figures are those of your return",
    "why": "The same quarter is told twice, and both cannot be right where they differ",
}


def check_file(path: Path, kind: str | None = None, home: Path | None = None) -> dict[str, Any]:
    """Parse one file as the pipeline would; the JSON-ready result of `liia check`.

    Without `kind` the file is read as each kind and counts as the one that finds most tables. A
    published file is also held against the release before it, where `home` has one.
    """
    place = path.resolve()
    zone = _landing_of(place)
    file = landing.landed(place, zone, kind or "return")
    kind, parsed = _parse(file, [kind] if kind else _likely(place), zone)
    drift = releases.against_home(file, parsed, home) if kind == "published" and home else None
    parsed.findings += drift or []
    submissions = [parsed, *parsed.more]
    findings = [finding for each in submissions for finding in each.findings]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return {
        "file": path.name,
        "kind": kind,
        "la": _authorities(submissions),
        "quarter": Quarter.parse(parsed.quarter).label if parsed.quarter else None,
        "accepted": all(each.accepted for each in submissions),
        "tables": _tables(submissions),
        "findings": [asdict(finding) | _measure(finding, submissions) for finding in findings],
        # Ofsted's judgements are compared with no release before.
        "not_checked": not_checked(
            kind, drift is not None or ofsted.TABLE in parsed.tables, parsed.tables
        ),
    }


def _authorities(submissions: list[Parsed]) -> str | None:
    codes = dict.fromkeys(each.la_code for each in submissions if each.la_code)
    return ", ".join(map(landing.la_name, codes)) or None


def _measure(finding: Finding, submissions: list[Parsed]) -> dict[str, str]:
    """The label of the measure that a finding in a return is about, which a cell alone hides."""
    labels = seed("registry/measures").set_index("measure_code")["label"]
    for parsed in submissions:
        frame = parsed.tables.get("return_values")
        if frame is not None and finding.row is not None and parsed.sheet == finding.sheet:
            found = frame.loc[frame["row"] == finding.row, "measure_code"].map(labels)
            return {} if found.empty else {"measure": str(found.iloc[0])}
    return {}


def _tables(submissions: list[Parsed]) -> dict[str, Any]:
    """Tables by name; those of further submissions in the same file with their sheet's name."""
    if (answers := submissions[0].tables.get(narratives.TABLE)) is not None:
        # They are found by references: a form has no columns to match.
        return {narratives.TABLE: {"rows": len(answers), "columns": {}}}
    return {
        name if parsed is submissions[0] else f"{name} ({parsed.sheet})": {
            "rows": _rows(parsed, name),
            "columns": {
                match.header: {"to": match.to, "how": match.how, "score": match.score}
                for match in resolution.matches
            },
        }
        for parsed in submissions
        for name, resolution in parsed.resolutions.items()
    }


def _rows(parsed: Parsed, name: str) -> int:
    """Rows as the sender counts them: a published file's values are many to a line."""
    frame = parsed.tables.get(name, parsed.tables.get("published_values"))
    return 0 if frame is None else int(frame["row"].nunique())


def _landing_of(path: Path) -> Path:
    """The landing zone around a file, whose folders name authority and quarter; else its folder."""
    for folder in path.parents:
        if folder.name in landing.FOLDERS.values():
            return folder.parent
    return path.parent


def _likely(path: Path) -> list[str]:
    """The kinds a file may be, likeliest first: DfE publishes CSV, authorities send workbooks."""
    if chat_values.is_named(path):
        return ["annex_a", "return", "published"]
    if path.suffix.lower() in TEXT:
        return ["published", "return", "annex_a"]
    if path.suffix.lower() in (".docx", ".doc"):
        return ["narrative"]
    return ["return", "annex_a", "published", "narrative"]


def _parse(file: landing.LandedFile, kinds: list[str], zone: Path) -> tuple[str, Parsed]:
    """The kind under which most tables are found, with what it gave; the first on a tie."""
    remembered = aliases.load(zone)
    parsers: dict[str, Callable[[landing.LandedFile], Parsed]] = {
        "return": partial(returns.parse, remembered=remembered),
        "annex_a": annex_a.read_lists,
        "published": published.parse,
        "narrative": narratives.parse,
    }
    results = [(kind, parse_landed(file, parsers[kind])) for kind in kinds]
    return max(results, key=lambda result: len(result[1].tables))


def not_checked(
    kind: str, compared: bool = False, read: Collection[str] = ()
) -> list[dict[str, str]]:
    """The rules that need other quarters, releases or lists than those that were read."""
    if kind == "published" and not compared:
        why = "No release of this dataset before this one is loaded in the home (--home)"
        title = "What differs from the release before"
        return [{"rule_id": "drift", "title": title, "why": why}]
    if kind == "annex_a":
        return [*_between_lists(read), _RECONCILED] if read else []
    if kind != "return":
        return []
    rules = seed("registry/history_rules")
    return [
        {"rule_id": rule_id, "title": title, "why": why}
        for rule_id, title, why in zip(
            rules["rule_id"], rules["title"], rules["rationale"], strict=True
        )
    ]


def _between_lists(read: Collection[str]) -> list[dict[str, str]]:
    """Rules between a list that was read and one that is not in the file."""
    titles = {table.name: table.title for table in contract("annex_a").tables}
    return [
        {
            "rule_id": rule.id,
            "title": rule.message,
            "why": f"{f'“{titles[missing[0]]}”' if len(missing) == 1 else 'Another list'} is not in"
            " this file; in a workbook of all lists it is checked",
        }
        for rule, missing in annex_a_rules.left_out(read)
    ]
