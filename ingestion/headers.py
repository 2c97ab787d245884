"""Which column is which, and how surely.

Headers are matched exact, then normalised (case, spaces, punctuation), then by the contract's
aliases, then fuzzily (rapidfuzz). A fuzzy match below the threshold is never taken: it becomes a
suggestion in a finding. Method and score stay with each match, so that a person can check it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from ingestion.contract import Column

# "Date of Referal" against "Date of referral" scores 97; "Date of Birth" against "Date of
# referral" 62; the closest pair of different headers within one list ("Assessment start date" and
# "Assessment completion date") scores 77. 90 leaves room on both sides.
FUZZY_THRESHOLD = 90
# In a short header one slip of the finger weighs more: "Valeu" is only 80% like "Value". One wrong,
# missing, extra or swapped letter in five or more is taken too.
SHORTEST_SLIP = 5
SEARCH_ROWS = 30


@dataclass(frozen=True)
class Match:
    position: int
    header: str
    to: str
    how: str  # exact | normalised | alias | fuzzy
    score: float


@dataclass(frozen=True)
class Resolution:
    """What became of a header row. `nearest` maps an unmatched header to its closest column."""

    row: int
    matches: list[Match] = field(default_factory=list)
    unmatched: dict[int, str] = field(default_factory=dict)
    nearest: dict[str, str] = field(default_factory=dict)
    missing: list[Column] = field(default_factory=list)

    @property
    def positions(self) -> dict[str, int]:
        return {match.to: match.position for match in self.matches}

    @property
    def complete(self) -> bool:
        return not any(column.required for column in self.missing)


def normalise(text: str) -> str:
    """Case, curly quotes, repeated spaces and punctuation do not tell headers apart; % and + do."""
    return " ".join(re.sub(r"[^a-z0-9%+]+", " ", str(text).lower()).split())


def resolve(headers: Sequence[object], columns: Sequence[Column], row: int = 0) -> Resolution:
    """Match one row of headers to a contract's columns; each column is taken at most once."""
    texts = {i: str(h).strip() for i, h in enumerate(headers) if str(h).strip()}
    taken: dict[str, Match] = {}
    free = dict(texts)

    def take(position: int, column: Column, how: str, score: float) -> None:
        taken[column.name] = Match(position, texts[position], column.name, how, score)
        del free[position]

    passes = (
        ("exact", lambda text, column: text == column.headers[0]),
        ("normalised", lambda text, column: normalise(text) == normalise(column.headers[0])),
        ("alias", lambda text, column: normalise(text) in map(normalise, column.headers[1:])),
    )
    for how, same in passes:
        for position, text in list(free.items()):
            for column in columns:
                if column.name not in taken and same(text, column):
                    take(position, column, how, 100.0)
                    break

    nearest = {}
    for position, text in list(free.items()):
        choices = {
            (c.name, h): normalise(h) for c in columns if c.name not in taken for h in c.headers
        }
        best = process.extractOne(normalise(text), choices, scorer=fuzz.ratio)
        if best is None:
            continue
        matched, score, (name, header) = best
        slip = len(matched) >= SHORTEST_SLIP and OSA.distance(normalise(text), matched) <= 1
        if score >= FUZZY_THRESHOLD or slip:
            take(position, next(c for c in columns if c.name == name), "fuzzy", round(score, 1))
        elif score >= 60:
            nearest[text] = header
    return Resolution(
        row=row,
        matches=sorted(taken.values(), key=lambda match: match.position),
        unmatched=free,
        nearest=nearest,
        missing=[column for column in columns if column.name not in taken],
    )


def find_header(rows: Sequence[Sequence[object]], columns: Sequence[Column]) -> Resolution | None:
    """The header row among the first rows: the one that settles most columns, at least two.

    Title rows, blank rows and cover blocks above it are passed over. None when no row fits.
    """
    best: Resolution | None = None
    for index, row in enumerate(rows[:SEARCH_ROWS]):
        if sum(bool(str(cell).strip()) for cell in row) < 2:
            continue
        candidate = resolve(row, columns, index)
        if len(candidate.matches) >= min(2, len(columns)) and (
            best is None or len(candidate.matches) > len(best.matches)
        ):
            best = candidate
    return best
