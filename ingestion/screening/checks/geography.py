"""Checks on geographic_level and on the columns that name places."""

import re
from collections.abc import Iterator

import pandas as pd

from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table
from ingestion.screening.results import (
    Result,
    advisory,
    columns,
    fail,
    opening,
    passed,
    quoted,
    worst,
)
from ingestion.screening.standard import Level, standard

# Levels whose codes have a check of their own; the others' are held against their list together.
_CHECKED_ALONE = (
    "Local authority",
    "Local authority district",
    "Parliamentary constituency",
    "Local enterprise partnership",
    "Ward",
)


def geographic_level(data: Table, meta: Meta, lists: Lists) -> Result:
    known = [level.name for level in standard().levels]
    found = data.frame["geographic_level"]
    wrong = ~found.isin(known)
    if not wrong.any():
        return passed()
    return fail(
        f"geographic_level, {data.lines(wrong)}: {quoted(found[wrong].unique())}; write one of the "
        "standard's exactly, such as National, Regional or Local authority."
    )


def geography_level_present(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for level, rows in _levels_of(data):
        lacking = [name for name in level.columns if name not in data.header]
        if lacking and level.required:
            results.append(
                fail(
                    f"{opening(data.lines(rows))}: level {level.name} needs "
                    f"{columns(lacking)}; add what is missing."
                )
            )
    return worst(results)


def la_col_present(data: Table, meta: Meta, lists: Lists) -> Result:
    return _all_or_none(data, "Local authority")


def region_col_present(data: Table, meta: Meta, lists: Lists) -> Result:
    return _all_or_none(data, "Regional")


def _all_or_none(data: Table, name: str) -> Result:
    wanted = standard().level(name).columns
    lacking = [column for column in wanted if column not in data.header]
    if lacking and len(lacking) < len(wanted):
        return fail(
            f"{data.name} has {columns(column for column in wanted if column not in lacking)} and "
            f"no {columns(lacking)}; the standard wants all or none. Add what is missing."
        )
    return passed()


def geographic_catch(data: Table, meta: Meta, lists: Lists) -> Result:
    own = {_letters(name): name for name in standard().own_columns}
    found = {
        name: own[_letters(name)]
        for name in data.header
        if name not in own.values() and _letters(name) in own
    }
    if found:
        meant = "; ".join(f"{quoted([name])} to {right}" for name, right in found.items())
        return fail(f"Columns of time or place under a name of their own: rename {meant}.")
    return passed()


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def geography_level_completed(data: Table, meta: Meta, lists: Lists) -> Result:
    every_row = pd.Series(True, index=data.frame.index)
    country = standard().level("National")
    results = [_completed(data, level, rows) for level, rows in _levels_of(data) if level.required]
    results.append(_completed(data, country, every_row))
    results += [
        _combinations(data, lists, level)
        for level in standard().levels
        if level.list and level.name not in _CHECKED_ALONE
    ]
    return worst(dict.fromkeys(results))


def _completed(data: Table, level: Level, rows: "pd.Series[bool]") -> Result:
    blank = [name for name in level.columns if (data.frame.loc[rows, name] == "").any()]
    if not blank:
        return passed()
    where = data.lines(rows & (data.frame[blank] == "").any(axis=1))
    return fail(f"{opening(where)}: blank {columns(blank)}; fill in for {level.name}.")


def overcompleted_cols(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for level, rows in _levels_of(data):
        others = level.leaves_blank
        if others == "all":
            others = tuple(
                other.name
                for other in standard().levels
                if other.name not in ("National", level.name)
            )
        names = [column for other in others for column in standard().level(other).columns]
        filled = [
            name
            for name in names
            if name in data.frame and (data.frame.loc[rows, name] != "").any()
        ]
        if filled:
            where = data.lines(rows & (data.frame[filled] != "").any(axis=1))
            results.append(
                fail(
                    f"{opening(where)}: {columns(filled)} filled in for {level.name}; leave "
                    "blank there."
                )
            )
    return worst(results)


def observational_total(data: Table, meta: Meta, lists: Lists) -> Result:
    total = standard().total
    results = []
    for name in standard().own_columns:
        if name in data.frame:
            wrong = data.frame[name].str.lower() == total.lower()
            if wrong.any():
                results.append(
                    fail(
                        f"{name}, {data.lines(wrong)}: {total} is no time or place; leave the cell "
                        "blank, or name the place."
                    )
                )
    return worst(results)


def la_combinations(data: Table, meta: Meta, lists: Lists) -> Result:
    return _combinations(data, lists, standard().level("Local authority"))


def lad_combinations(data: Table, meta: Meta, lists: Lists) -> Result:
    return _combinations(data, lists, standard().level("Local authority district"))


def pcon_combinations(data: Table, meta: Meta, lists: Lists) -> Result:
    return _combinations(data, lists, standard().level("Parliamentary constituency"))


def lep_combinations(data: Table, meta: Meta, lists: Lists) -> Result:
    return _combinations(data, lists, standard().level("Local enterprise partnership"))


def ward_combinations(data: Table, meta: Meta, lists: Lists) -> Result:
    return _combinations(data, lists, standard().level("Ward"))


def _combinations(data: Table, lists: Lists, level: Level) -> Result:
    """Codes and names of a level stand together as on DfE's list."""
    names = [name for name in level.columns if name in data.frame]
    if not names:
        return passed()
    found = data.frame[names].drop_duplicates()
    found = found[(found != "").any(axis=1)]
    if found.empty:
        return passed()
    known = lists.places(level)
    if known is None:
        return advisory(
            f"Not checked: {level.list}.csv, DfE's list for {level.name}, is not there; name its "
            "folder with --lists."
        )
    allowed = pd.concat([known[names], _elsewhere(level)[names]])
    wrong = found[~_among(found, allowed)]
    if wrong.empty:
        return passed()
    where = data.lines(_among(data.frame[names], wrong))
    # Of a code that the list has, what stands beside it there.
    meant = known.loc[known[names[0]].isin(wrong[names[0]]), names]
    right = f" ({_in_words(meant)} there)" if not meant.empty else ""
    return fail(
        f"{', '.join(names)}, {where}: {_in_words(wrong)}, not on DfE's list for {level.name}"
        f"{right}; write code and name exactly as the list has them."
    )


def _in_words(places: pd.DataFrame) -> str:
    return quoted(" ".join(row) for row in places.itertuples(index=False))


def _elsewhere(level: Level) -> pd.DataFrame:
    """What stands for a place that is not known or has no code, at any level."""
    unknown, other = standard().unknown_place, standard().no_code_applies
    pairs = [(unknown.code, unknown.name), *((other.code, name) for name in other.names)]
    rows = [[*(code for _ in level.codes), name] for code, name in pairs]
    return pd.DataFrame(rows, columns=list(level.columns), dtype="str")


def _among(rows: pd.DataFrame, others: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows are the same as one of the others, in every column."""
    keys = pd.MultiIndex.from_frame(rows)
    return pd.Series(keys.isin(pd.MultiIndex.from_frame(others)), index=rows.index)


def na_geography(data: Table, meta: Meta, lists: Lists) -> Result:
    """A place whose code is x has no name."""
    unknown = standard().unknown_place
    results = []
    for level, codes in _coded(data):
        # The first code alone: on DfE's list a county of before 2009 has x for its old code.
        wrong = data.frame[codes[0]] == unknown.code
        wrong &= data.frame[level.title] != unknown.name
        if wrong.any():
            found = quoted(data.frame.loc[wrong, level.title].unique())
            results.append(
                fail(
                    f"{level.title}, {data.lines(wrong)}: the code is {unknown.code} and the name "
                    f"{found}; write {unknown.name}, or the place's code."
                )
            )
    return worst(results)


def na_geography_code(data: Table, meta: Meta, lists: Lists) -> Result:
    """A place whose name is not available has the code x."""
    unknown = standard().unknown_place
    results = []
    for level, codes in _coded(data):
        wrong = (data.frame[level.title] == unknown.name) & (data.frame[codes] != unknown.code).any(
            axis=1
        )
        if wrong.any():
            found = quoted(data.frame.loc[wrong, codes[0]].unique())
            results.append(
                fail(
                    f"{', '.join(codes)}, {data.lines(wrong)}: the name is {unknown.name} and the "
                    f"code {found}; write {unknown.code}."
                )
            )
    return worst(results)


def _coded(data: Table) -> Iterator[tuple[Level, list[str]]]:
    """The levels that the file has a name and a code of, with those codes."""
    for level in standard().levels:
        codes = [code for code in level.codes if code in data.frame]
        if codes and level.title in data.frame:
            yield level, codes


def region_for_la(data: Table, meta: Meta, lists: Lists) -> Result:
    return _region_for(data, "Local authority")


def region_for_lad(data: Table, meta: Meta, lists: Lists) -> Result:
    return _region_for(data, "Local authority district")


def _region_for(data: Table, name: str) -> Result:
    rows = data.frame["geographic_level"] == name
    wanted = standard().level("Regional").columns
    there = [column for column in wanted if column in data.frame]
    lacking = len(there) < len(wanted) or (data.frame.loc[rows, there] == "").any(axis=None)
    if not rows.any() or not lacking:
        return passed()
    where = rows & ((data.frame[there] == "").any(axis=1) if len(there) == len(wanted) else True)
    return advisory(
        f"{', '.join(wanted)}, {data.lines(where)}: no region is given for {name}; fill it in, so "
        "that readers can choose by region."
    )


def _levels_of(data: Table) -> Iterator[tuple[Level, "pd.Series[bool]"]]:
    """The levels that the file has rows of, with those rows."""
    found = data.frame["geographic_level"]
    present = set(found.unique())
    for level in standard().levels:
        if level.name in present:
            yield level, found == level.name
