"""Checks on the cells of filters and of the columns that group them, and on repeated rows."""

from ingestion.screening.checks.meta import same_but_for_signs
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
from ingestion.screening.standard import standard


def blanks_filters(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for name in meta.categories:
        blank = data.frame[name] == ""
        if blank.any():
            results.append(
                fail(
                    f"{name}, {data.lines(blank)}: the filter is blank; write its item, or "
                    f"{standard().total} for all together."
                )
            )
    return worst(results)


def whitespace_filters(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for name in meta.categories:
        items = data.frame[name].drop_duplicates()
        spaced = items[items != items.str.strip()]
        if not spaced.empty:
            where = data.lines(data.frame[name].isin(spaced))
            results.append(
                fail(f"{name}, {where}: a space before or after {quoted(spaced)}; remove it.")
            )
    return worst(results)


def filter_level(data: Table, meta: Meta, lists: Lists) -> Result:
    single = [name for name in meta.filters if data.frame[name].nunique() < 2]
    if single:
        return fail(
            f"{opening(columns(single))} has one item only; leave the filter out of "
            f"{meta.name} (the column may stay in the data)."
        )
    return passed()


def total(data: Table, meta: Meta, lists: Lists) -> Result:
    defaults = {}
    if "filter_default" in meta.frame:
        defaults = dict(zip(meta.frame["col_name"], meta.frame["filter_default"], strict=True))
    lacking = [
        name
        for name in meta.filters
        if not data.frame[name]
        .isin([standard().total, defaults.get(name) or standard().total])
        .any()
    ]
    if lacking:
        return advisory(
            f"{opening(columns(lacking))} has no item {standard().total}; add rows of all "
            "items together, if they can be added up."
        )
    return passed()


def filter_group_stripped(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for name in dict.fromkeys(meta.groups.values()):
        alike = same_but_for_signs(data.frame[name])
        if alike:
            where = data.lines(data.frame[name].isin(alike))
            results.append(
                fail(
                    f"{name}, {where}: {quoted(alike)} are alike but for spaces or signs; write "
                    "one group in one way."
                )
            )
    return worst(results)


def duplicate_rows(data: Table, meta: Meta, lists: Lists) -> Result:
    own = [name for name in standard().own_columns if name in data.frame]
    names = dict.fromkeys([*own, *meta.categories])
    # A column of one value tells no rows apart, and looking at it costs most of the time.
    telling = [name for name in names if data.frame[name].nunique() > 1]
    keys = data.frame[telling or list(names)]
    again = keys.duplicated()
    if not again.any():
        return passed()
    return fail(
        f"{opening(data.lines(again))}: the same time, place and filters as a line before; "
        "leave one row for each, or add the filter that tells them apart."
    )
