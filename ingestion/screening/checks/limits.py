"""Checks on how long names, labels, items and codes are, and on the form of column names."""

import re

import pandas as pd

from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table
from ingestion.screening.results import Result, advisory, fail, passed, quoted, worst
from ingestion.screening.standard import standard

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")


def variable_name_length(data: Table, meta: Meta, lists: Lists) -> Result:
    """Length is what the API refuses; spaces are refused everywhere; snake case is asked for."""
    limits = standard().limits
    named = [name for name in data.header if name]
    labels = [label for label in meta.frame["label"] if len(label) > limits.label]
    long = [name for name in named if len(name) > limits.column_name]
    spaced = [name for name in named if re.search(r"\s", name)]
    odd = [name for name in named if name not in spaced and not _SNAKE_CASE.fullmatch(name)]
    results = []
    if spaced:
        results.append(fail(f"Columns {quoted(spaced)} have spaces; write underscores."))
    if long:
        results.append(
            advisory(
                f"Columns {quoted(long)} have names of more than {limits.column_name} characters; "
                "shorten them for DfE's API."
            )
        )
    if labels:
        results.append(
            advisory(
                f"Labels {quoted(labels)} have more than {limits.label} characters; shorten them "
                "for DfE's API."
            )
        )
    if odd:
        results.append(
            advisory(
                f"Columns {quoted(odd)}: write names in lower case with underscores, a letter "
                "first (snake_case)."
            )
        )
    return worst(results)


def filter_item_length(data: Table, meta: Meta, lists: Lists) -> Result:
    limits = standard().limits
    levels = standard().levels
    names = [level.title for level in levels if level.title in data.frame]
    codes = [code for level in levels for code in level.codes if code in data.frame]
    return worst(
        [_no_longer(data, column, limits.filter_item) for column in [*meta.categories, *names]]
        + [_no_longer(data, column, limits.location_code) for column in codes]
    )


def _no_longer(data: Table, column: str, limit: int) -> Result:
    items = pd.Series(data.frame[column].unique())
    long = items[items.str.len() > limit]
    if long.empty:
        return passed()
    where = data.lines(data.frame[column].isin(long))
    return advisory(
        f"{column}, {where}: {quoted(long)} {'has' if len(long) == 1 else 'have'} more than "
        f"{limit} characters; shorten for DfE's API."
    )
