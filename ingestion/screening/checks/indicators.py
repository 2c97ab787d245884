"""Checks on the cells of indicators: a number, or a symbol that says why there is none."""

import pandas as pd

from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table
from ingestion.screening.results import Result, advisory, fail, passed, quoted, worst
from ingestion.screening.standard import standard

# Groups that do not capture: with others pandas leaves Arrow and takes five times as long.
_NUMBER = r"\s*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*"
_TEXT_UNIT = "numberstring"


def blanks_indicators(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for name in meta.indicators:
        blank = data.frame[name].str.strip() == ""
        if blank.any():
            results.append(
                fail(
                    f"{name}, {data.lines(blank)}: the cell is blank; write the number, or z where "
                    "none applies, x where it is not available, c where it is confidential."
                )
            )
    return worst(results)


def obsolete_symbols(data: Table, meta: Meta, lists: Lists) -> Result:
    obsolete = standard().obsolete_symbols
    results = []
    for name in meta.indicators:
        found = data.frame[name].isin(list(obsolete))
        if found.any():
            signs = data.frame.loc[found, name].unique()
            now = ", ".join(f"{obsolete[sign]} for “{sign}”" for sign in signs)
            results.append(
                advisory(f"{name}, {data.lines(found)}: {quoted(signs)} is obsolete; write {now}.")
            )
    return worst(results)


def no_data_symbols(data: Table, meta: Meta, lists: Lists) -> Result:
    """Words for no data are asked to be symbols; anything else that is no number is refused."""
    known = {"", *standard().symbols, *standard().obsolete_symbols}
    units = dict(zip(meta.frame["col_name"], meta.frame["indicator_unit"], strict=True))
    results = []
    for name in meta.indicators:
        cells = data.frame[name]
        unusual = ~(cells.isin(known) | cells.str.fullmatch(_NUMBER) | (cells.str.strip() == ""))
        in_words = unusual & cells.str.strip().str.lower().isin(standard().no_data_words)
        results.append(_said_in_words(data, name, in_words))
        if units[name] != _TEXT_UNIT:
            results.append(_no_number(data, name, unusual & ~in_words))
    return worst(results)


def _said_in_words(data: Table, name: str, rows: "pd.Series[bool]") -> Result:
    if not rows.any():
        return passed()
    return advisory(
        f"{name}, {data.lines(rows)}: {quoted(data.frame.loc[rows, name].unique())}; write z where "
        "none applies, x where it is not available."
    )


def _no_number(data: Table, name: str, rows: "pd.Series[bool]") -> Result:
    if not rows.any():
        return passed()
    return fail(
        f"{name}, {data.lines(rows)}: {quoted(data.frame.loc[rows, name].unique())} is neither a "
        f"number nor a symbol ({', '.join(standard().symbols)}); write the plain number, without "
        "commas, % or £."
    )
