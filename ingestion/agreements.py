"""Which authority has agreed to what its child-level data may be used for.

Asked before a file with child-level data is opened: `reference/agreements.csv` is the register, one
purpose a row, dated. What becomes of a file without an agreement is the parser's and the
quarantine's business.
"""

from dataclasses import dataclass
from datetime import date

from ingestion.findings import Finding
from ingestion.landing import LONDON, LandedFile, la_name
from ingestion.registry import seed

# What an agreement may be for, in words; the register's `purpose`.
PURPOSES = {"annex_a_figures": "quarterly figures from Annex A lists"}
MISSING = "annex_a.agreement.missing"


@dataclass(frozen=True)
class Agreement:
    """A signed agreement in force; `is_assumed` until LIIA's own register is entered."""

    reference: str
    is_assumed: bool


def agreement(la_code: str, purpose: str, day: date) -> Agreement | None:
    """What an authority has signed for a purpose and was in force on a day; None for nothing."""
    register = seed("reference/agreements")
    rows = register[(register["new_la_code"] == la_code) & (register["purpose"] == purpose)]
    ends = rows["valid_to"].mask(rows["valid_to"] == "", "9999-12-31")
    on = day.isoformat()
    signed = rows[(rows["signed"] == "yes") & (rows["valid_from"] <= on) & (ends >= on)]
    if signed.empty:
        return None
    return Agreement(signed["reference"].iloc[-1], signed["status"].iloc[-1] == "assumed")


def findings(file: LandedFile, la_code: str, purpose: str) -> list[Finding]:
    """What stands in the way of opening a file of this authority: by the day it was received."""
    day = file.received_at.astimezone(LONDON).date()
    found = agreement(la_code, purpose, day)
    who, what = la_name(la_code), PURPOSES[purpose]
    if found is None:
        return [
            Finding(
                MISSING,
                "block",
                f"{who} had no signed agreement for {what} on {day}: the file was not opened",
                expected=f"a signed row for {purpose} in reference/agreements.csv, in force on"
                f" {day}",
            )
        ]
    if found.is_assumed and not file.synthetic:
        return [
            Finding(
                "annex_a.agreement.assumed",
                "check",
                f"No signed agreement of {who} for {what} is on record; it is assumed until the"
                " register is entered",
                expected=f"a confirmed row for {purpose} in reference/agreements.csv",
            )
        ]
    return []
