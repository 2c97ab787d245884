"""Which sheets of a workbook are returns, and for whom.

A workbook may hold several: a sheet for each authority of a joint service, or for each quarter.
Each is a submission of its own. What the path says holds for the whole file; a sheet that says
otherwise is set aside. Every sheet that names measures is used or has a finding.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingestion import headers, landing
from ingestion.aliases import Aliases, Remembered
from ingestion.contract import Column, Table
from ingestion.findings import Finding, address
from ingestion.labels import squeeze
from ingestion.periods import Quarter
from ingestion.readers import Sheet
from ingestion.registry import names_of_measures

# Cover values by name, each with the sheet and the address of its cell.
Cover = dict[str, tuple[str, str, str]]
# Authority (GSS code) and quarter (slug), as far as they are told.
Subject = tuple[str | None, str | None]
AUTHORITY = ("la_code", "la_name")
# What may stand beside the quarter in the header of a column of values.
_OF_VALUES = {"value", "values", "figure", "figures", "actual", "number", "count", "total", "this"}
# So many measures by name with a figure beside them, and a sheet without a cover is a return.
_NAMES_MEASURES = 3
_SEARCHED_ROWS = 1000


@dataclass(frozen=True)
class Candidate:
    """A sheet with the return's table; authority and quarter are what it says itself, or None."""

    sheet: Sheet
    resolution: headers.Resolution
    cover: Cover
    authority: str | None
    quarter: str | None
    aliases: Aliases

    @property
    def content(self) -> list[list[str]]:
        positions = sorted(self.resolution.positions.values())
        rows = self.sheet.rows[self.resolution.row + 1 :]
        cells = [[str(row[i]).strip() for i in positions if i < len(row)] for row in rows]
        return [row for row in cells if any(row)]

    @property
    def complete(self) -> bool:
        """A value and something that names its measure: code or description."""
        positions = self.resolution.positions
        return "value" in positions and bool({"measure_code", "measure_label"} & set(positions))


def candidates(
    sheets: Sequence[Sheet], table: Table, file: landing.LandedFile, remembered: Remembered
) -> list[Candidate]:
    """Sheets with a header row that names measures and values, visible ones first.

    Where no sheet has both, the sheet that settles most columns, so that what it lacks is said.
    """
    labels = cover_labels(table)
    by_path = landing.la_of(file)
    found = []
    for sheet in sheets:
        told = by_path or _own(sheet, labels)[0]
        aliases = remembered.of(told)
        resolution = _find_header(sheet, table, aliases, landing.quarter_of(file))
        if resolution is not None:
            cover = read_cover(sheet, resolution.row, labels)
            found.append(_candidate(sheet, resolution, cover, aliases))
    whole = [each for each in found if each.complete]
    nearest = sorted(found, key=lambda each: -len(each.resolution.matches))[:1]
    made = whole or nearest
    if len(made) == 1:
        # A cover on a sheet of its own speaks for the only table there is; one that stands above
        # another table speaks for that.
        elsewhere: Cover = {}
        for sheet in sheets:
            if all(sheet is not each.sheet for each in found) and not _names(sheet):
                elsewhere |= read_cover(sheet, len(sheet.rows), labels)
        (only,) = made
        made = [_candidate(only.sheet, only.resolution, elsewhere | only.cover, only.aliases)]
    return sorted(made, key=lambda candidate: candidate.sheet.hidden)


def cover_labels(table: Table) -> dict[str, str]:
    return {headers.normalise(label): name for name, label in table.cover.items()}


def read_cover(sheet: Sheet, header_row: int, labels: Mapping[str, str]) -> Cover:
    """What the labelled cells above the header row say."""
    rows = [[*row] for row in sheet.rows[: min(header_row, _SEARCHED_ROWS)]]
    found = headers.labelled(rows, dict(labels))
    return {
        name: (str(value), sheet.name, address(row, at)) for name, (value, row, at) in found.items()
    }


def _find_header(
    sheet: Sheet, table: Table, aliases: Aliases, quarter: Quarter | None
) -> headers.Resolution | None:
    """The header row; where no column is headed as issued, one headed with the quarter has values.

    A row with two such columns leaves open which is meant, and a word more may make it something
    else: a target, a percentage, a change.
    """
    known = {column.name: list(column.headers) for column in table.columns}
    for written, means in aliases.columns.items():
        known[means].append(written)
    resolution = headers.find_header(sheet.rows, _named(table, known))
    if quarter is None or (resolution is not None and "value" in resolution.positions):
        return resolution
    naming = {headers.normalise(h) for n in ("measure_code", "measure_label") for h in known[n]}
    top = ([str(cell) for cell in row] for _, row in headers.first_rows(sheet.rows))
    rows = [row for row in top if naming & {headers.normalise(text) for text in row}]
    dated = [[text for text in row if _is_of(text, quarter)] for row in rows]
    of_quarter = [texts[0] for texts in dated if len(texts) == 1]
    more = {**known, "value": [*known["value"], *of_quarter]}
    return headers.find_header(sheet.rows, _named(table, more)) or resolution


def _is_of(text: str, quarter: Quarter) -> bool:
    rest = re.findall(r"[a-z0-9%+-]+", Quarter.without(text).lower())
    return Quarter.find(text) == quarter and set(rest) <= _OF_VALUES


def _named(table: Table, known: Mapping[str, list[str]]) -> list[Column]:
    return [column.model_copy(update={"headers": known[column.name]}) for column in table.columns]


def quarter_in(text: str) -> str | None:
    """A quarter as the cover states it: written out, or its first day as a date cell."""
    try:
        return Quarter.parse(text.split(" 00:00")[0]).slug
    except ValueError:
        return None


def authority_in(name: str) -> str | None:
    """The authority that a file's or sheet's name tells: in full, or as its code in capitals.

    New, Bar and Red are words; NEW, BAR and RED at the start of a name are authorities.
    """
    first = re.split(r"[^A-Za-z]+", name.strip(), maxsplit=1)[0]
    if len(first) == 3 and landing.la_code(first) is not None:
        if first.isupper():
            return landing.la_code(first)
        name = name.strip()[3:]
    return landing.la_in_name(name, whole=True) if name else None


def said_by(cover: Cover, sheet: Sheet) -> Subject:
    """Authority and quarter by the sheet's own word: its cover, else its name."""
    authorities = [landing.la_in_name(cover[n][0], whole=True) for n in AUTHORITY if n in cover]
    authorities.append(authority_in(sheet.name))
    quarters = [quarter_in(cover["quarter"][0])] if "quarter" in cover else []
    named = Quarter.find(sheet.name)
    quarters.append(named.slug if named else None)
    return next(filter(None, authorities), None), next(filter(None, quarters), None)


def _own(sheet: Sheet, labels: Mapping[str, str]) -> Subject:
    last = max((index for index, _ in headers.first_rows(sheet.rows)), default=-1)
    return said_by(read_cover(sheet, last + 1, labels), sheet)


def _candidate(
    sheet: Sheet, resolution: headers.Resolution, cover: Cover, aliases: Aliases
) -> Candidate:
    authority, quarter = said_by(cover, sheet)
    return Candidate(sheet, resolution, cover, authority, quarter, aliases)


@lru_cache
def _known_names() -> frozenset[str]:
    return frozenset(squeeze(name) for names in names_of_measures().values() for name in names)


def _names(sheet: Sheet) -> int:
    """How many measures a sheet names with a figure in the same row, whatever its columns."""
    found: set[str] = set()
    for row in sheet.rows[:_SEARCHED_ROWS]:
        texts = {squeeze(cell) for cell in row if isinstance(cell, str) and 2 < len(cell) < 100}
        if texts & _known_names() and any(_is_figure(cell) for cell in row):
            found |= texts & _known_names()
    return len(found)


def _is_figure(cell: object) -> bool:
    """A number, or text that starts like one; a code such as s47 is none."""
    if isinstance(cell, str):
        return bool(re.match(r"[<~+-]?[0-9]", cell.strip()))
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def submissions(
    candidates: list[Candidate], file: landing.LandedFile
) -> list[tuple[Candidate, list[Finding]]]:
    """The candidates that count, at least one, each with what is said about sheets that do not."""
    place = place_of(file)
    fitting = [c for c in candidates if fits(place, (c.authority, c.quarter))]
    if not fitting:
        # The best one is read all the same, and says what disagrees.
        return [(candidates[0], [])]
    others = [
        sheet_finding(
            "return.sheet.other", c, "is for another authority or quarter and was not used"
        )
        for c in candidates
        if c not in fitting
    ]
    chosen: dict[Subject, tuple[Candidate, list[Finding]]] = {}
    for candidate in fitting:
        subject = (place[0] or candidate.authority, place[1] or candidate.quarter)
        held, findings = chosen.setdefault(subject, (candidate, []))
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
        findings.append(sheet_finding(rule, candidate, what, severity))
    counting = list(chosen.values())
    counting[0][1].extend(others)
    return counting


def place_of(file: landing.LandedFile) -> Subject:
    """What sidecar, folders and name say of the whole file."""
    quarter = landing.quarter_of(file)
    return landing.la_of(file), quarter.slug if quarter else None


def fits(place: Subject, own: Subject) -> bool:
    """Whether a sheet's own word is not against what the path says."""
    return all(
        told is None or said is None or told == said for told, said in zip(place, own, strict=True)
    )


def sheet_finding(rule: str, candidate: Candidate, what: str, severity: str = "check") -> Finding:
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


def unread(
    sheets: Sequence[Sheet], candidates: Sequence[Candidate], table: Table
) -> list[tuple[Sheet, Subject, Finding]]:
    """Sheets that name measures and have no table that could be read, each with its own word."""
    found = []
    for sheet in sheets:
        number, own = _names(sheet), _own(sheet, cover_labels(table))
        enough = number >= _NAMES_MEASURES or (number and any(own))
        if enough and all(sheet is not each.sheet for each in candidates):
            finding = Finding(
                "return.sheet.not_read",
                "check",
                f"Sheet “{sheet.name}” names {number} measures and was not read: no column of it is"
                " known to hold values",
                table=table.name,
                sheet=sheet.name,
                expected=f"a column headed “{table.column('value').headers[0]}”",
            )
            found.append((sheet, own, finding))
    return found
