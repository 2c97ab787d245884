"""What the figures of two releases say, whatever they are called: which column or category is
which, which one was split, and which figures were revised.

Measured on the releases at hand (children in need C1 2024 and 2025, ONS estimates 2024 and 2025,
workforce 2022 and 2025, and every pair of columns of one file): a column has at least 75 % of its
figures unchanged in the next release, or it was counted anew (two headcounts, 29 and 33 %), while
two columns of one file have at most 52 % in common, zeros aside. Parts add up to their whole in
84 % of the lines or more (regions are rounded), parts of something else in 43 % at most. `SAME`
lies between, for both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
import pandas as pd
from rapidfuzz import fuzz

from ingestion.headers import figures_of, normalise

SAME = 0.7
# A revision moves at most 0.4 % of the authorities' figures by more than a fifth, counting anew
# 3 %; of the pairs of columns of one file, 92 % are that far apart in most lines.
FAR, MOSTLY = 0.2, 0.5
# Revisions changed at most 25 % of a column's figures, counting anew 67 %, and other columns differ
# in 48 % or more.
REVISED = 0.3
# In fewer lines than this, equal figures say nothing.
FEWEST_LINES = 10
# “Re_referrals” and “rereferral_count” score 91, the words for counts set aside; “Referrals” and
# “Referrals_child” 75. Names alone propose only what the figures do not speak against.
ALIKE = 80
# Above these the search would take longer than a person who looks.
MOST_COMPARED, MOST_PARTS = 60, 10

_COUNT_WORDS = {"count", "number", "num", "no", "n", "of", "the", "total"}
_UNITS = {"percent", "percentage", "pct", "pc", "rate", "average", "median"}
# What DfE writes where a code has no meaning.
_NO_CODE = ("", "x", "z")
LOCAL = "Local authority"


def cells(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Both releases as one frame; `later` tells them apart.

    `line` numbers what is the same period, area and filters in both. Authorities are known by
    their code alone: a region's code or a name may be written otherwise in the next release.
    """
    both = pd.concat([before, after], ignore_index=True)
    region, region_name, code, name = (
        both[column].astype("string").fillna("")
        for column in ("region_code", "region_name", "new_la_code", "la_name")
    )
    named = name.mask(name.isin(_NO_CODE), region_name).mask(lambda n: n.isin(_NO_CODE))
    area = code.mask(code.isin(_NO_CODE), name).mask(lambda a: a.isin(_NO_CODE), region)
    area = area.mask(both["geographic_level"] == "National", "")
    frame = pd.DataFrame(
        {
            "later": np.arange(len(both)) >= len(before),
            "period": both["time_period"],
            "level": both["geographic_level"],
            "area": area,
            "area_name": named.fillna("England"),
            "identifier": both["time_identifier"],
            "filter_key": both["filter_key"],
            "column": both["column_name"],
            "status": both["value_status"],
        }
    )
    frame = frame.astype(dict.fromkeys(frame.columns[1:], "category"))
    return frame.assign(
        value=both["value"].astype("float64"),
        text=both["value_text"],
        row=both["row"],
        line=number(frame, ["period", "level", "area", "filter_key"]),
    )


def number(frame: pd.DataFrame, keys: list[str]) -> pd.Series:
    """A number for each combination of the keys."""
    return frame.groupby(keys, observed=True, sort=False).ngroup()


def alike(left: str, right: str) -> float:
    """How alike two names are, 0 to 100: case, camel case and words for counts do not tell apart.

    A figure (“0-10 days”) or a unit (“rate”) that only one of them has does.
    """
    words = [_words(left), _words(right)]
    kinds = {(figures_of("".join(w)), _UNITS.isdisjoint(w)) for w in words}
    if len(kinds) > 1:
        return 0.0
    return fuzz.token_sort_ratio(*(" ".join(w) for w in words))


def _words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("%", " percent ")
    words = normalise(parted).split()
    return [word for word in words if word not in _COUNT_WORDS] or words


@dataclass(frozen=True)
class Match:
    """What something lost is likely to be now, and in how many shared lines they are equal."""

    to: str
    same: int
    lines: int
    alike: float = 0.0

    @property
    def sure(self) -> bool:
        return self.lines >= FEWEST_LINES and self.same >= SAME * self.lines

    def told(self, name: str) -> str:
        counted = f"the same figures in {self.same:,} of {self.lines:,} shared lines"
        return f"“{name}” holds {counted}" if self.sure else f"“{name}” is a like name; {counted}"


def wide(frame: pd.DataFrame, across: str, names: Sequence[str]) -> pd.DataFrame:
    """A row for each line, a column for each of the names, with the figures."""
    rows = frame.loc[frame[across].isin(list(names)), ["line", across, "value"]]
    rows = rows.astype({across: "object"}).drop_duplicates(["line", across])
    return rows.pivot(index="line", columns=across, values="value").reindex(columns=list(names))


def matches(
    frame: pd.DataFrame, across: str, lost: dict[str, str], gained: dict[str, str]
) -> dict[str, Match]:
    """For each lost name the gained one that it is likely to be; figures decide before names.

    `lost` and `gained` give each name as the file writes it. Each gained one is taken once.
    """
    lost, gained = (dict(list(names.items())[:MOST_COMPARED]) for names in (lost, gained))
    if not lost or not gained:
        return {}
    old, new = (
        wide(frame[frame["later"] == later], across, list(names))
        for later, names in ((False, lost), (True, gained))
    )
    old, new = old.align(new, join="inner", axis=0)
    found = []
    for name, header in lost.items():
        # Zeros are alike in all columns of small numbers.
        counted = old[name].notna() & (old[name] != 0)
        figures, others = old.loc[counted, name], new[counted]
        same = np.isclose(others.T, figures, rtol=1e-9, atol=0).sum(axis=1)
        near = (others.sub(figures, axis=0).abs().le(FAR * figures.abs(), axis=0)).sum()
        for to, equal, close in zip(gained, same, near, strict=True):
            match = Match(to, int(equal), len(figures), alike(header, gained[to]))
            possible = match.lines < FEWEST_LINES or close >= MOSTLY * match.lines
            if match.sure or (match.alike >= ALIKE and possible):
                found.append((match.sure, match.same, match.alike, name, match))
    taken: dict[str, Match] = {}
    for *_, name, match in sorted(found, key=lambda one: one[:3], reverse=True):
        if name not in taken and match.to not in {other.to for other in taken.values()}:
            taken[name] = match
    return taken


def categories(keys: Sequence[str], filters: Sequence[str]) -> pd.DataFrame:
    """The category of each filter, by filter key (“name=value; name=value”); `filters` are all."""
    text = pd.Series(keys, index=pd.Index(keys, name="filter_key"), dtype="string")
    names = "|".join(map(re.escape, filters))
    ends = rf"=(.*?)(?=; (?:{names})=|$)"
    found = {
        name: text.str.extract(rf"(?:^|; ){re.escape(name)}{ends}", expand=False)
        for name in filters
    }
    return pd.DataFrame(found, index=text.index, dtype="object")


def parts_of(whole: pd.Series, parts: pd.DataFrame, fewest: int) -> tuple[list[str], Match] | None:
    """The parts whose sum is the whole in most lines: the best of two, three or all of them.

    `fewest` is 1 where the whole is only what something has lost.
    """
    whole = whole[whole.notna() & (whole != 0)]
    parts = parts.reindex(whole.index)
    # A part is not above its whole; what mostly is need not be tried.
    parts = parts.loc[:, parts.le(whole, axis=0).sum() >= SAME * parts.notna().sum()]
    names = list(parts.sum().nlargest(MOST_PARTS).index)
    held, target = parts[names].to_numpy(), whole.to_numpy()
    sizes = (size for size in (1, 2, 3, len(names)) if fewest <= size <= len(names))
    best: tuple[list[str], Match] | None = None
    for chosen in chain(*(combinations(range(len(names)), size) for size in sizes)):
        total = held[:, chosen].sum(axis=1)
        same, lines = np.isclose(total, target).sum(), np.isfinite(total).sum()
        match = Match(" + ".join(names[i] for i in chosen), int(same), int(lines))
        better = best is None or match.same * best[1].lines > best[1].same * match.lines
        if match.sure and better:
            best = ([names[i] for i in chosen], match)
    return best


def decimals(values: pd.Series) -> int:
    """How many decimals the figures were printed with, five at most."""
    held = values.dropna().to_numpy()
    return next((d for d in range(5) if np.isclose(held, np.round(held, d)).all()), 5)


def revisions(frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each cell that both releases have: both figures, and whether it was revised.

    A difference of one in the last decimal printed is rounding; counts are not rounded.
    """
    old, new = frame[~frame["later"]], frame[frame["later"]]
    pairs = new.merge(
        old[["line", "column", "value", "status", "text"]],
        on=["line", "column"],
        suffixes=("", "_before"),
    )
    by_column = pairs.groupby("column", observed=True)
    printed = by_column[["value_before", "value"]].agg(decimals).min(axis=1)
    unit = pairs["column"].map((0.1**printed).where(printed > 0, 0)).astype("float64") * 1.001
    gap = (pairs["value"] - pairs["value_before"]).abs()
    size = pairs["value_before"].abs()
    revised = (gap > unit) | (pairs["status"] != pairs["status_before"])
    return pairs.assign(
        revised=revised,
        relative=(gap / size).where((size > 0) & revised),
        local=(pairs["level"] == LOCAL) & gap.notna() & (size > 0),
        ratio=(pairs["value"] / pairs["value_before"]).where(size > 0),
    )
