"""Whole files of a published dataset as DfE issues them: all columns, categories and of London."""

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd

from ingestion.contract import contract
from ingestion.registry import seed
from ingestion.sources.published_dataset import categories, own_columns

STANDARD = [c.name for c in contract("published").tables[0].columns if c.role == "standard"]


def whole_file(dataset: str, years: Iterable[int] = (2023, 2024)) -> pd.DataFrame:
    """A file as text, every figure another number; columns by their headers of issue."""
    table = contract("published").table(dataset)
    london = seed("reference/local_authorities").query("is_london == 'true'")
    areas = pd.concat(
        [
            pd.DataFrame({"geographic_level": ["National"]}),
            pd.DataFrame({"geographic_level": ["Regional"], "region_code": ["E12000007"]}),
            london.assign(geographic_level="Local authority")[
                ["geographic_level", "old_la_code", "new_la_code", "la_name"]
            ].sort_values("new_la_code"),
        ],
        ignore_index=True,
    )
    own = own_columns(table)
    filters = [column for column in own if column.role != "indicator"]
    held = [categories(column) for column in filters]
    keys = pd.DataFrame(
        list(product(map(str, years), range(len(areas)), *held)),
        columns=["time_period", "area", *(column.headers[0] for column in filters)],
    )
    file = keys.join(areas, on="area").drop(columns="area")
    file["time_identifier"] = "Reporting year" if table.year_end else "Calendar year"
    file["country_code"], file["country_name"] = "E92000001", "England"
    figures = [column.headers[0] for column in own if column.role == "indicator"]
    # A figure changes little from year to year, as real ones do, and never repeats.
    year = file["time_period"].astype(int).to_numpy()
    place = file.groupby("time_period").cumcount().to_numpy()
    for i, header in enumerate(figures):
        file[header] = (100 + 31 * place + 7919 * i + (year - 2020)).astype(str)
    headers = [name for name in STANDARD if name in file or name.startswith("region")]
    file = file.reindex(columns=[*headers, *(c.headers[0] for c in filters), *figures])
    return file.astype("string").fillna("")


def text(file: pd.DataFrame) -> str:
    return file.to_csv(index=False)


def nudged(file: pd.DataFrame, columns: Iterable[str], factor: float) -> pd.DataFrame:
    """The file with figures multiplied: a revision."""
    changed = file.copy()
    for column in columns:
        changed[column] = np.round(changed[column].astype(float) * factor).astype(int).astype(str)
    return changed
