"""Checks against what DfE calls things: its data dictionary, harmonised names, ethnic groups."""

import re
from collections.abc import Iterator

import pandas as pd
from rapidfuzz import fuzz, process

from ingestion.screening.lists import DICTIONARY, Lists
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

_NEAR = 75
_ETHNIC = "ethnic"


def check_data_dictionary_col_name(data: Table, meta: Meta, lists: Lists) -> Result:
    known = lists.dictionary()
    if known is None:
        return _no_dictionary()
    names = list(dict.fromkeys([*meta.frame["col_name"], *meta.groups.values()]))
    unknown = [name for name in names if name not in set(known["col_name"])]
    if not unknown:
        return passed()
    return advisory(
        f"DfE's data dictionary has no {columns(unknown)}{_near(unknown[0], known['col_name'])}; "
        "use its names where one fits."
    )


def check_data_dictionary_filter_item(data: Table, meta: Meta, lists: Lists) -> Result:
    known = lists.dictionary()
    if known is None:
        return _no_dictionary()
    results = []
    for name in meta.categories:
        items = known.loc[known["col_name"] == name, "filter_item"]
        items = items[items != ""]
        if items.empty:
            continue  # A column that the dictionary does not know is the other check's.
        found = data.frame[name]
        unknown = ~found.isin([*items, standard().total, ""])
        if unknown.any():
            wrong = found[unknown].unique()
            results.append(
                advisory(
                    f"{name}, {data.lines(unknown)}: {quoted(wrong)}, not in DfE's data "
                    f"dictionary{_near(wrong[0], items)}; use its items where one fits."
                )
            )
    return worst(results)


def _near(value: str, known: pd.Series) -> str:
    found = process.extractOne(value, known.unique(), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return f" (nearest to {quoted([value])}: {quoted([found[0]])})" if found else ""


def _no_dictionary() -> Result:
    return advisory(
        f"Not checked: {DICTIONARY}.csv, DfE's data dictionary, is not there; name its folder with "
        "--lists."
    )


def standard_filter_headers(data: Table, meta: Meta, lists: Lists) -> Result:
    harmonised = lists.harmonised_names()
    every = {name for names in harmonised.values() for name in names}
    wanted: dict[str, list[str]] = {}
    for name in meta.categories:
        for word, names in harmonised.items():
            # At the start of a word: “chosen_option” has nothing to do with “sen_”.
            if name not in every and re.search(rf"(?:^|_){re.escape(word)}", name.lower()):
                wanted.setdefault(name, names)
    if not wanted:
        return passed()
    meant = "; ".join(f"{quoted([name])} to {' or '.join(names)}" for name, names in wanted.items())
    return fail(f"DfE has harmonised names for these filters: rename {meant}.")


def variable_characteristic(data: Table, meta: Meta, lists: Lists) -> Result:
    found = [name for name in data.header if "characteristic" in name.lower()]
    if found:
        return advisory(
            f"{opening(columns(found))}: name the characteristic (a filter for each), or use "
            "breakdown_topic and breakdown."
        )
    return passed()


def ethnicity_values(data: Table, meta: Meta, lists: Lists) -> Result:
    groups = lists.ethnic_groups()
    names = [name for name in groups.columns if name in data.frame]
    if not names:
        return passed()
    found = data.frame[names].drop_duplicates()
    wrong = found.merge(groups[names].drop_duplicates(), how="left", indicator="listed")
    wrong = wrong.loc[wrong["listed"] == "left_only", names]
    if wrong.empty:
        return passed()
    shown = quoted(": ".join(row) for row in wrong.itertuples(index=False))
    return advisory(
        f"{opening(columns(names))}: {shown}, not among the harmonised ethnic groups; write "
        "them as the Government Statistical Service does."
    )


def ethnicity_characteristic_group(data: Table, meta: Meta, lists: Lists) -> Result:
    allowed = lists.harmonised_names().get(_ETHNIC, [])
    results = []
    for _, topic in _characteristics(data):
        items = data.frame[topic].drop_duplicates()
        items = items[items.str.contains(_ETHNIC, case=False)]
        wrong = items[~items.map(_as_name).isin(allowed)]
        if not wrong.empty:
            where = data.lines(data.frame[topic].isin(wrong))
            right = quoted(name.replace("_", " ").capitalize() for name in allowed)
            results.append(fail(f"{topic}, {where}: {quoted(wrong)}; write one of {right}."))
    return worst(results)


def ethnicity_characteristic_values(data: Table, meta: Meta, lists: Lists) -> Result:
    groups = lists.ethnic_groups()
    results = []
    for value, topic in _characteristics(data):
        pairs = data.frame[[topic, value]].drop_duplicates()
        kind = pairs[topic].map(_as_name)
        for name in groups.columns:
            wrong = pairs.loc[(kind == name) & ~pairs[value].isin(groups[name]), value]
            if not wrong.empty:
                where = data.lines(data.frame[value].isin(wrong))
                results.append(
                    advisory(
                        f"{value}, {where}: {quoted(wrong)}, not among the harmonised ethnic "
                        f"groups ({name}); write them as the Government Statistical Service does."
                    )
                )
    return worst(results)


def _characteristics(data: Table) -> Iterator[tuple[str, str]]:
    """The columns of the file that hold many characteristics at once, each with its topic."""
    for value, topic in standard().characteristic_columns.items():
        if value in data.frame and topic in data.frame:
            yield value, topic


def _as_name(text: str) -> str:
    return text.strip().lower().replace(" ", "_")
