"""A quarterly return: from a file to its submissions, and how their columns were matched.

Which sheets are read is settled in `return_sheets.py`, whose they are and what their covers say in
`return_cover.py`, what a row means and what its cells hold in `return_rows.py`. Comparisons with
other quarters are not made here.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingestion import headers, landing
from ingestion.aliases import Remembered
from ingestion.contract import Table, contract
from ingestion.findings import Finding, address
from ingestion.periods import Quarter
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.sources import Parsed, header_findings
from ingestion.sources.return_cover import identify, note_cover
from ingestion.sources.return_rows import values
from ingestion.sources.return_sheets import (
    Candidate,
    candidates,
    fits,
    place_of,
    sheet_finding,
    submissions,
    unread,
)

# A filled template unpacks to a third of a megabyte.
MAX_BYTES = 20 * 1024 * 1024


def parse(file: landing.LandedFile, remembered: Remembered | None = None) -> Parsed:
    """Read one return; never raises for what is wrong with the file, it finds.

    Further submissions of the same file are in `more` of the result.
    """
    table = contract("return").table("return_values")
    try:
        sheets = read(file.absolute, MAX_BYTES)
    except UnreadableFile as error:
        return Parsed(findings=[Finding(error.rule_id, "block", str(error))])
    found = candidates(sheets, table, file, remembered or Remembered.nothing())
    if not found:
        return Parsed(findings=[_no_table(sheets, table)])
    first, *more = [_submission(each, file, table, said) for each, said in submissions(found, file)]
    first.more = more
    _report_unread(first, file, sheets, found, table)
    return first


def _report_unread(
    first: Parsed,
    file: landing.LandedFile,
    sheets: Sequence[Sheet],
    found: Sequence[Candidate],
    table: Table,
) -> None:
    """A sheet that names measures and cannot be read is a finding; where it says it is another
    authority's or quarter's, that one's submission is set aside."""
    subjects = {(each.la_code, each.quarter) for each in (first, *first.more)}
    for sheet, own, finding in unread(sheets, found, table):
        first.findings.append(finding)
        subject = (own[0] or first.la_code, own[1] or first.quarter)
        # Another's figures beside the return are no return where the path speaks for the file.
        if fits(place_of(file), own) and subject not in subjects:
            subjects.add(subject)
            blocked = Parsed(sheet=sheet.name, la_code=subject[0], quarter=subject[1])
            blocked.findings.append(replace(finding, severity="block"))
            first.more.append(blocked)


def _no_table(sheets: Sequence[Sheet], table: Table) -> Finding:
    return Finding(
        "return.no_table",
        "block",
        "No sheet holds the return’s table",
        expected="a sheet “Return” with columns "
        + ", ".join(f"“{table.column(name).headers[0]}”" for name in ("measure_code", "value")),
        value=", ".join(sheet.name for sheet in sheets),
    )


def _submission(
    candidate: Candidate, file: landing.LandedFile, table: Table, said: list[Finding]
) -> Parsed:
    """One sheet's submission; `said` is what is known already about sheets beside it."""
    sheet, resolution, aliases = candidate.sheet, candidate.resolution, candidate.aliases
    parsed = Parsed(sheet=sheet.name, findings=said)
    parsed.resolutions[table.name] = resolution
    parsed.findings += _column_findings(table, candidate)
    if sheet.hidden:
        finding = sheet_finding(
            "return.sheet.hidden", candidate, "is hidden, and its figures are used"
        )
        parsed.findings.append(finding)
    identify(parsed, file, candidate)
    note_cover(parsed, candidate.cover, table)
    if candidate.complete and parsed.la_code is not None and not _foreign(parsed):
        frame, findings = values(sheet, table, resolution, parsed.quarter, aliases, parsed.la_code)
        parsed.tables[table.name] = frame
        parsed.findings += findings
    return parsed


def _foreign(parsed: Parsed) -> bool:
    """Figures that may be another authority's are not read: findings would quote them."""
    return any(finding.rule_id == "return.authority.disagrees" for finding in parsed.findings)


def _column_findings(table: Table, candidate: Candidate) -> list[Finding]:
    """How columns were matched. Code and description stand in for each other; a column of another
    quarter is no unknown column."""
    sheet, aliases = candidate.sheet, candidate.aliases
    # What is missing is said with the headers as issued, not with those looked for in this file.
    lacking = [table.column(column.name) for column in candidate.resolution.missing]
    resolution = replace(candidate.resolution, missing=lacking)
    found = []
    for finding in header_findings(table, sheet, resolution):
        other = Quarter.find(finding.value or "")
        if finding.rule_id == "headers.missing" and candidate.complete:
            # Only columns that the return can do without are missing then.
            finding = replace(finding, severity="note")
        elif finding.rule_id == "headers.unknown" and other is not None:
            message = f"Column “{finding.value}” is for another quarter and was not used"
            finding = replace(finding, rule_id="return.quarter.column", message=message, fix=None)
        found.append(finding)

    def about(match: headers.Match, rule: str, severity: str, message: str) -> Finding:
        return Finding(
            rule,
            severity,
            message,
            table=table.name,
            sheet=sheet.name,
            cell=address(resolution.row, match.position),
            row=resolution.row + 1,
            column=match.header,
            value=match.header,
        )

    for match in resolution.matches:
        issued = table.column(match.to).headers[0]
        if aliases.columns.get(headers.normalise(match.header)) == match.to:
            message = f"“{match.header}” was read as “{issued}”, as remembered"
            found.append(about(match, "headers.alias", "note", message))
        if match.to == "value" and Quarter.find(match.header) is not None:
            message = f"Column “{match.header}” was read as the values of the quarter"
            found.append(about(match, "return.column.quarter", "check", message))
        if match.position in sheet.hidden_columns and table.column(match.to).role != "ignore":
            message = f"Column “{issued}” is hidden, and what it holds is used"
            found.append(about(match, "return.column.hidden", "check", message))
    return found
