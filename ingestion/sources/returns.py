"""A quarterly return: whose it is, for which quarter, and what its cover and columns say.

Which sheets are read is settled in `return_sheets.py`, what a row means and what its cells hold in
`return_rows.py`. Comparisons with other quarters are not made here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingestion import conform, headers, landing
from ingestion.aliases import Remembered
from ingestion.contract import Table, contract
from ingestion.findings import Finding, address
from ingestion.periods import Quarter
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.registry import indicator_set_in_force, participates, seed
from ingestion.sources import Parsed, header_findings
from ingestion.sources.return_rows import values
from ingestion.sources.return_sheets import (
    AUTHORITY,
    Candidate,
    Cover,
    authority_in,
    candidates,
    cover_labels,
    quarter_in,
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
    told = (landing.la_of(file), getattr(landing.quarter_of(file), "slug", None))
    for sheet, authority, quarter, finding in unread(sheets, found, table):
        own = (authority, quarter)
        first.findings.append(finding)
        # What the path says holds for the whole file: another's figures beside them are no return.
        fits = all(t is None or o is None or t == o for t, o in zip(told, own, strict=True))
        subject = (authority or first.la_code, quarter or first.quarter)
        if fits and subject not in subjects:
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
    _identify(parsed, file, candidate)
    _check_participation(parsed)
    _check_calendar(parsed, file)
    _note_cover(parsed, candidate.cover, table)
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


def _identify(parsed: Parsed, file: landing.LandedFile, candidate: Candidate) -> None:
    """Authority and quarter from path and content; the two disagreeing blocks the file."""
    cover, stem = candidate.cover, file.places[-1]
    _report_two_covers(parsed, candidate)
    parsed.la_code = _settle(
        parsed,
        "authority",
        landing.la_of(file),
        [(landing.la_in_name(cover[n][0], whole=True), cover[n]) for n in AUTHORITY if n in cover],
        candidate.authority,
        landing.la_name,
    )
    quarter = landing.quarter_of(file)
    parsed.quarter = _settle(
        parsed,
        "quarter",
        quarter.slug if quarter else None,
        [(quarter_in(cover[n][0]), cover[n]) for n in ("quarter",) if n in cover],
        candidate.quarter,
        lambda slug: Quarter.parse(slug).label,
    )
    sheet = candidate.sheet.name
    _check_names(
        parsed,
        "authority",
        (parsed.la_code, *(landing.la_in_name(cover[n][0], True) for n in AUTHORITY if n in cover)),
        {} if file.sidecar.get("la") else {stem: authority_in(stem)},
        {sheet: authority_in(sheet)},
    )
    _check_names(
        parsed,
        "quarter",
        (parsed.quarter, *(quarter_in(cover[n][0]) for n in ("quarter",) if n in cover)),
        {} if file.sidecar.get("quarter") else {stem: _other_quarter(stem, parsed.quarter)},
        {sheet: _other_quarter(sheet, parsed.quarter)},
    )


def _other_quarter(name: str, settled: str | None) -> str | None:
    """The quarter a name speaks of, unless it is among those it speaks of."""
    named = [quarter.slug for quarter in Quarter.all_in(name)]
    return named[0] if named and settled not in named else None


def _settle(
    parsed: Parsed,
    what: str,
    by_path: str | None,
    stated: list[tuple[str | None, tuple[str, str, str]]],
    by_sheet: str | None,
    in_words: Callable[[str], str],
) -> str | None:
    """What path and sheet agree on; `stated` holds (meaning, (text, sheet, cell)) of the cover."""
    told = by_path or by_sheet
    for meaning, (text, sheet, cell) in stated:
        if meaning == told and meaning is not None:
            continue
        finding = Finding(
            f"return.{what}.disagrees",
            "block",
            f"The {what} in the file is not the one its folder, name or sidecar states"
            if by_path
            else f"The cover names two different {_PLURALS[what]}",
            sheet=sheet,
            cell=cell,
            value=text,
            expected=in_words(told) if told else None,
        )
        if meaning is None:
            finding = replace(
                finding,
                rule_id=f"return.{what}.unreadable",
                severity="check",
                message=f"The {what} on the cover cannot be understood",
                fix=None,
            )
        parsed.findings.append(finding)
    if told is None:
        parsed.findings.append(
            Finding(
                f"return.{what}.unknown",
                "block",
                f"Neither the file nor its folder or name says which {what} it is for",
                sheet=parsed.sheet,
                expected="the template’s cover filled in, or a folder like returns/2025-26-Q2/CAM",
            )
        )
    return told


_PLURALS = {"authority": "authorities", "quarter": "quarters"}


def _check_names(
    parsed: Parsed,
    what: str,
    told: tuple[str | None, ...],
    file_name: dict[str, str | None],
    sheet_name: dict[str, str | None],
) -> None:
    """A file's or sheet's name that speaks of another than was settled on. Where the cover agrees
    with what was settled, the name is merely odd; where nothing does, the file is set aside."""
    settled, *by_cover = told
    severity = "check" if settled in by_cover else "block"
    for kind, names in (("file", file_name), ("sheet", sheet_name)):
        for name, meaning in names.items():
            if meaning is not None and settled is not None and meaning != settled:
                parsed.findings.append(
                    Finding(
                        f"return.{what}.{'named' if severity == 'check' else 'disagrees'}",
                        severity,
                        f"The name of the {kind} speaks of another {what}",
                        sheet=parsed.sheet,
                        value=name,
                        expected=landing.la_name(settled) if what == "authority" else settled,
                    )
                )


def _report_two_covers(parsed: Parsed, candidate: Candidate) -> None:
    """Labels that stand twice above the table, with two answers."""
    sheet, top = candidate.sheet, candidate.resolution.row
    labels = cover_labels(contract("return").table("return_values"))
    backwards = headers.labelled(sheet.rows[:top][::-1], labels)
    for name, (value, row, column) in backwards.items():
        if name not in (*AUTHORITY, "quarter") or candidate.cover[name][1] != sheet.name:
            continue
        if headers.normalise(value) != headers.normalise(candidate.cover[name][0]):
            parsed.findings.append(
                Finding(
                    "return.cover.twice",
                    "block",
                    "The cover says this twice, and not the same",
                    sheet=sheet.name,
                    cell=address(top - 1 - row, column),
                    value=str(value),
                    expected=candidate.cover[name][0],
                )
            )


def _check_participation(parsed: Parsed) -> None:
    """Figures of an authority that does not take part enter no product (MoU: voluntary)."""
    if parsed.la_code is None or parsed.quarter is None:
        return
    last_day = Quarter.parse(parsed.quarter).end.isoformat()
    if not participates(parsed.la_code, last_day):
        parsed.findings.append(
            Finding(
                "return.authority.not_participating",
                "block",
                "The participation register does not have this authority in this quarter",
                sheet=parsed.sheet,
                value=landing.la_name(parsed.la_code),
                expected=f"a line in the participation register in force on {last_day}",
            )
        )


def _check_calendar(parsed: Parsed, file: landing.LandedFile) -> None:
    """A quarter that the calendar lacks reaches no table; one not over has no figures yet."""
    if parsed.quarter is None:
        return
    quarter = Quarter.parse(parsed.quarter)
    finding = Finding("", "block", "", sheet=parsed.sheet, value=quarter.label)
    if quarter.label not in set(seed("reference/quarters")["quarter_label"]):
        message = "The quarter is not in LIIA’s calendar"
        parsed.findings.append(
            replace(finding, rule_id="return.quarter.no_calendar", message=message, fix=None)
        )
    elif file.received_at.date() <= quarter.end:
        message = f"The quarter ends on {quarter.end:%d/%m/%Y}, after the file was received"
        parsed.findings.append(
            replace(
                finding,
                rule_id="return.quarter.not_over",
                severity="check",
                message=message,
                fix=None,
            )
        )


def _note_cover(parsed: Parsed, cover: Cover, table: Table) -> None:
    """Template, indicator set and sign-off, as the cover states them."""
    said = {name: text for name, (text, _, _) in cover.items()}
    version = said.get("template_version")
    parsed.template_version = version
    parsed.signed_off_by = said.get("signed_off_by")
    if version is not None and version != table.versions[-1]:
        known = "an earlier" if version in table.versions else "an unknown"
        _, sheet, cell = cover["template_version"]
        parsed.findings.append(
            Finding(
                "return.template.other",
                "note",
                f"The return is in {known} version of the template",
                sheet=sheet,
                cell=cell,
                value=version,
                expected=table.versions[-1],
            )
        )
    if "indicator_set" in said and parsed.quarter is not None:
        _note_indicator_set(parsed, cover)
    _note_sign_off(parsed, cover, version not in table.versions[:-1] and version is not None)


def _note_indicator_set(parsed: Parsed, cover: Cover) -> None:
    text, sheet, cell = cover["indicator_set"]
    day = Quarter.parse(str(parsed.quarter)).end.isoformat()
    try:
        in_force = indicator_set_in_force(day)
    except ValueError:
        return  # said once, where the missing measures would be
    if text != in_force:
        parsed.findings.append(
            Finding(
                "return.indicator_set.other",
                "check",
                "The return was made for another list of indicators than the one in force",
                sheet=sheet,
                cell=cell,
                value=text,
                expected=in_force,
            )
        )


def _note_sign_off(parsed: Parsed, cover: Cover, is_asked: bool) -> None:
    """Who signed the return off, and when. Earlier templates did not ask."""
    if is_asked and (parsed.signed_off_by is None or "signed_off_on" not in cover):
        parsed.findings.append(
            Finding(
                "return.sign_off.missing",
                "check",
                "The return is not signed off by the authority, with name and date",
                sheet=parsed.sheet,
                expected="name and date beside “Signed off by” and “Signed off on”",
            )
        )
    if "signed_off_on" not in cover:
        return
    text, sheet, cell = cover["signed_off_on"]
    day = conform.dates(conform.text_of([text])).iloc[0]
    if day is None or day != day:
        finding = Finding(
            "return.sign_off.unreadable",
            "check",
            "The date of the sign-off cannot be read",
            sheet=sheet,
            cell=cell,
            value=text,
            expected="a date, day first (31/10/2025)",
        )
        parsed.findings.append(finding)
        return
    parsed.signed_off_on = day.date().isoformat()
    if parsed.quarter is not None and day.date() <= Quarter.parse(parsed.quarter).end:
        finding = Finding(
            "return.sign_off.early",
            "check",
            "The return was signed off before its quarter was over",
            sheet=sheet,
            cell=cell,
            value=text,
        )
        parsed.findings.append(finding)
