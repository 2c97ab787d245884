"""One module per source: how a file of that source becomes typed tables.

Each offers `parse(file, ...) -> Parsed`. A parser stores nothing and knows nothing of the ledger;
`liia check` and the pipeline call the same function, so the same rules hold in both.
"""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from ingestion.findings import Finding
from ingestion.headers import Resolution


@dataclass
class Parsed:
    """What one file gave: tables by name, findings, and what the file says it is."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    resolutions: dict[str, Resolution] = field(default_factory=dict)
    dataset: str | None = None
    la_code: str | None = None
    quarter: str | None = None
    extract_date: date | None = None
    extract_date_basis: str | None = None
    release: str | None = None
    last_period: str | None = None
    table_names: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not any(finding.severity == "block" for finding in self.findings)


def header_findings(table: str, sheet: str, resolution: Resolution) -> list[Finding]:
    """What a reader should know about how the columns were matched, worst first."""
    found = [
        Finding(
            rule_id="headers.missing",
            severity="block" if column.required else "check",
            message=f"Column “{column.headers[0]}” was not found",
            table=table,
            sheet=sheet,
            row=resolution.row + 1,
            column=column.headers[0],
            expected="a column headed " + " or ".join(f"“{header}”" for header in column.headers),
            suggestion=next(
                (seen for seen, near in resolution.nearest.items() if near in column.headers), None
            ),
        )
        for column in resolution.missing
        if column.role != "ignore"
    ]
    found += [
        Finding(
            rule_id="headers.unknown",
            severity="note",
            message=f"Column “{header}” is not part of the layout and was not used",
            table=table,
            sheet=sheet,
            row=resolution.row + 1,
            column=header,
            value=header,
            suggestion=resolution.nearest.get(header),
        )
        for header in resolution.unmatched.values()
    ]
    found += [
        Finding(
            rule_id="headers.fuzzy",
            severity="note",
            message=f"“{match.header}” was read as “{match.to}” ({match.score:.0f}% alike)",
            table=table,
            sheet=sheet,
            row=resolution.row + 1,
            column=match.header,
            value=match.header,
        )
        for match in resolution.matches
        if match.how == "fuzzy"
    ]
    return found
