"""One module per source: how a file of that source becomes typed tables.

Each offers `parse(file, ...) -> Parsed`. A parser stores nothing and knows nothing of the ledger;
`liia check` and the pipeline call the same function, so the same rules hold in both.
"""

import logging
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import pandas as pd

from ingestion import landing
from ingestion.contract import Table
from ingestion.findings import Finding, address, column_letter
from ingestion.headers import Resolution, normalise
from ingestion.landing import LandedFile
from ingestion.readers import Sheet

_LOG = logging.getLogger(__name__)


@dataclass
class Parsed:
    """What one file gave: tables by name, findings, and what the file says it is."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    resolutions: dict[str, Resolution] = field(default_factory=dict)
    dataset: str | None = None
    publication: str | None = None
    la_code: str | None = None
    quarter: str | None = None
    extract_date: date | None = None
    extract_date_basis: str | None = None
    release: str | None = None
    last_period: str | None = None
    table_names: list[str] = field(default_factory=list)
    sheet: str | None = None
    template_version: str | None = None
    signed_off_by: str | None = None
    signed_off_on: str | None = None
    # Further submissions of the same file: another authority or quarter, on a sheet of its own.
    more: list["Parsed"] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not any(finding.severity == "block" for finding in self.findings)


def parse_landed(file: LandedFile, parse: Callable[[LandedFile], Parsed]) -> Parsed:
    """What one landed file gives; what landing itself found wrong with it is a finding too.

    A parser that fails sets its file aside and stops no other.
    """
    if file.refused:
        parsed = Parsed(findings=[Finding("file.refused", "block", file.refused)])
    else:
        try:
            parsed = parse(file)
        except Exception as error:
            parsed = Parsed(findings=[fault("file.failed", "Reading this file", error)])
    for each in (parsed, *parsed.more):
        each.table_names = sorted(each.tables)
        if file.source in ("return", "annex_a", "narrative"):
            # Also what cannot be read was sent by somebody, for some quarter.
            quarter = landing.quarter_of(file)
            each.la_code = each.la_code or landing.la_of(file)
            each.quarter = each.quarter or (quarter.slug if quarter else None)
    parsed.findings += [Finding("sidecar.unusable", "check", p) for p in file.sidecar_problems]
    return parsed


def fault(rule_id: str, doing: str, error: Exception) -> Finding:
    """The finding for a file on which our own code failed; the log tells the place in the code."""
    # Never the exception's text: it may quote a cell, and that is about a child.
    kind, at = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error("%s failed: %s in %s, line %s", doing, kind, at.filename, at.lineno)
    return Finding(rule_id, "block", f"{doing} failed ({kind}): a fault of the platform")


def header_findings(
    table: Table,
    sheet: Sheet,
    resolution: Resolution,
    needed: Collection[str] = (),
    single: Collection[str] = (),
) -> list[Finding]:
    """What a reader should know about how the columns were matched, worst first.

    A column that the contract requires, or whose name is in `needed`, blocks where it is missing;
    those and the `single` ones where their header stands twice.
    """
    required = {*needed, *(column.name for column in table.columns if column.required)}
    once = required.union(single)
    finding = partial(Finding, table=table.name, sheet=sheet.name, row=resolution.row + 1)
    found = [
        finding(
            rule_id="headers.missing",
            severity="block" if column.name in required else "check",
            message=f"Column “{column.headers[0]}” was not found",
            column=column.headers[0],
            expected="a column headed " + " or ".join(f"“{header}”" for header in column.headers),
            suggestion=next(
                (seen for seen, near in resolution.nearest.items() if near in column.headers), None
            ),
        )
        for column in resolution.missing
        if column.role != "ignore"
    ]
    for position, used in resolution.duplicates.items():
        column = table.column(used.to)
        header = str(sheet.rows[resolution.row][position]).strip()
        # The same header twice leaves open which column is meant; a known alias beside the header
        # as issued does not.
        same = normalise(header) == normalise(used.header)
        found.append(
            finding(
                rule_id="headers.duplicate",
                severity="block" if column.name in once and same else "check",
                message=f"“{header}” heads another column too; column"
                f" {column_letter(used.position)} was used, {column_letter(position)} was not",
                cell=address(resolution.row, position),
                column=column.headers[0],
                value=header,
                expected="one column of each kind",
            )
        )
    found += [
        finding(
            rule_id="headers.unknown",
            severity="note",
            message=f"Column “{header}” is not part of the layout and was not used",
            column=header,
            value=header,
            suggestion=resolution.nearest.get(header),
        )
        for header in resolution.unmatched.values()
    ]
    found += [
        finding(
            rule_id="headers.fuzzy",
            severity="note",
            message=f"“{match.header}” was read as “{table.column(match.to).headers[0]}”"
            f" ({match.score:.0f}% alike)",
            column=match.header,
            value=match.header,
        )
        for match in resolution.matches
        if match.how == "fuzzy"
    ]
    return found + _without_header(table, sheet, resolution)


def _without_header(table: Table, sheet: Sheet, resolution: Resolution) -> list[Finding]:
    """Columns that hold something under the header row but have no header."""
    body = sheet.rows[resolution.row + 1 :]
    header = sheet.rows[resolution.row]
    width = max((len(row) for row in body), default=0)
    bare = [i for i in range(width) if i >= len(header) or not str(header[i]).strip()]
    return [
        Finding(
            rule_id="headers.none",
            severity="note",
            message=f"Column {column_letter(i)} has no header and was not used",
            table=table.name,
            sheet=sheet.name,
            cell=address(resolution.row, i),
            row=resolution.row + 1,
        )
        for i in bare
        if any(i < len(row) and str(row[i]).strip() for row in body)
    ]
