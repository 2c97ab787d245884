"""Who has not returned for a quarter, by name; also those whose return was set aside."""

from datetime import date
from pathlib import Path

import pandas as pd

from exports.marts import read_mart
from exports.notices.notice import Kind, Notice, notice
from ingestion.periods import Quarter
from ingestion.registry import participates, return_due, seed

_COLUMNS = ["new_la_code", "la_name", "submission_state"]


def missing(marts: Path, quarter: Quarter, on: date, synthetic: bool) -> Notice | None:
    """The notice as of a day; None where nobody is missing. MartError, ValueError (calendar)."""
    due = return_due(quarter)
    current = [("quarter_label", "==", quarter.label), ("is_current", "==", True)]
    rows = read_mart(marts, "mart_submission_status", _COLUMNS, current).drop_duplicates()
    if rows.empty:
        rows = _nobody(quarter)
    by_name = rows.sort_values("la_name").groupby("submission_state")["la_name"].agg(list)
    awaited, set_aside = by_name.get("not_returned", []), by_name.get("quarantined", [])
    if not (awaited or set_aside):
        return None
    said = {"awaited": awaited, "set_aside": set_aside, "due": due, "days": (on - due).days}
    return notice(Kind.MISSING, quarter, synthetic, **said)


def _nobody(quarter: Quarter) -> pd.DataFrame:
    """A quarter for which nobody sent anything has no rows in the mart: the register tells."""
    las = seed("reference/local_authorities").query("is_london == 'true'")
    day = quarter.end.isoformat()
    taking_part = las[[participates(code, day) for code in las["new_la_code"]]]
    return taking_part[["new_la_code", "la_name"]].assign(submission_state="not_returned")
