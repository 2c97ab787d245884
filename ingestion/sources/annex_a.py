"""An Annex A delivery: child-level lists in one workbook or a CSV for each, or values of ChAT.

What leaves `parse` has been made safe by `privacy.minimise`; `read_lists` alone gives the rows as
sent, for the sender's own check. Quarterly figures are derived in dbt, not here.
"""

from collections.abc import Collection

import pandas as pd

from ingestion import agreements, landing
from ingestion.conform import Casts
from ingestion.contract import contract
from ingestion.dates import FROM_1900, FROM_1904
from ingestion.findings import Finding
from ingestion.privacy import minimise
from ingestion.readers import UnreadableFile, read
from ingestion.sources import Parsed, annex_a_extract, annex_a_rules, chat_values
from ingestion.sources.annex_a_lists import Headers, columns_of, read_list
from ingestion.sources.annex_a_sheets import find_lists

# Which columns each list of a file had: what dbt needs to tell "none" from "not asked".
COLUMNS = "annex_a_columns"
# What an authority's agreement has to be for.
PURPOSE = "annex_a_figures"


def parse(file: landing.LandedFile, key: bytes) -> Parsed:
    """Read one file; `key` is the pseudonymisation key. Findings carry no cell content.

    Nothing is opened of an authority that has not agreed to it, nor of nobody knows whom.
    """
    if chat_values.is_named(file.absolute):
        return read_lists(file)
    la = landing.la_of(file)
    if la is None:
        return Parsed(findings=[annex_a_extract.nobodys()])
    agreed = agreements.findings(file, la, PURPOSE)
    if any(finding.severity == "block" for finding in agreed):
        return Parsed(findings=agreed, la_code=la)
    parsed = minimise(read_lists(file), key)
    parsed.findings = agreed + parsed.findings
    return parsed


def read_lists(file: landing.LandedFile) -> Parsed:
    """The lists as the sender wrote them, with findings that quote cells: for the sender only."""
    if chat_values.is_named(file.absolute):
        return chat_values.parse(file)
    parsed = Parsed()
    try:
        sheets = read(file.absolute)
    except UnreadableFile as error:
        parsed.findings.append(Finding(error.rule_id, "block", str(error)))
        return parsed
    if len(sheets) == 1 and (values := chat_values.header_of(sheets[0])):
        return chat_values.read(file, sheets[0], values)
    day_0 = FROM_1904 if any(sheet.from_1904 for sheet in sheets) else FROM_1900
    stated = annex_a_extract.stated_date(file, sheets, day_0)
    extracted = stated[0] if stated else file.received_at.date()
    casts = Casts(day_0)
    found, parsed.findings = find_lists(sheets)
    columns = []
    headers: dict[str, Headers] = {}
    for table in contract("annex_a").tables:
        if table.name not in found:
            continue
        frame, headers[table.name], findings = read_list(found[table.name], extracted, casts)
        parsed.tables[table.name] = frame
        parsed.resolutions[table.name] = found[table.name][0].resolution
        parsed.findings += findings
        columns.append(columns_of(table, headers[table.name], frame))
    parsed.findings += annex_a_rules.evaluate(parsed.tables, headers, parsed.findings)
    if not parsed.tables:
        parsed.findings.append(
            Finding("annex_a.no_lists", "block", "None of the Annex A lists is in this file")
        )
    elif all(sheet.delimiter is None for sheet in sheets):
        # A sheet that was named for a list and could not be read has been told.
        unread = {f.table for f in parsed.findings if f.rule_id == "annex_a.list.no_header"}
        parsed.findings += _missing(unread.union(parsed.tables))
    annex_a_extract.identify(parsed, file, stated)
    if columns:
        parsed.tables[COLUMNS] = pd.concat(columns, ignore_index=True)
    return parsed


def _missing(told: Collection[str | None]) -> list[Finding]:
    """A workbook should have all lists; a CSV holds one."""
    return [
        Finding(
            "annex_a.list.missing",
            "check",
            f"“{table.title}” was not found in the workbook",
            table=table.name,
            expected=" or ".join(f"a sheet named “{name}”" for name in table.sheets[:2]),
        )
        for table in contract("annex_a").tables
        if table.name not in told
    ]
