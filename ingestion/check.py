"""The dry run for a sender: the pipeline's own parsers on one file, storing nothing.

What the findings quote stays on the sender's machine. Rules that need other quarters or other
authorities run in the pipeline only.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingestion import landing
from ingestion.findings import SEVERITIES
from ingestion.sources import Parsed, annex_a, published, returns

KINDS = ("return", "annex_a", "published")


def check_file(path: Path, kind: str | None = None) -> dict[str, Any]:
    """Parse one file as the pipeline would; the JSON-ready result of `liia check`.

    Without `kind` a CSV is taken as published; a workbook as what its sheets hold most of.
    """
    file = landing.landed(path.resolve(), path.resolve().parent, kind or "return")
    kind = kind or _kind(file)
    parsed = _parse(file, kind)
    findings = sorted(parsed.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    return {
        "file": path.name,
        "kind": kind,
        "accepted": parsed.accepted,
        "tables": {
            name: {
                "rows": len(parsed.tables.get(name, ())),
                "columns": {
                    match.header: {"to": match.to, "how": match.how, "score": match.score}
                    for match in resolution.matches
                },
            }
            for name, resolution in parsed.resolutions.items()
        },
        "findings": [asdict(finding) for finding in findings],
    }


def _kind(file: landing.LandedFile) -> str:
    if file.absolute.suffix.lower() == ".csv":
        return "published"
    as_return, as_annex_a = returns.parse(file), annex_a.read_lists(file)
    return "annex_a" if len(as_annex_a.tables) > len(as_return.tables) else "return"


def _parse(file: landing.LandedFile, kind: str) -> Parsed:
    parsers = {"return": returns.parse, "annex_a": annex_a.read_lists, "published": published.parse}
    return parsers[kind](file)
