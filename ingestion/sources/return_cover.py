"""Whose a return is, for which quarter, and what else its cover says.

Authority and quarter come from path, cover and names, and where these disagree the submission is
set aside. Which sheets are read is settled in `return_sheets.py`; columns and rows are not read
here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ingestion import conform, headers, landing
from ingestion.contract import Table, contract
from ingestion.findings import Finding, address
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import indicator_set_in_force, participates, seed
from ingestion.sources import Parsed
from ingestion.sources.return_sheets import (
    AUTHORITY,
    Candidate,
    Cover,
    authority_in,
    cover_labels,
    place_of,
    quarter_in,
)

_PLURALS = {"authority": "authorities", "quarter": "quarters"}
# What a cover cell means, with its text, sheet and address.
_Stated = tuple[str | None, tuple[str, str, str]]


def identify(parsed: Parsed, file: landing.LandedFile, candidate: Candidate) -> None:
    """Authority and quarter from path and content; the two disagreeing blocks the submission."""
    cover, sheet, stem = candidate.cover, candidate.sheet.name, file.places[-1]
    authorities = [
        (landing.la_in_name(cover[name][0], whole=True), cover[name])
        for name in AUTHORITY
        if name in cover
    ]
    quarters = [(quarter_in(cover["quarter"][0]), cover["quarter"])] if "quarter" in cover else []
    by_path, quarter_by_path = place_of(file)
    _report_two_covers(parsed, candidate)
    parsed.la_code = _settle(
        parsed, "authority", by_path, authorities, candidate.authority, landing.la_name
    )
    parsed.quarter = _settle(
        parsed,
        "quarter",
        quarter_by_path,
        quarters,
        candidate.quarter,
        lambda slug: Quarter.parse(slug).label,
    )
    # What the sidecar says comes before the file's name.
    names = {"sheet": authority_in(sheet)}
    if not file.sidecar.get("la"):
        names["file"] = authority_in(stem)
    _check_names(parsed, "authority", parsed.la_code, authorities, names, stem)
    names = {"sheet": _other_quarter(sheet, parsed.quarter)}
    if not file.sidecar.get("quarter"):
        names["file"] = _other_quarter(stem, parsed.quarter)
    _check_names(parsed, "quarter", parsed.quarter, quarters, names, stem)
    _check_participation(parsed)
    _check_calendar(parsed, file)


def _other_quarter(name: str, settled: str | None) -> str | None:
    """The quarter a name speaks of; none where the settled one is among those it speaks of."""
    named = [quarter.slug for quarter in Quarter.all_in(name)]
    return named[0] if named and settled not in named else None


def _settle(
    parsed: Parsed,
    what: str,
    by_path: str | None,
    stated: list[_Stated],
    by_sheet: str | None,
    in_words: Callable[[str], str],
) -> str | None:
    """What path and sheet agree on; each cover value that says otherwise is a finding."""
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
                expected="the template’s cover filled in, or a folder like "
                f"returns/2025-26-Q2/{REGION.example}",
            )
        )
    return told


def _check_names(
    parsed: Parsed,
    what: str,
    settled: str | None,
    stated: list[_Stated],
    names: Mapping[str, str | None],
    stem: str,
) -> None:
    """A file's or sheet's name that speaks of another than was settled on. Where the cover agrees
    with what was settled, the name is merely odd; where nothing does, the file is set aside."""
    agreed = settled in [meaning for meaning, _ in stated]
    for kind, meaning in names.items():
        if meaning is None or settled is None or meaning == settled:
            continue
        parsed.findings.append(
            Finding(
                f"return.{what}.{'named' if agreed else 'disagrees'}",
                "check" if agreed else "block",
                f"The name of the {kind} speaks of another {what}",
                sheet=parsed.sheet,
                value=stem if kind == "file" else parsed.sheet,
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
    if quarter.label not in set(seed("reference/quarters")["quarter_label"]):
        rule, severity = "return.quarter.no_calendar", "block"
        message = f"The quarter is not in {REGION.alliance}’s calendar"
    elif file.received_at.date() <= quarter.end:
        rule, severity = "return.quarter.not_over", "check"
        message = f"The quarter ends on {quarter.end:%d/%m/%Y}, after the file was received"
    else:
        return
    parsed.findings.append(
        Finding(rule, severity, message, sheet=parsed.sheet, value=quarter.label)
    )


def note_cover(parsed: Parsed, cover: Cover, table: Table) -> None:
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
