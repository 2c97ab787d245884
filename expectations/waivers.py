"""The register of waivers: a known failure that somebody accepts, for a reason and until a day.

Reads `reference/waivers` and says which of them cover a failure. A waiver of one authority or
quarter covers its rows and no others: a rule that fails without them too still blocks. A rolling
year is no row of the quarter it ends with, since three others are in it. Only rules of the gates
can be waived; how they are run is `gate.py`'s business.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ingestion.periods import Quarter
from ingestion.registry import seed

# How tables name an authority and a quarter; rules between marts name authorities in words.
_PERIODS = ("quarter_label", "period_label", "period")
_OF_A_QUARTER = ("quarter", "snapshot")
_ROLE = re.compile(r"[a-z][a-z0-9_]*")
_NEEDED = ("waiver_id", "reason", "accepted_by", "valid_from", "valid_to", "reference")


class _Slip(Exception):
    """A row of the register is not as it should be; the message says what to put right."""


@dataclass(frozen=True)
class Waiver:
    """One acceptance; empty authority or quarter: any."""

    waiver_id: str
    rule_id: str
    new_la_code: str
    quarter_label: str
    reason: str
    accepted_by: str
    valid_from: date
    valid_to: date
    reference: str

    @property
    def text(self) -> str:
        until = f"{self.valid_to.day} {self.valid_to:%B %Y}"
        return (
            f"accepted until {until} because {self.reason.rstrip('.')} "
            f"({self.waiver_id}, {self.accepted_by}, {self.reference})"
        )

    def rows(self, frame: pd.DataFrame) -> pd.Series:
        """Which rows it is for; none where the table does not name what it is limited to."""
        chosen = pd.Series(True, index=frame.index)
        if self.new_la_code:
            las = seed("reference/local_authorities").set_index("new_la_code")["la_name"]
            names = {"new_la_code": self.new_la_code, "area": str(las[self.new_la_code])}
            column = next((name for name in names if name in frame), None)
            chosen &= frame[column].eq(names[column]).fillna(False) if column else False
        if self.quarter_label:
            column = next((name for name in _PERIODS if name in frame), None)
            # Rules between marts may say the kind of period behind it: 2025-26 Q2 (quarter).
            kinds = "|".join(_OF_A_QUARTER)
            label = rf"{re.escape(self.quarter_label)}(?: \((?:{kinds})\))?"
            texts = frame[column].astype("string") if column else None
            chosen &= texts.str.fullmatch(label).fillna(False) if texts is not None else False
            if "period_type" in frame:
                chosen &= frame["period_type"].isin(_OF_A_QUARTER)
        return chosen.astype(bool)


@dataclass(frozen=True)
class Decision:
    """The waivers under which a failure is accepted, or none and what is to be said of those."""

    accepted: tuple[Waiver, ...] = ()
    said: str = ""


def decide(
    rule_id: str, frame: pd.DataFrame, on: date, holds: Callable[[pd.DataFrame], bool]
) -> Decision:
    """Whether a failure of a rule is accepted on a day; `holds` asks the rule of fewer rows."""
    standing, said = _standing(rule_id, on)
    wide = [waiver for waiver in standing if not (waiver.new_la_code or waiver.quarter_label)]
    narrow = [waiver for waiver in standing if waiver not in wide]
    if narrow and holds(_without(frame, narrow)):
        used = narrow
        # Named are those without which it would fail: a row that it is for need not be broken.
        for waiver in reversed(narrow):
            others = [one for one in used if one is not waiver]
            if holds(_without(frame, others)):
                used = others
        return Decision(tuple(used))
    if wide:
        return Decision((wide[0],))
    if standing:
        names = ", ".join(waiver.waiver_id for waiver in standing)
        said.append(f"Not accepted: {names} of waivers.csv is for part of these rows only.")
    return Decision((), " ".join(said))


def _without(frame: pd.DataFrame, waivers: Sequence[Waiver]) -> pd.DataFrame:
    """The rows that none of the waivers is for."""
    covered = pd.Series(False, index=frame.index)
    for waiver in waivers:
        covered |= waiver.rows(frame)
    return frame[~covered]


def _standing(rule_id: str, on: date) -> tuple[list[Waiver], list[str]]:
    """The waivers of a rule that are in force, and why each other one is not."""
    standing: list[Waiver] = []
    said: list[str] = []
    rows = seed("reference/waivers")
    twice = set(rows.loc[rows["waiver_id"].duplicated(), "waiver_id"])
    for row in rows[rows["rule_id"].str.strip() == rule_id].to_dict("records"):
        name = str(row["waiver_id"]) or "a row without an id"
        try:
            waiver = _read({str(key): str(value) for key, value in row.items()}, twice)
        except _Slip as slip:
            said.append(f"Not accepted: {name} of waivers.csv is malformed: {slip}.")
            continue
        if on > waiver.valid_to:
            said.append(f"Not accepted: {name} of waivers.csv ended on {waiver.valid_to}.")
        elif on < waiver.valid_from:
            said.append(f"Not accepted: {name} of waivers.csv begins on {waiver.valid_from}.")
        else:
            standing.append(waiver)
    return standing, said


def _read(row: Mapping[str, str], twice: set[str]) -> Waiver:
    empty = [name for name in _NEEDED if not row[name].strip()]
    if empty:
        raise _Slip(f"it has no {', '.join(empty)}")
    if row["waiver_id"] in twice:
        raise _Slip("its id stands there twice")
    if not _ROLE.fullmatch(row["accepted_by"]):
        raise _Slip("accepted_by is a role like data_governance_lead, and no person's name")
    if row["new_la_code"] not in {"", *seed("reference/local_authorities")["new_la_code"]}:
        raise _Slip(f"{row['new_la_code']!r} is no authority's code")
    if row["quarter_label"] and row["quarter_label"] not in set(
        seed("reference/quarters")["quarter_label"]
    ):
        raise _Slip(f"{row['quarter_label']!r} is no quarter like {Quarter(2025, 2).label}")
    first, last = _day(row, "valid_from"), _day(row, "valid_to")
    if last < first:
        raise _Slip("it ends before it begins")
    return Waiver(
        row["waiver_id"],
        row["rule_id"],
        row["new_la_code"],
        row["quarter_label"],
        row["reason"],
        row["accepted_by"],
        first,
        last,
        row["reference"],
    )


def _day(row: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(row[name])
    except ValueError:
        raise _Slip(f"{name} {row[name]!r} is not a day like 2026-03-31") from None
