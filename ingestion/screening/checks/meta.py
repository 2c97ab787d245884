"""Checks on the meta file, and on whether the two files speak of the same columns."""

import pandas as pd

from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table
from ingestion.screening.results import (
    Result,
    advisory,
    columns,
    fail,
    passed,
    quoted,
    warning,
    worst,
)
from ingestion.screening.standard import standard


def invalid_meta_cols(data: Table, meta: Meta, lists: Lists) -> Result:
    known = (*standard().meta_columns, *standard().optional_meta_columns)
    found = [name for name in meta.header if name not in known]
    if found:
        return fail(
            f"{meta.name} has {columns([quoted(found)])}, which the standard does not know. "
            f"Remove it; the standard has {', '.join(known)}."
        )
    return passed()


def col_name_duplicate(data: Table, meta: Meta, lists: Lists) -> Result:
    return _repeated(meta, "col_name", "describe each column once")


def duplicate_label(data: Table, meta: Meta, lists: Lists) -> Result:
    blank = meta.frame["label"].str.strip() == ""
    results = [_repeated(meta, "label", "give each column a label of its own")]
    if blank.any():
        results.append(
            fail(f"{meta.name}, {meta.lines(blank)}: the label is blank; readers see the label.")
        )
    return worst(results)


def _repeated(meta: Meta, column: str, to_do: str) -> Result:
    filled = meta.frame[column] != ""
    twice = meta.frame[column].duplicated(keep=False) & filled
    if not twice.any():
        return passed()
    found = quoted(meta.frame.loc[twice, column].unique())
    return fail(f"{meta.name}, {meta.lines(twice)}: {column} {found} is repeated; {to_do}.")


def meta_to_data_crosscheck(data: Table, meta: Meta, lists: Lists) -> Result:
    named = [*meta.frame["col_name"], *meta.groups.values()]
    lacking = [name for name in dict.fromkeys(named) if name and name not in data.header]
    if lacking:
        return fail(
            f"{data.name} has no {columns(lacking)}, which {meta.name} names. Write names exactly "
            "as in the data file, or remove the rows."
        )
    return passed()


def data_to_meta_crosscheck(data: Table, meta: Meta, lists: Lists) -> Result:
    known = {*standard().own_columns, *meta.frame["col_name"], *meta.groups.values()}
    found = [name for name in data.header if name not in known]
    if found:
        return advisory(
            f"{meta.name} does not describe {columns(found)}; readers will not see what is in it. "
            "Add a row, or leave it out on purpose."
        )
    return passed()


def ob_unit_meta(data: Table, meta: Meta, lists: Lists) -> Result:
    found = [name for name in meta.frame["col_name"] if name in standard().own_columns]
    if found:
        where = meta.lines(meta.frame["col_name"].isin(found))
        return fail(
            f"{meta.name}, {where}: {columns(found)} of time or place; remove the rows, the "
            "standard describes them."
        )
    return passed()


def indicator_grouping(data: Table, meta: Meta, lists: Lists) -> Result:
    return _blank_for(meta, meta.is_filter, "indicator_grouping", "a filter")


def indicator_unit(data: Table, meta: Meta, lists: Lists) -> Result:
    return _blank_for(meta, meta.is_filter, "indicator_unit", "a filter")


def indicator_dp(data: Table, meta: Meta, lists: Lists) -> Result:
    return _blank_for(meta, meta.is_filter, "indicator_dp", "a filter")


def filter_group(data: Table, meta: Meta, lists: Lists) -> Result:
    return _blank_for(meta, meta.is_indicator, "filter_grouping_column", "an indicator")


def _blank_for(meta: Meta, rows: "pd.Series[bool]", column: str, kind: str) -> Result:
    filled = rows & (meta.frame[column] != "")
    if not filled.any():
        return passed()
    found = quoted(meta.frame.loc[filled, column].unique())
    return fail(
        f"{meta.name}, {meta.lines(filled)}: {column} is {found} for {kind}; leave it blank there."
    )


def indicator_unit_validation(data: Table, meta: Meta, lists: Lists) -> Result:
    units = meta.frame["indicator_unit"]
    wrong = meta.is_indicator & (units != "") & ~units.isin(standard().units)
    if not wrong.any():
        return passed()
    return fail(
        f"{meta.name}, {meta.lines(wrong)}: indicator_unit is {quoted(units[wrong].unique())}; "
        f"write one of {', '.join(standard().units)}, or leave it blank for a plain number."
    )


def indicator_dp_validation(data: Table, meta: Meta, lists: Lists) -> Result:
    places = meta.frame["indicator_dp"]
    wrong = meta.is_indicator & (places != "") & ~places.str.fullmatch(r"[0-9]+")
    if not wrong.any():
        return passed()
    return fail(
        f"{meta.name}, {meta.lines(wrong)}: indicator_dp is {quoted(places[wrong].unique())}; "
        "write a whole number of decimal places, 0 or more."
    )


def indicator_dp_completed(data: Table, meta: Meta, lists: Lists) -> Result:
    blank = meta.is_indicator & (meta.frame["indicator_dp"] == "")
    if not blank.any():
        return passed()
    return advisory(
        f"{meta.name}, {meta.lines(blank)}: indicator_dp is blank for "
        f"{quoted(meta.frame.loc[blank, 'col_name'])}; DfE's tables will show two decimal places."
    )


def indicator_group_stripped(data: Table, meta: Meta, lists: Lists) -> Result:
    groups = meta.frame.loc[meta.is_indicator, "indicator_grouping"]
    alike = same_but_for_signs(groups)
    if alike:
        return fail(
            f"{meta.name}: indicator_grouping has {quoted(alike)}, alike but for spaces or signs; "
            "write one group in one way."
        )
    return passed()


def filter_group_duplicate(data: Table, meta: Meta, lists: Lists) -> Result:
    used = pd.Series(meta.groups, dtype="object")
    twice = used[used.duplicated(keep=False)]
    if twice.empty:
        return passed()
    return fail(
        f"{meta.name}: {columns(twice.unique())} groups the filters {quoted(twice.index)}; group "
        "each filter by a column of its own."
    )


def filter_group_is_filter(data: Table, meta: Meta, lists: Lists) -> Result:
    missing = [group for group in meta.groups.values() if group not in meta.filters]
    if missing:
        return warning(
            f"{meta.name}: {columns(missing)} groups a filter and is no filter itself; add a row "
            "for it, so that readers can choose by it."
        )
    return passed()


def same_but_for_signs(texts: pd.Series) -> list[str]:
    """Texts that differ from another only by spaces, signs or letters' size, each way once."""
    ways = pd.Series(texts[texts != ""].unique(), dtype="str")
    plain = ways.str.replace(r"[^A-Za-z0-9]", "", regex=True).str.lower()
    return ways[plain.duplicated(keep=False) & (plain != "")].tolist()
