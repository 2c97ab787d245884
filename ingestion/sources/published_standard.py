"""What DfE's open data standard lays down for every file, and what of it is read here.

The standard columns and their values only; datasets are contracts, and nothing here reads a file.
Source: DfE analysts' guide, "Open data standards".
"""

import re

import pandas as pd

from ingestion.contract import Column, Table

PERIOD = r"20\d\d(?:\d\d)?"
LEVELS = ("National", "Regional", "Local authority")
# DfE's words for a whole year, and the last day of each (MM-DD). A "reporting year" is whatever the
# dataset says it is. Parts of a year (terms, quarters, months) belong to no yearly figure.
YEARS = {
    "Calendar year": "12-31",
    "Academic year": "08-31",
    "Financial year": "03-31",
    "Reporting year": None,
}
KEYS = [
    "time_period",
    "time_identifier",
    "geographic_level",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
]
JOINT = " / "  # "E09000021 / E09000027": one row for two authorities that share a service


def filters_in(cells: pd.DataFrame, table: Table) -> list[Column]:
    return [c for c in table.columns if c.role == "filter" and c.name in cells]


def filter_key(cells: pd.DataFrame, table: Table) -> pd.Series:
    """The categories of each row as one text: `name=category; name=category`."""
    key = pd.Series("", index=cells.index, dtype="string")
    for column in filters_in(cells, table):
        key = key.str.cat(column.name + "=" + cells[column.name].fillna(""), sep="; ")
    return key.str.removeprefix("; ")


def filters_of(key: str) -> list[str]:
    """The names of the filters in a filter key."""
    return re.findall(r"(?:^|; )(\w+)=", key)
