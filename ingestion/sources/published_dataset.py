"""Which of DfE's datasets a file is: by its columns, and by its categories where columns coincide.

A file need not fit to the last column: DfE renames, drops and adds some with most releases. What
that means for the figures is told by `published.py` and `drift.py`. Nothing here reads a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, takewhile

from ingestion import headers
from ingestion.contract import Column, Contract, Table
from ingestion.registry import published_places
from ingestion.sources.published_standard import filters_of

# Of all columns that file and contract have between them, half must be the same. Table C1 of 2025
# shares 11 of 13 with that of 2024 (rates were dropped); of two different datasets the likest share
# 11 of 13 too (D5 and D7), so that the best one counts, and a tie is no answer. A file of a few
# chosen columns is enough too where all that figures are taken from are among them.
LIKE_ENOUGH = 0.5


@dataclass(frozen=True)
class Recognised:
    table: Table
    resolution: headers.Resolution


def own_columns(table: Table) -> list[Column]:
    """The columns that are the dataset's, not DfE's standard."""
    return [column for column in table.columns if column.role != "standard"]


def needed_columns(table: Table, release: str | None = None) -> set[str]:
    """The columns that figures are taken from, and the filters by which they are picked."""
    places = published_places(table.name, release)
    return {*places["column_name"], *chain.from_iterable(map(filters_of, places["filter_key"]))}


def spellings(column: Column) -> dict[str, str]:
    """A column's categories by each normalised spelling, as the one that stands for them."""
    listed = [[value] if isinstance(value, str) else value for value in column.values]
    return {headers.normalise(spelling): names[0] for names in listed for spelling in names}


def categories(column: Column) -> list[str]:
    """The categories of a filter, each by the spelling that stands for it."""
    return list(dict.fromkeys(spellings(column).values()))


def recognise(rows: Sequence[Sequence[object]], source: Contract) -> Recognised | list[Table]:
    """The dataset of a file whose first row is its header; else those it may equally be, if any."""
    found = []
    forms = {headers.normalise(header) for header in rows[0]}
    for table in source.tables:
        if forms.isdisjoint(_names(table)):
            continue
        # DfE's columns are written by machines: one that is nearly another is another measure
        # (“rereferral_count” is 93% like “referral_count”).
        resolution = headers.resolve(rows[0], table.columns, fuzzy=False)
        scores = _scores(table, resolution, rows)
        if scores is not None:
            found.append((scores, Recognised(table, resolution)))
    found.sort(key=lambda each: each[0], reverse=True)
    best = [known for _, known in takewhile(lambda each: each[0] == found[0][0], found)]
    return best[0] if len(best) == 1 else [known.table for known in best]


def _names(table: Table) -> set[str]:
    return {headers.normalise(h) for column in own_columns(table) for h in column.headers}


def _scores(
    table: Table, resolution: headers.Resolution, rows: Sequence[Sequence[object]]
) -> tuple[float, float] | None:
    """How like the columns are and how many categories are known, or None for another dataset."""
    positions = resolution.positions
    own = own_columns(table)
    shared = sum(column.name in positions for column in own)
    together = len(own) + len(resolution.unmatched)
    listed = [column for column in own if column.values and column.name in positions]
    if not shared:
        return None
    filters = [_known_share(c, positions[c.name], rows) for c in listed if c.role == "filter"]
    if any(share < LIKE_ENOUGH for share in filters):
        return None  # the columns of this dataset, with the categories of another
    # Files of two columns are known by their categories as much as by their names.
    by_category = bool(filters) and min(filters) == 1
    likeness = (shared + by_category) / (together + by_category)
    needed = needed_columns(table)
    chosen = needed and needed <= positions.keys()
    known = shared / (shared + len(resolution.unmatched))
    if likeness < LIKE_ENOUGH and not (chosen and known >= LIKE_ENOUGH):
        return None
    every = [_known_share(column, positions[column.name], rows) for column in listed]
    # A filter under an unknown header still tells by what it holds which of two datasets it is.
    every += [
        max((_known_share(column, place, rows) for place in resolution.unmatched), default=0)
        for column in own
        if column.values and column.name not in positions
    ]
    return likeness, sum(every)


def _known_share(column: Column, position: int, rows: Sequence[Sequence[object]]) -> float:
    """How many of a column's different categories its contract lists, from 0 to 1."""
    written = {row[position] for row in rows[1:] if position < len(row)}
    seen = {headers.normalise(category) for category in written} - {""}
    return len(seen & spellings(column).keys()) / len(seen) if seen else 1.0
