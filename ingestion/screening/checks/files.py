"""Checks on the two files as files: their names, encoding and whether they are tables at all."""

import re

from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table, meta_beside
from ingestion.screening.results import (
    Result,
    columns,
    fail,
    listed,
    passed,
    quoted,
    warning,
    worst,
)
from ingestion.screening.standard import standard

_UNUSUAL = re.compile(r"[^A-Za-z0-9_\-\s]")


def utf8(data: Table, meta: Meta, lists: Lists) -> Result:
    return worst(
        fail(f"{table.name}: {table.encoding}. Save the file as CSV UTF-8.")
        for table in (data, meta)
        if table.encoding
    )


def naming_convention(data: Table, meta: Meta, lists: Lists) -> Result:
    results = [
        fail(f"{table.name} does not end in .csv. Save it as a CSV and name it so.")
        for table in (data, meta)
        if table.path.suffix.lower() != ".csv"
    ]
    expected = meta_beside(data.path).name
    if meta.name.lower() != expected.lower():
        results.append(fail(f"The meta file is {meta.name}; rename it to {expected}."))
    shouted = [table.name for table in (data, meta) if table.name != table.name.lower()]
    if shouted:
        results.append(
            warning(f"{listed(shouted)}: write file names in lower case, as DfE will show them.")
        )
    return worst(results)


def meta_filename_spaces(data: Table, meta: Meta, lists: Lists) -> Result:
    spaced = [table.name for table in (data, meta) if re.search(r"\s", table.name)]
    if spaced:
        return fail(f"{quoted(spaced)}: write underscores in place of spaces in file names.")
    return passed()


def meta_filename_special_characters(data: Table, meta: Meta, lists: Lists) -> Result:
    signs = {table.name: _UNUSUAL.findall(_stem(table.name)) for table in (data, meta)}
    return worst(
        fail(
            f"{name} has {quoted(dict.fromkeys(found))}. Use letters of English, digits, "
            "underscores and hyphens only."
        )
        for name, found in signs.items()
        if found
    )


def _stem(name: str) -> str:
    """A file's name without .csv or .meta.csv: a point anywhere else is a special character."""
    return re.sub(r"(\.meta)?\.[A-Za-z]+$", "", name)


def data_mandatory_cols(data: Table, meta: Meta, lists: Lists) -> Result:
    return _has_columns(data, standard().mandatory_columns)


def meta_mandatory_cols(data: Table, meta: Meta, lists: Lists) -> Result:
    result = _has_columns(meta, standard().meta_columns)
    if result.result == "FAIL":
        return result
    unnamed = meta.frame["col_name"] == ""
    untyped = ~(meta.is_filter | meta.is_indicator)
    results = []
    if unnamed.any():
        results.append(fail(f"{meta.name}, {meta.lines(unnamed)}: col_name is blank; fill it in."))
    if untyped.any():
        found = quoted(meta.frame.loc[untyped, "col_type"].unique())
        results.append(
            fail(
                f"{meta.name}, {meta.lines(untyped)}: col_type is {found}; write Filter or "
                "Indicator."
            )
        )
    return worst(results)


def _has_columns(table: Table, expected: tuple[str, ...]) -> Result:
    if table.problem:
        return fail(f"{table.name}: {table.problem}. Nothing that needs this file was checked.")
    lacking = [name for name in expected if name not in table.header]
    if lacking and len(table.header) == 1 and re.search(r"[;\t|]", table.header[0]):
        return fail(f"{table.name}: cells are not parted by commas. Save it as comma separated.")
    if lacking:
        found = f"; it has {quoted(table.header)}" if len(table.header) <= len(expected) else ""
        return fail(
            f"{table.name} has no {columns(lacking)}{found}. Add what is missing, under exactly "
            "these names in the first row."
        )
    if table.frame.empty:
        return fail(f"{table.name} has a header and no rows.")
    return passed()


def duplicate_variable_names(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    for table in (data, meta):
        twice = [name for name in dict.fromkeys(table.header) if table.header.count(name) > 1]
        if any(twice):
            results.append(
                fail(
                    f"{table.name} has more than one {columns(filter(None, twice))}. Remove or "
                    "rename all but one."
                )
            )
    return worst(results)


def data_empty_cols(data: Table, meta: Meta, lists: Lists) -> Result:
    results = []
    unnamed = [str(n) for n, name in enumerate(data.header, 1) if not name.strip()]
    if unnamed:
        results.append(
            fail(f"Number {listed(unnamed)} of the columns has no name. Name it or remove it.")
        )
    empty = [
        name
        for position, name in enumerate(data.header)
        if name.strip() and not data.frame.empty and (data.frame.iloc[:, position] == "").all()
    ]
    if empty:
        results.append(fail(f"No row has anything in {columns(empty)}. Remove what is not used."))
    return worst(results)
