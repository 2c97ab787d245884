"""An Annex A workbook (ChAT extract): child-level lists, made safe before anything is kept.

Sheets are found by name or by their columns. Child ids are replaced by a keyed hash, dates of birth
by the first of their month, free text and names are dropped, as each column's `keep` in the contract
says. What leaves `parse` holds nothing else. Quarterly figures are derived in dbt, not here.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Table, contract
from ingestion.findings import Finding
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.sources import Parsed, header_findings

# Silence after the last event would be read as zeros (design: 31 days).
MAX_SILENT_DAYS = 31
_FULL_DATE = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?([0-3]\d)(?!\d)")


def parse(file: landing.LandedFile, key: bytes) -> Parsed:
    """Read one workbook; `key` is the pseudonymisation key. Findings carry no cell content."""
    return minimise(read_lists(file), key)


def read_lists(file: landing.LandedFile) -> Parsed:
    """The lists as the sender wrote them, with findings that quote cells: for the sender only."""
    parsed = Parsed()
    try:
        sheets = read(file.absolute)
    except UnreadableFile as error:
        parsed.findings.append(Finding("file.unreadable", "block", str(error)))
        return parsed
    tables = contract("annex_a").tables
    for table in tables:
        found = _sheet_for(table, sheets)
        if found is None:
            parsed.findings.append(
                Finding(
                    "annex_a.list.missing",
                    "check",
                    f"“{table.title}” was not found in the workbook",
                    table=table.name,
                    expected=" or ".join(f"a sheet named “{name}”" for name in table.sheets[:2]),
                )
            )
            continue
        sheet, resolution = found
        parsed.resolutions[table.name] = resolution
        # A list that cannot be used is set aside alone: the other lists go on.
        parsed.findings += [
            replace(finding, severity="check") if finding.severity == "block" else finding
            for finding in header_findings(table.name, sheet.name, resolution)
        ]
        if resolution.complete:
            parsed.tables[table.name] = _list(parsed, sheet, table, resolution)
    _report_unread(parsed, sheets, tables)
    if not parsed.tables:
        parsed.findings.append(
            Finding("annex_a.no_lists", "block", "None of the Annex A lists is in this workbook")
        )
    _identify(parsed, file)
    return parsed


def _sheet_for(table: Table, sheets: list[Sheet]) -> tuple[Sheet, headers.Resolution] | None:
    """By sheet name, else by a header row that has every required column and most others."""
    wanted = {headers.normalise(name) for name in table.sheets}
    named = [s for s in sheets if headers.normalise(s.name) in wanted]
    for sheet in [*named, *(s for s in sheets if s not in named)]:
        resolution = headers.find_header(sheet.rows, table.columns)
        if resolution is None:
            continue
        share = len(resolution.matches) / len(table.columns)
        if sheet in named or (resolution.complete and share >= 0.8):
            return sheet, resolution
    return None


def _list(
    parsed: Parsed, sheet: Sheet, table: Table, resolution: headers.Resolution
) -> pd.DataFrame:
    body = sheet.rows[resolution.row + 1 :]
    cells = pd.DataFrame(
        {
            name: pd.Series(
                [row[position] if position < len(row) else "" for row in body], dtype=object
            )
            for name, position in resolution.positions.items()
        }
    )
    cells["row"] = range(resolution.row + 1, resolution.row + 1 + len(body))
    # A row with nothing in any column of the list is an empty row, not a child.
    names = list(resolution.positions)
    filled = cells[names].apply(conform.text_of).notna().any(axis=1)
    frame, findings = conform.conform(
        cells[filled].reset_index(drop=True), table, resolution, sheet.name
    )
    parsed.findings += findings
    return frame


def _report_unread(parsed: Parsed, sheets: list[Sheet], tables: list[Table]) -> None:
    read_names = {headers.normalise(name) for table in tables for name in table.sheets}
    for sheet in sheets:
        name = headers.normalise(sheet.name)
        if re.fullmatch(r"list \d+", name) and name not in read_names:
            parsed.findings.append(
                Finding(
                    "annex_a.list.not_read",
                    "note",
                    f"Sheet “{sheet.name}” is an Annex A list that is not read yet",
                    sheet=sheet.name,
                )
            )


def _identify(parsed: Parsed, file: landing.LandedFile) -> None:
    parsed.la_code = landing.la_of(file)
    quarter = landing.quarter_of(file)
    parsed.quarter = quarter.slug if quarter else None
    if parsed.la_code is None:
        parsed.findings.append(
            Finding(
                "annex_a.authority.unknown",
                "block",
                "Nothing says which authority sent this workbook",
                expected="a folder such as annex_a/2025-26-Q2/CAM, or a sidecar with “la: CAM”",
            )
        )
    latest = _latest_event(parsed.tables)
    parsed.extract_date, parsed.extract_date_basis = _extract_date(file, latest)
    if parsed.extract_date is None:
        parsed.findings.append(
            Finding(
                "annex_a.extract_date.unknown",
                "check",
                "No extract date is stated and no event dates it; no quarter can be derived",
                expected="a sidecar with “extract_date: 2025-10-03”",
            )
        )
    elif latest is not None and (parsed.extract_date - latest).days > MAX_SILENT_DAYS:
        parsed.findings.append(
            Finding(
                "annex_a.extract_date.silent",
                "block",
                f"The extract date is more than {MAX_SILENT_DAYS} days after the latest event:"
                " the silence would be read as zeros",
                expected="the date on which the lists were extracted",
            )
        )


def _latest_event(tables: dict[str, pd.DataFrame]) -> date | None:
    source = contract("annex_a")
    latest = [
        frame[column.name].max()
        for name, frame in tables.items()
        for column in source.table(name).columns
        if column.type == "date" and column.name != "birth_date"
    ]
    days = [event.date() for event in latest if pd.notna(event)]
    return max(days) if days else None


def _extract_date(file: landing.LandedFile, latest: date | None) -> tuple[date | None, str | None]:
    """The sidecar's date, a full date in the file name, else the latest event, marked inferred."""
    stated = file.sidecar.get("extract_date")
    if isinstance(stated, date):
        return stated, "sidecar"
    for basis, text in (("sidecar", str(stated or "")), ("file name", file.absolute.name)):
        match = _FULL_DATE.search(text)
        if match:
            try:
                return date(*(int(part) for part in match.groups())), basis
            except ValueError:
                continue
    return (latest, "inferred from the latest event") if latest else (None, None)


def minimise(parsed: Parsed, key: bytes) -> Parsed:
    """Apply each column's privacy treatment and mask the findings; returns the same object."""
    source = contract("annex_a")
    salt = (parsed.la_code or "").encode()
    for name, frame in parsed.tables.items():
        kept = frame
        for column in source.table(name).columns:
            if column.keep == "drop":
                kept = kept.drop(columns=column.name)
            elif column.keep == "month":
                first = kept[column.name].dt.to_period("M").dt.to_timestamp()
                kept = kept.assign(**{column.name: first.astype("datetime64[s]")})
            elif column.keep == "pseudonymise":
                kept = kept.assign(**{column.name: pseudonyms(kept[column.name], key, salt)})
        parsed.tables[name] = kept
    parsed.findings = list(_masked(parsed.findings))
    return parsed


def pseudonyms(ids: pd.Series, key: bytes, salt: bytes) -> pd.Series:
    """Keyed hashes (HMAC-SHA-256, 80 bits): the same child in two lists stays the same child."""
    distinct = ids.dropna().unique()
    hashed = {
        value: hmac.new(key, salt + b"\x00" + str(value).encode(), hashlib.sha256).hexdigest()[:20]
        for value in distinct
    }
    return ids.map(hashed).astype("string")


def _masked(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Child-level findings lose the cell's content, and so does a header that is no known header.

    Where a sheet has no header row, the first child's row would be read as one.
    """
    for finding in findings:
        if finding.rule_id == "headers.unknown":
            message = "A column that is not part of the layout was not used"
            finding = replace(finding, message=message, column=None)
        yield finding if finding.rule_id == "headers.fuzzy" else finding.masked()
