"""An Annex A workbook (ChAT extract): child-level lists, whose they are and when extracted.

Sheets are found by name or by their columns. What leaves `parse` has been made safe by
`privacy.minimise`; `read_lists` alone gives the rows as sent, for the sender's own check. Quarterly
figures are derived in dbt, not here.
"""

import re
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Table, contract
from ingestion.findings import Finding
from ingestion.periods import Quarter
from ingestion.privacy import minimise
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.sources import Parsed, header_findings

# Silence after the last event would be read as zeros (design: 31 days).
MAX_SILENT_DAYS = 31
INFERRED = "inferred from the latest event"
# 2025-10-03, 20251003, 2025_10_03; and day first as people write it, 03.10.2025.
_FULL_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>20\d\d)(?P<s>[-_.]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>[0-3]\d)"
    r"|(?P<d2>[0-3]\d)(?P<s2>[-_.])(?P<m2>0[1-9]|1[0-2])(?P=s2)(?P<y2>20\d\d))(?!\d)"
)
_EXTRACT_LABELS = (
    "Extract date",
    "Date of extract",
    "Date extracted",
    "Extraction date",
    "Date of extraction",
)
_LIST = re.compile(r"list \d+")
_TOTAL = r"(?:grand |sub[- ]?)?totals?\b.{0,40}"


def parse(file: landing.LandedFile, key: bytes) -> Parsed:
    """Read one workbook; `key` is the pseudonymisation key. Findings carry no cell content."""
    return minimise(read_lists(file), key)


def read_lists(file: landing.LandedFile) -> Parsed:
    """The lists as the sender wrote them, with findings that quote cells: for the sender only."""
    parsed = Parsed()
    try:
        sheets = read(file.absolute)
    except UnreadableFile as error:
        parsed.findings.append(Finding(error.rule_id, "block", str(error)))
        return parsed
    tables = contract("annex_a").tables
    chosen: set[str] = set()
    for table in tables:
        fits = _sheets_for(table, sheets)
        if not fits:
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
        (sheet, resolution), *others = fits
        chosen.add(sheet.name)
        parsed.findings += [
            Finding(
                "annex_a.list.twice",
                "check",
                f"This sheet looks like “{table.title}” too and was not read",
                table=table.name,
                sheet=other.name,
                expected="one sheet for each list",
            )
            for other, _ in others
        ]
        parsed.resolutions[table.name] = resolution
        # A list that cannot be used is set aside alone: the other lists go on.
        parsed.findings += [
            replace(finding, severity="check") if finding.severity == "block" else finding
            for finding in header_findings(table, sheet, resolution)
        ]
        if resolution.complete:
            parsed.tables[table.name] = _list(parsed, sheet, table, resolution)
    _report_unread(parsed, sheets, chosen)
    if not parsed.tables:
        parsed.findings.append(
            Finding("annex_a.no_lists", "block", "None of the Annex A lists is in this workbook")
        )
    _identify(parsed, file, sheets)
    return parsed


def _sheets_for(table: Table, sheets: list[Sheet]) -> list[tuple[Sheet, headers.Resolution]]:
    """By sheet name, then by a header row that has every required column and most others."""
    wanted = {headers.normalise(name) for name in table.sheets}
    found = []
    for sheet in sheets:
        name = headers.normalise(sheet.name)
        if name not in wanted and _LIST.fullmatch(name):
            continue  # another list by its name, however alike its columns are
        resolution = headers.find_header(sheet.rows, table.columns)
        if resolution is None:
            continue
        share = len(resolution.matches) / len(table.columns)
        if name in wanted or (resolution.complete and share >= 0.8):
            found.append((name not in wanted, not resolution.complete, sheet, resolution))
    found.sort(key=lambda fit: fit[:2])
    return [(sheet, resolution) for _, _, sheet, resolution in found]


def _list(
    parsed: Parsed, sheet: Sheet, table: Table, resolution: headers.Resolution
) -> pd.DataFrame:
    cells = conform.table_cells(sheet, resolution)
    kinds = _not_children(cells, resolution)
    for kind in kinds.dropna().unique():
        rows = cells["row"][kinds == kind] + 1
        finding = Finding(
            "annex_a.row.no_child",
            "note",
            f"This row is {kind} and was not read as a child",
            table=table.name,
            sheet=sheet.name,
        )
        parsed.findings += conform.listed(finding, rows, rows.astype("string"), 0)
    cells = cells[kinds.isna()].reset_index(drop=True)
    frame, findings = conform.conform(cells, table, resolution, sheet.name)
    parsed.findings += findings
    return frame


def _not_children(cells: pd.DataFrame, resolution: headers.Resolution) -> pd.Series:
    """What a row under the header is where it is no child's: a total, a header again, a remark."""
    child, data = cells["child_id"], cells[list(resolution.positions)]
    header = next(match.header for match in resolution.matches if match.to == "child_id")
    nameless = child.isna()
    total = _is_total(child)
    if nameless.any():
        total[nameless] = data[nameless].apply(_is_total).any(axis=1)
    kinds = pd.Series(pd.NA, index=cells.index, dtype="string")
    kinds = kinds.mask(data.notna().to_numpy().sum(axis=1) == 1, "a remark")
    return kinds.mask((child == header).fillna(False), "the header again").mask(total, "a total")


def _is_total(text: pd.Series) -> pd.Series:
    return text.str.fullmatch(_TOTAL, case=False).fillna(False).astype(bool)


def _report_unread(parsed: Parsed, sheets: list[Sheet], chosen: set[str]) -> None:
    known = {
        headers.normalise(name) for table in contract("annex_a").tables for name in table.sheets
    }
    for sheet in sheets:
        name = headers.normalise(sheet.name)
        if _LIST.fullmatch(name) and name not in known and sheet.name not in chosen:
            parsed.findings.append(
                Finding(
                    "annex_a.list.not_read",
                    "note",
                    f"Sheet “{sheet.name}” is an Annex A list that is not read yet",
                    sheet=sheet.name,
                )
            )


def _identify(parsed: Parsed, file: landing.LandedFile, sheets: list[Sheet]) -> None:
    parsed.la_code = landing.la_of(file)
    quarter = landing.quarter_of(file)
    if parsed.la_code is None:
        parsed.findings.append(
            Finding(
                "annex_a.authority.unknown",
                "block",
                "Nothing says which authority sent this workbook",
                expected="a folder such as annex_a/2025-26-Q2/CAM, or a sidecar with “la: CAM”",
            )
        )
    latest = _latest_event(parsed.tables, file.received_at.date())
    parsed.extract_date, parsed.extract_date_basis = _extract_date(file, sheets, latest)
    stated = parsed.extract_date if parsed.extract_date_basis != INFERRED else None
    if quarter is None and stated is not None:
        # The quarter that ended last on the day of the extract, which it may cover whole.
        quarter = Quarter.containing(stated + timedelta(days=1)).shift(-1)
        parsed.findings.append(
            Finding(
                "annex_a.quarter.inferred",
                "note",
                f"No quarter is stated; {quarter.label} is taken from the extract date",
                expected="a folder such as annex_a/2025-26-Q2/CAM",
            )
        )
    if quarter is None:
        parsed.findings.append(
            Finding(
                "annex_a.quarter.unknown",
                "block",
                "Nothing says for which quarter this workbook was sent",
                expected="a folder such as annex_a/2025-26-Q2/CAM, or a sidecar with"
                " “quarter: 2025-26-Q2”",
            )
        )
    parsed.quarter = quarter.slug if quarter else None
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


def _latest_event(tables: dict[str, pd.DataFrame], received: date) -> date | None:
    """The latest event by the day of receipt: a booked or mistyped date is no event yet."""
    source = contract("annex_a")
    known_by = pd.Timestamp(received)
    latest = [
        dates[dates <= known_by].max()
        for name, frame in tables.items()
        for column in source.table(name).columns
        if column.type == "date" and column.name != "birth_date"
        for dates in (frame[column.name],)
    ]
    days = [event.date() for event in latest if pd.notna(event)]
    return max(days) if days else None


def _extract_date(
    file: landing.LandedFile, sheets: list[Sheet], latest: date | None
) -> tuple[date | None, str | None]:
    """The sidecar's date, a labelled cell's, a full one in the file name, else the latest event."""
    stated = (
        ("sidecar", file.sidecar.get("extract_date", "")),
        *(("labelled cell", value) for value in _labelled_dates(sheets)),
        ("file name", file.absolute.name),
    )
    for basis, text in stated:
        found = _full_date(str(text))
        if found is not None:
            return found, basis
    return (latest, INFERRED) if latest else (None, None)


def _labelled_dates(sheets: list[Sheet]) -> list[object]:
    labels = {headers.normalise(label): label for label in _EXTRACT_LABELS}
    return [
        value
        for sheet in sheets
        for value, _, _ in headers.labelled(sheet.rows[: headers.SEARCH_ROWS], labels).values()
    ]


def _full_date(text: str) -> date | None:
    for match in _FULL_DATE.finditer(text.replace("/", ".")):
        found = match.groupdict()
        year, month, day = (found[part] or found[f"{part}2"] for part in "ymd")
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None
