"""A tidy delivery of all eleven lists, for the tests to change."""

from datetime import date
from typing import Any

from ingestion.contract import contract
from ingestion.sources import Parsed
from tests.unit.ingestion.builders import annex_a_sheets, child

PLACE = "annex_a/2025-26-Q2/CAM/annex_a.xlsx"
SIDECAR = "extract_date: 2025-10-03\nreceived_at: 2025-10-09 10:00:00\n"
LISTS = [table.name for table in contract("annex_a").tables]
LIST_3 = "annex_a_list_3"
# Six children on List 3, each referred on a day of their own, and one on each of the others.
ROWS = 6
WHOLE = dict.fromkeys(LISTS, 1) | {LIST_3: ROWS}

Sheets = dict[str, list[list[Any]]]


def tidy() -> Sheets:
    rows = [
        child(LIST_3, child_id=1001 + i, referral_date=date(2025, 9, 1 + i)) for i in range(ROWS)
    ]
    return {
        name: [list(row) for row in rows]
        for name, rows in annex_a_sheets(annex_a_list_3=rows).items()
    }


def sizes(parsed: Parsed) -> dict[str, int]:
    """How many rows each list that was read has."""
    return {name: len(parsed.tables[name]) for name in LISTS if name in parsed.tables}
