"""A quarterly return: which sheets hold one, and for which authority and quarter.

A workbook may hold several: a sheet for each authority of a joint service, or for each quarter.
Each is a submission of its own. What the path says about authority and quarter holds for the whole
file; a sheet that says otherwise is set aside with a finding. What a row means and what its cells
hold is read in `return_rows.py`. Comparisons with other quarters are not made here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ingestion import conform, headers, landing
from ingestion.aliases import Aliases
from ingestion.contract import Column, Table, contract
from ingestion.findings import Finding, address
from ingestion.periods import Quarter
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.registry import indicator_set_in_force, participates
from ingestion.sources import Parsed, header_findings
from ingestion.sources.return_rows import values

# A filled template unpacks to a third of a megabyte.
MAX_BYTES = 20 * 1024 * 1024

# Cover values by name, each with the sheet and the address of its cell.
Cover = dict[str, tuple[str, str, str]]


@dataclass(frozen=True)
class Candidate:
    """A sheet with the return's table; authority and quarter are what it says itself, or None."""

    sheet: Sheet
    resolution: headers.Resolution
    cover: Cover
    authority: str | None
    quarter: str | None

    @property
    def content(self) -> list[list[str]]:
        positions = sorted(self.resolution.positions.values())
        rows = self.sheet.rows[self.resolution.row + 1 :]
        cells = [[str(row[i]).strip() for i in positions if i < len(row)] for row in rows]
        return [row for row in cells if any(row)]


def parse(file: landing.LandedFile, aliases: Aliases | None = None) -> Parsed:
    """Read one return; never raises for what is wrong with the file, it finds.

    Further submissions of the same file are in `more` of the result.
    """
    table = contract("return").table("return_values")
    try:
        sheets = read(file.absolute, MAX_BYTES)
    except UnreadableFile as error:
        return Parsed(findings=[Finding(error.rule_id, "block", str(error))])
    aliases = aliases or Aliases()
    candidates = _candidates(sheets, table, aliases, landing.quarter_of(file))
    if not candidates:
        return Parsed(findings=[_no_table(sheets, table)])
    chosen, set_aside = _submissions(candidates, file)
    first, *more = [_submission(candidate, file, table, aliases) for candidate in chosen]
    first.findings += set_aside
    first.more = more
    return first


def _no_table(sheets: Sequence[Sheet], table: Table) -> Finding:
    return Finding(
        "return.no_table",
        "block",
        "No sheet holds the return’s table",
        expected="a sheet “Return” with columns "
        + ", ".join(f"“{table.column(name).headers[0]}”" for name in ("measure_code", "value")),
        value=", ".join(sheet.name for sheet in sheets),
    )


def _candidates(
    sheets: Sequence[Sheet], table: Table, aliases: Aliases, quarter: Quarter | None
) -> list[Candidate]:
    """Sheets with a header row that names measures and values, visible ones first.

    Where no sheet has both, the sheet that settles most columns, so that what it lacks is said.
    """
    known = {column.name: list(column.headers) for column in table.columns}
    for written, means in aliases.columns.items():
        known[means].append(written)
    labels = {headers.normalise(label): name for name, label in table.cover.items()}
    found = []
    for sheet in sheets:
        resolution = _find_header(sheet, table, known, quarter)
        if resolution is not None:
            cover = _cover(sheet, sheet.rows[: resolution.row], labels)
            found.append((sheet, resolution, cover))
    whole = [each for each in found if _complete(each[1])]
    nearest = sorted(found, key=lambda each: -len(each[1].matches))[:1]
    holding = {id(sheet) for sheet, _, _ in whole or nearest}
    # A cover on a sheet of its own speaks for the only table there is.
    elsewhere: Cover = {}
    if len(holding) == 1:
        for sheet in sheets:
            if id(sheet) not in holding:
                elsewhere |= _cover(sheet, sheet.rows[: headers.SEARCH_ROWS], labels)
    made = [
        _candidate(sheet, resolution, elsewhere | cover)
        for sheet, resolution, cover in whole or nearest
    ]
    return sorted(made, key=lambda candidate: candidate.sheet.hidden)


def _complete(resolution: headers.Resolution) -> bool:
    """A value and something that names its measure: code or description."""
    return "value" in resolution.positions and bool(
        {"measure_code", "measure_label"} & set(resolution.positions)
    )


def _find_header(
    sheet: Sheet, table: Table, known: Mapping[str, list[str]], quarter: Quarter | None
) -> headers.Resolution | None:
    """The header row; where no column is headed as issued, one headed with the quarter has values.

    A row with two such columns (a count and a percentage, say) leaves open which is meant.
    """
    resolution = headers.find_header(sheet.rows, _named(table, known))
    if quarter is None or (resolution is not None and "value" in resolution.positions):
        return resolution
    top = ([str(cell) for cell in row] for _, row in headers.first_rows(sheet.rows))
    dated = [[text for text in row if Quarter.find(text) == quarter] for row in top]
    of_quarter = [texts[0] for texts in dated if len(texts) == 1]
    more = {**known, "value": [*known["value"], *of_quarter]}
    return headers.find_header(sheet.rows, _named(table, more)) or resolution


def _named(table: Table, known: Mapping[str, list[str]]) -> list[Column]:
    return [column.model_copy(update={"headers": known[column.name]}) for column in table.columns]


def _cover(sheet: Sheet, rows: Sequence[Sequence[object]], labels: dict[str, str]) -> Cover:
    found = headers.labelled(rows, labels)
    return {
        name: (str(value), sheet.name, address(row, at)) for name, (value, row, at) in found.items()
    }


def _candidate(sheet: Sheet, resolution: headers.Resolution, cover: Cover) -> Candidate:
    """The sheet's own word: its cover, else its name."""
    authorities = [landing.la_in_name(cover[n][0], whole=True) for n in _AUTHORITY if n in cover]
    authorities.append(landing.la_in_name(sheet.name, whole=True))
    quarters = [_quarter(cover["quarter"][0])] if "quarter" in cover else []
    named = Quarter.find(sheet.name)
    quarters.append(named.slug if named else None)
    return Candidate(
        sheet,
        resolution,
        cover,
        next(filter(None, authorities), None),
        next(filter(None, quarters), None),
    )


_AUTHORITY = ("la_code", "la_name")


def _submissions(
    candidates: list[Candidate], file: landing.LandedFile
) -> tuple[list[Candidate], list[Finding]]:
    """The candidates that count, at least one, and why the others do not."""
    place = (landing.la_of(file), getattr(landing.quarter_of(file), "slug", None))
    fitting = [c for c in candidates if _fits(c, place)]
    if not fitting:
        # The best one is read all the same, and says what disagrees.
        return candidates[:1], []
    findings = [
        _sheet_finding(
            "return.sheet.other", c, "is for another authority or quarter and was not used"
        )
        for c in candidates
        if c not in fitting
    ]
    chosen: dict[tuple[str | None, str | None], Candidate] = {}
    for candidate in fitting:
        subject = (place[0] or candidate.authority, place[1] or candidate.quarter)
        held = chosen.setdefault(subject, candidate)
        if held is candidate:
            continue
        if candidate.content == held.content:
            what, severity = f"repeats sheet “{held.sheet.name}” and was not used", "note"
        elif candidate.sheet.hidden and not held.sheet.hidden:
            what, severity = f"is hidden, “{held.sheet.name}” is not: it was not used", "check"
        else:
            what = (
                f"holds other figures than “{held.sheet.name}” for the same authority and quarter"
            )
            severity = "block"
        rule = "return.sheet.hidden" if severity == "check" else "return.sheet.twice"
        findings.append(_sheet_finding(rule, candidate, what, severity))
    return list(chosen.values()), findings


def _fits(candidate: Candidate, place: tuple[str | None, str | None]) -> bool:
    own = (candidate.authority, candidate.quarter)
    return all(
        told is None or said is None or told == said for told, said in zip(place, own, strict=True)
    )


def _sheet_finding(rule: str, candidate: Candidate, what: str, severity: str = "check") -> Finding:
    name = candidate.sheet.name
    said = [candidate.authority and landing.la_name(candidate.authority), candidate.quarter]
    return Finding(
        rule,
        severity,
        f"Sheet “{name}” {what}",
        table="return_values",
        sheet=name,
        value=", ".join(filter(None, said)) or None,
    )


def _submission(
    candidate: Candidate, file: landing.LandedFile, table: Table, aliases: Aliases
) -> Parsed:
    sheet, resolution = candidate.sheet, candidate.resolution
    parsed = Parsed(sheet=sheet.name)
    parsed.resolutions[table.name] = resolution
    parsed.findings += _column_findings(table, sheet, resolution, aliases)
    if sheet.hidden:
        finding = _sheet_finding(
            "return.sheet.hidden", candidate, "is hidden, and its figures are used"
        )
        parsed.findings.append(finding)
    _identify(parsed, file, candidate)
    _check_participation(parsed)
    _note_cover(parsed, candidate.cover, table)
    if _complete(resolution):
        frame, findings = values(sheet, table, resolution, parsed.quarter, aliases, parsed.la_code)
        parsed.tables[table.name] = frame
        parsed.findings += findings
    return parsed


def _column_findings(
    table: Table, sheet: Sheet, resolution: headers.Resolution, aliases: Aliases
) -> list[Finding]:
    """How columns were matched. Code and description stand in for each other; a column of another
    quarter is no unknown column."""
    positions = resolution.positions
    found = []
    for finding in header_findings(table, sheet, resolution):
        other = Quarter.find(finding.value or "")
        if finding.rule_id == "headers.missing" and _complete(resolution):
            # Only columns that the return can do without are missing then.
            finding = replace(finding, severity="note")
        elif finding.rule_id == "headers.unknown" and other is not None:
            message = f"Column “{finding.value}” is for another quarter and was not used"
            finding = replace(finding, rule_id="return.quarter.column", message=message, fix=None)
        found.append(finding)
    found += [
        Finding(
            "headers.alias",
            "note",
            f"“{match.header}” was read as “{table.column(match.to).headers[0]}”, as remembered",
            table=table.name,
            sheet=sheet.name,
            cell=address(resolution.row, match.position),
            row=resolution.row + 1,
            column=match.header,
            value=match.header,
        )
        for match in resolution.matches
        if aliases.columns.get(headers.normalise(match.header)) == match.to
    ]
    found += [
        Finding(
            "return.column.hidden",
            "check",
            f"Column “{table.column(name).headers[0]}” is hidden, and what it holds is used",
            table=table.name,
            sheet=sheet.name,
            cell=address(resolution.row, position),
            row=resolution.row + 1,
            column=table.column(name).headers[0],
        )
        for name, position in positions.items()
        if position in sheet.hidden_columns and table.column(name).role != "ignore"
    ]
    return found


def _identify(parsed: Parsed, file: landing.LandedFile, candidate: Candidate) -> None:
    """Authority and quarter from path and content; the two disagreeing blocks the file."""
    cover, sheet = candidate.cover, candidate.sheet.name
    authorities = [cover[name] for name in _AUTHORITY if name in cover]
    parsed.la_code = _settle(
        parsed,
        sheet,
        "authority",
        landing.la_of(file),
        [(landing.la_in_name(text, whole=True), text, at) for text, *at in authorities],
        candidate.authority,
        landing.la_name,
    )
    quarter = landing.quarter_of(file)
    quarters = [cover["quarter"]] if "quarter" in cover else []
    parsed.quarter = _settle(
        parsed,
        sheet,
        "quarter",
        quarter.slug if quarter else None,
        [(_quarter(text), text, at) for text, *at in quarters],
        candidate.quarter,
        lambda slug: Quarter.parse(slug).label,
    )


def _quarter(text: str) -> str | None:
    """A quarter as the cover states it: written out, or its first day as a date cell."""
    try:
        return Quarter.parse(text.split(" 00:00")[0]).slug
    except ValueError:
        return None


def _settle(
    parsed: Parsed,
    sheet: str,
    what: str,
    by_path: str | None,
    stated: list[tuple[str | None, str, list[str]]],
    by_sheet: str | None,
    in_words: Callable[[str], str],
) -> str | None:
    """What path and sheet agree on; `stated` holds (meaning, text, [sheet, cell]) of the cover."""
    told = by_path or by_sheet
    for meaning, text, (place, cell) in stated:
        if meaning == told and meaning is not None:
            continue
        finding = Finding(
            f"return.{what}.disagrees",
            "block",
            f"The {what} in the file is not the one its folder, name or sidecar states",
            sheet=place,
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
                sheet=sheet,
                expected="the template’s cover filled in, or a folder like returns/2025-26-Q2/CAM",
            )
        )
    return told


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
    _note_sign_off(parsed, cover, version == table.versions[-1])


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
    if parsed.signed_off_by is None and is_asked:
        parsed.findings.append(
            Finding(
                "return.sign_off.missing",
                "check",
                "The return is not signed off by the authority",
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
    else:
        parsed.signed_off_on = day.date().isoformat()
