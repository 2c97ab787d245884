"""Releases of a published dataset made from a table as DfE issues it."""

import pandas as pd

from ingestion.contract import Table
from ingestion.drift import Release
from ingestion.headers import resolve
from ingestion.readers import Sheet
from ingestion.sources import Parsed, published
from ingestion.sources.published_dataset import Recognised


def release(label: str, file: pd.DataFrame, table: Table) -> Release:
    """A file of text, with "" for an empty cell, read as `table`, whatever else it may be like."""
    rows = [list(file.columns), *file.to_numpy().tolist()]
    known = Recognised(table, resolve(rows[0], table.columns, fuzzy=False))
    parsed = Parsed()
    published.take(parsed, known, Sheet("", rows))
    return Release(label, parsed.tables["published_columns"], parsed.tables["published_values"])
