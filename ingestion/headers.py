"""Which column is which, and how surely.

Headers are matched exact, then normalised (case, spaces, punctuation), then by the contract's
aliases, then fuzzily (rapidfuzz). A fuzzy match below the threshold is never taken: it becomes a
suggestion in a finding. Method and score stay with each match, so that a person can check it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from ingestion.contract import Column

# "Date of Referal" against "Date of referral" scores 97; "Date of Birth" against "Date of
# referral" 62; the closest pair of different headers within one list ("Assessment start date" and
# "Assessment completion date") scores 77. 90 leaves room on both sides.
FUZZY_THRESHOLD = 90
# In a short header one slip of the finger weighs more: "Valeu" is only 80% like "Value". One wrong,
# missing, extra or swapped letter in five or more is taken too.
SHORTEST_SLIP = 5
# Below this a header resembles nothing, and a suggestion would mislead.
SUGGESTION_THRESHOLD = 60
# Filled rows among which a header is looked for; empty ones above it do not count.
SEARCH_ROWS = 30

_SEPARATORS = re.compile(r"[^a-z0-9%+]+")


@dataclass(frozen=True)
class Match:
    position: int
    header: str
    to: str
    how: str  # exact | normalised | alias | fuzzy
    score: float


@dataclass(frozen=True)
class Resolution:
    """What became of a header row.

    `duplicates` are positions whose header names a column that another position was taken for;
    `nearest` maps an unmatched header to its closest column.
    """

    row: int
    matches: list[Match] = field(default_factory=list)
    duplicates: dict[int, Match] = field(default_factory=dict)
    unmatched: dict[int, str] = field(default_factory=dict)
    nearest: dict[str, str] = field(default_factory=dict)
    missing: list[Column] = field(default_factory=list)

    @property
    def positions(self) -> dict[str, int]:
        return {match.to: match.position for match in self.matches}

    @property
    def complete(self) -> bool:
        return not any(column.required for column in self.missing)


def normalise(text: object) -> str:
    """Case, curly quotes, repeated spaces and punctuation do not tell headers apart; % and + do."""
    return " ".join(_SEPARATORS.sub(" ", str(text).lower()).split())


def figures_of(name: str) -> str:
    """Digits and signs of a normalised name: 45 is no slip for 15, nor "value %" for "value"."""
    return "".join(sign for sign in name if sign in "0123456789%+")


class _Names:
    """A contract's headers in the forms that are looked up; built once for many rows."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.issued = {c.headers[0]: c.name for c in columns}
        self.normalised = {normalise(c.headers[0]): c.name for c in columns}
        self.aliases = {normalise(h): c.name for c in columns for h in c.headers[1:]}
        self.certain = self.aliases | self.normalised
        self.choices = [(c.name, h, normalise(h)) for c in columns for h in c.headers]

    def settled(self, row: Sequence[object]) -> int:
        """How many columns a row settles without guessing."""
        seen = (self.certain.get(normalise(cell)) for cell in row if isinstance(cell, str))
        return len({*seen} - {None})


def resolve(
    headers: Sequence[object], columns: Sequence[Column], row: int = 0, fuzzy: bool = True
) -> Resolution:
    """Match one row of headers to a contract's columns; each column is taken at most once.

    Without `fuzzy` a near header is only a suggestion: for headers that machines write.
    """
    return _resolve(headers, columns, _Names(columns), row, fuzzy)


def _resolve(
    headers: Sequence[object], columns: Sequence[Column], names: _Names, row: int, fuzzy: bool
) -> Resolution:
    texts = {i: str(h).strip() for i, h in enumerate(headers) if str(h).strip()}
    forms = {i: normalise(text) for i, text in texts.items()}
    taken: dict[str, Match] = {}
    free = dict(texts)

    def take(position: int, name: str, how: str, score: float) -> None:
        taken[name] = Match(position, texts[position], name, how, score)
        del free[position]

    passes = (
        ("exact", names.issued, texts),
        ("normalised", names.normalised, forms),
        ("alias", names.aliases, forms),
    )
    for how, known, keys in passes:
        for position in list(free):
            name = known.get(keys[position])
            if name is not None and name not in taken:
                take(position, name, how, 100.0)

    duplicates = {p: taken[names.certain[forms[p]]] for p in free if forms[p] in names.certain}
    free = {position: text for position, text in free.items() if position not in duplicates}

    # Likest pair first, so that the order of columns in the file decides nothing.
    pairs = sorted(
        (
            (fuzz.ratio(forms[position], choice), position, name, header, choice)
            for position in free
            for name, header, choice in names.choices
            if name not in taken
        ),
        key=lambda pair: -pair[0],
    )
    nearest: dict[str, str] = {}
    for score, position, name, header, choice in pairs:
        if position not in free or name in taken:
            continue
        slip = len(choice) >= SHORTEST_SLIP and OSA.distance(forms[position], choice) <= 1
        same = figures_of(forms[position]) == figures_of(choice)
        if fuzzy and same and (score >= FUZZY_THRESHOLD or slip):
            take(position, name, "fuzzy", round(score, 1))
        elif score >= SUGGESTION_THRESHOLD:
            nearest.setdefault(texts[position], header)
    return Resolution(
        row=row,
        matches=sorted(taken.values(), key=lambda match: match.position),
        duplicates=duplicates,
        unmatched=free,
        nearest={text: header for text, header in nearest.items() if text in free.values()},
        missing=[column for column in columns if column.name not in taken],
    )


def first_rows(rows: Sequence[Sequence[object]]) -> list[tuple[int, Sequence[object]]]:
    """The rows in which titles, cover and header stand, with their zero-based numbers."""
    filled = ((i, row) for i, row in enumerate(rows) if any(str(cell).strip() for cell in row))
    return list(islice(filled, SEARCH_ROWS))


def find_header(rows: Sequence[Sequence[object]], columns: Sequence[Column]) -> Resolution | None:
    """The header row among the first rows: the one that settles most columns, at least two.

    Title rows, blank rows and cover blocks above it are passed over. None when no row fits. Where a
    row settles half of the columns for certain, the others are not searched for typing slips.
    """
    names = _Names(columns)
    candidates = {
        index: names.settled(row)
        for index, row in first_rows(rows)
        if sum(bool(str(cell).strip()) for cell in row) >= 2
    }
    if not candidates:
        return None
    surest = max(candidates, key=lambda index: candidates[index])
    promising = [surest] if candidates[surest] * 2 >= len(columns) else list(candidates)
    resolutions = [_resolve(rows[index], columns, names, index, True) for index in promising]
    best = max(resolutions, key=lambda resolution: len(resolution.matches))
    return best if len(best.matches) >= min(2, len(columns)) else None


def headers_below(
    rows: Sequence[Sequence[object]], columns: Sequence[Column], resolution: Resolution
) -> list[int]:
    """Rows under the header that look like headers again: they settle three columns or more."""
    names = _Names(columns)
    start = resolution.row + 1
    return [i for i, row in enumerate(rows[start:], start) if names.settled(row) >= 3]


def labelled(
    rows: Sequence[Sequence[object]], labels: dict[str, str]
) -> dict[str, tuple[object, int, int]]:
    """Values of a cover block by name, each with its zero-based row and column.

    `labels` maps a normalised label to a name. The value is the first filled cell right of the
    label, or what follows the colon in the label's own cell; another label is no value.
    """
    found: dict[str, tuple[object, int, int]] = {}
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            label, _, inline = str(cell).partition(":")
            name = labels.get(normalise(label)) if label else None
            if name is None or name in found:
                continue
            after = (
                (c, i) for i, c in enumerate(cells[column + 1 :], column + 1) if str(c).strip()
            )
            value, place = (inline.strip(), column) if inline.strip() else next(after, ("", column))
            if value != "" and normalise(str(value).partition(":")[0]) not in labels:
                found[name] = (value, row, place)
    return found
