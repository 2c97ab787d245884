"""Checks on time_period and time_identifier."""

import pandas as pd

from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table
from ingestion.screening.results import Result, fail, passed, quoted, worst
from ingestion.screening.standard import standard


def time_identifier(data: Table, meta: Meta, lists: Lists) -> Result:
    known = [name for group in standard().time_identifiers for name in group.names]
    found = data.frame["time_identifier"]
    wrong = ~found.isin(known)
    if not wrong.any():
        return passed()
    return fail(
        f"time_identifier, {data.lines(wrong)}: {quoted(found[wrong].unique())}; write one of the "
        f"standard's exactly, such as {quoted(_nearest(found[wrong].iloc[0], known))}."
    )


def _nearest(value: str, known: list[str]) -> list[str]:
    same = [name for name in known if name.lower() == value.strip().lower()]
    return same or ["Financial year Q1", "Financial year", "Academic year"]


def time_identifier_mix(data: Table, meta: Meta, lists: Lists) -> Result:
    found = data.frame["time_identifier"].unique()
    groups = [
        group.names
        for group in standard().time_identifiers
        if any(name in group.names for name in found)
    ]
    if len(groups) > 1:
        return fail(
            f"time_identifier has {quoted(found)}, which may not stand in one file; write a file "
            "for each, or use a filter for parts of a year."
        )
    return passed()


def time_period_six(data: Table, meta: Meta, lists: Lists) -> Result:
    digits = {name: group.digits for group in standard().time_identifiers for name in group.names}
    pairs = data.frame[["time_period", "time_identifier"]].drop_duplicates()
    period, expected = pairs["time_period"], pairs["time_identifier"].map(digits)
    is_number = period.str.fullmatch(r"[0-9]{4}|[0-9]{6}")
    fits = is_number & (period.str.len() == expected)
    six = is_number & (period.str.len() == 6)
    in_a_row = ~six | (
        (pd.to_numeric(period.where(six).str[2:4]) + 1) % 100
        == pd.to_numeric(period.where(six).str[4:6])
    )
    return worst(
        [
            _wrong(data, pairs[~in_a_row], "six digits are two years in a row, such as 202526"),
            *(
                _wrong(
                    data,
                    pairs[~fits & in_a_row & (expected == number)],
                    f"write {number} digits for this time_identifier, such as {example}",
                )
                for number, example in ((4, "2025"), (6, "202526"))
            ),
        ]
    )


def _wrong(data: Table, pairs: pd.DataFrame, to_do: str) -> Result:
    if pairs.empty:
        return passed()
    rows = data.frame["time_period"].isin(pairs["time_period"])
    rows &= data.frame["time_identifier"].isin(pairs["time_identifier"])
    return fail(
        f"time_period, {data.lines(rows)}: {quoted(pairs['time_period'].unique())}; {to_do}."
    )
