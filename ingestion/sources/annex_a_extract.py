"""Whose an Annex A file is, for which quarter, and on which day it was extracted.

No workbook of Ofsted's names its authority: folder, sidecar or file name do. The extract date is
the sidecar's, a labelled cell's or a full date in the name (a month alone is none), else it is
inferred from the data and marked. The rows themselves are read elsewhere.
"""

import re
from datetime import date, timedelta

import pandas as pd

from ingestion import dates, headers, landing
from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.periods import Quarter
from ingestion.readers import Sheet
from ingestion.region import REGION
from ingestion.sources import Parsed

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


def identify(parsed: Parsed, file: landing.LandedFile, stated: tuple[date, str] | None) -> None:
    """Fill in authority, quarter and extract date; what nothing tells is a finding."""
    parsed.la_code = landing.la_of(file)
    quarter = landing.quarter_of(file)
    if parsed.la_code is None:
        parsed.findings.append(nobodys())
    latest = _latest_event(parsed.tables, file.received_at.date())
    inferred = (latest, INFERRED) if latest else (None, None)
    parsed.extract_date, parsed.extract_date_basis = stated or inferred
    if quarter is None and stated is not None:
        # The quarter that ended last on the day of the extract, which it may cover whole.
        quarter = Quarter.containing(stated[0] + timedelta(days=1)).shift(-1)
        parsed.findings.append(
            Finding(
                "annex_a.quarter.inferred",
                "note",
                f"No quarter is stated; {quarter.label} is taken from the extract date",
                expected=f"a folder such as annex_a/2025-26-Q2/{REGION.example}",
            )
        )
    if quarter is None:
        parsed.findings.append(
            Finding(
                "annex_a.quarter.unknown",
                "block",
                "Nothing says for which quarter this workbook was sent",
                expected=f"a folder such as annex_a/2025-26-Q2/{REGION.example}, or a sidecar"
                " with “quarter: 2025-26-Q2”",
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
    elif parsed.extract_date > file.received_at.date():
        parsed.findings.append(
            Finding(
                "annex_a.extract_date.future",
                "block",
                "The extract date is after the day on which the file was received",
                expected="the date on which the lists were extracted",
            )
        )
    elif (
        latest is not None
        and any(contract("annex_a").table(name).silence for name in parsed.tables)
        and (parsed.extract_date - latest).days > MAX_SILENT_DAYS
    ):
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
        days[days <= known_by].max()
        for name, frame in tables.items()
        for column in source.table(name).columns
        if column.type == "date" and column.name != "birth_date"
        for days in (frame[column.name],)
    ]
    return max((event.date() for event in latest if pd.notna(event)), default=None)


def nobodys() -> Finding:
    """The finding for a file that nothing tells the authority of."""
    return Finding(
        "annex_a.authority.unknown",
        "block",
        "Nothing says which authority sent this file",
        expected=f"a folder such as annex_a/2025-26-Q2/{REGION.example}, or a sidecar with"
        f" “la: {REGION.example}”",
    )


def stated_date(
    file: landing.LandedFile, sheets: list[Sheet], day_0: date
) -> tuple[date, str] | None:
    """The extract date that sidecar, labelled cell or file name state, and which of them does.

    `day_0` is the day that bare numbers count from.
    """
    stated = (
        ("sidecar", file.sidecar.get("extract_date", "")),
        *(("labelled cell", value) for value in _labelled_dates(sheets)),
        ("file name", file.absolute.name),
    )
    for basis, text in stated:
        found = dates.parse(str(text), day_0) or _date_within(str(text))
        if found is not None:
            return found, basis
    return None


def _labelled_dates(sheets: list[Sheet]) -> list[object]:
    labels = {headers.normalise(label): label for label in _EXTRACT_LABELS}
    return [
        value
        for sheet in sheets
        for value, _, _ in headers.labelled(sheet.rows[: headers.SEARCH_ROWS], labels).values()
    ]


def _date_within(text: str) -> date | None:
    """The first full date among other words, as names of files have it."""
    for match in _FULL_DATE.finditer(text.replace("/", ".")):
        found = match.groupdict()
        year, month, day = (found[part] or found[f"{part}2"] for part in "ymd")
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None
