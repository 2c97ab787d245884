"""The dry run for a sender: the pipeline's own parsers on one file, storing nothing.

What the findings quote stays on the sender's machine. Rules that need other quarters or other
authorities run in the pipeline only.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingestion import landing
from ingestion.findings import SEVERITIES
from ingestion.readers import TEXT
from ingestion.sources import Parsed, annex_a, parse_landed, published, returns

KINDS = ("return", "annex_a", "published")


def check_file(path: Path, kind: str | None = None) -> dict[str, Any]:
    """Parse one file as the pipeline would; the JSON-ready result of `liia check`.

    Without `kind` the file is read as each kind and counts as the one that finds most tables.
    """
    place = path.resolve()
    file = landing.landed(place, _landing_of(place), kind or "return")
    kind, parsed = _parse(file, [kind] if kind else _likely(place))
    findings = sorted(parsed.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    return {
        "file": path.name,
        "kind": kind,
        "accepted": parsed.accepted,
        "tables": {
            name: {
                "rows": _rows(parsed, name),
                "columns": {
                    match.header: {"to": match.to, "how": match.how, "score": match.score}
                    for match in resolution.matches
                },
            }
            for name, resolution in parsed.resolutions.items()
        },
        "findings": [asdict(finding) for finding in findings],
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
    if path.suffix.lower() in TEXT:
        return ["published", "return", "annex_a"]
    return ["return", "annex_a", "published"]


def _parse(file: landing.LandedFile, kinds: list[str]) -> tuple[str, Parsed]:
    """The kind under which most tables are found, with what it gave; the first on a tie."""
    parsers = {"return": returns.parse, "annex_a": annex_a.read_lists, "published": published.parse}
    results = [(kind, parse_landed(file, parsers[kind])) for kind in kinds]
    return max(results, key=lambda result: len(result[1].tables))
