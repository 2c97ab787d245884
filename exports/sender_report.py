"""What a sender gets from `liia check --report`: a page to read, the same as JSON, a marked copy.

Lays out what the check found. The check itself is `ingestion.check`; the marked copy is
`annotated_workbook`. These files quote cells, so they are written only where the sender asks.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports.annotated_workbook import NoCopyError, annotated_copy
from exports.files import publish
from exports.findings_words import (
    CHILD_LEVEL,
    SEVERITIES,
    clipped,
    counts,
    grouped,
    matched,
    quotes_children,
    subject,
    table_name,
    text,
    things,
    verdict,
)
from exports.pages import page

_STEM_LENGTH = 80


def write_report(result: Mapping[str, Any], source: Path, dest: Path) -> list[Path]:
    """Write page, JSON and annotated copy into `dest`; the paths of what was written.

    Where no copy can be made the page says why, and a copy left by an earlier check is removed.
    """
    stem = safe_stem(source)
    copy_name = f"{stem}_annotated.xlsx"
    json_name = f"{stem}_findings.json"
    files: dict[str, str | bytes] = {}
    no_copy = ""
    try:
        files[copy_name] = annotated_copy(result, source)
    except NoCopyError as error:
        no_copy = str(error)
    html = _page(result, copy_name=copy_name, json_name=json_name, no_copy=no_copy)
    files = {
        f"{stem}_findings.html": html,
        json_name: json.dumps(result, indent=2, default=str, ensure_ascii=False) + "\n",
        **files,
    }
    return publish(dest, files, owned=copy_name)


def safe_stem(source: Path) -> str:
    """The file's name without its ending, fit to be a file name and a link on any system."""
    stem = re.sub(r"[^\w \-.()]", "_", source.stem).lstrip(" .-_")[:_STEM_LENGTH].rstrip(" .")
    return stem or "file"


def _page(result: Mapping[str, Any], *, copy_name: str, json_name: str, no_copy: str) -> str:
    groups = grouped(result["findings"])
    return page(
        "sender_report.html.j2",
        file=clipped(result["file"]),
        subject=subject(result),
        verdict=verdict(result),
        accepted=result["accepted"],
        counts=counts(result["findings"]),
        severities=SEVERITIES,
        shown={key: title for key, title in SEVERITIES.items() if groups[key]},
        groups=groups,
        child_level=CHILD_LEVEL if quotes_children(result) else "",
        copy_name=copy_name,
        json_name=json_name,
        no_copy=no_copy,
        tables=[_table(name, table) for name, table in result["tables"].items()],
        not_checked=result.get("not_checked") or [],
    )


def _table(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": table_name(name),
        "rows": things(table["rows"], "row"),
        "columns": [
            {
                "header": clipped(header),
                "to": text(match.get("to")).replace("_", " "),
                "how": match.get("how"),
                "surely": matched(match),
            }
            for header, match in table["columns"].items()
        ],
    }
