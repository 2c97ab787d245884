"""Releases of a published dataset made from a table as DfE issues it."""

import pandas as pd

from ingestion import conform
from ingestion.contract import Table, contract
from ingestion.drift import Release
from ingestion.headers import normalise, resolve
from ingestion.sources.published_standard import KEYS


def release(label: str, file: pd.DataFrame, table: Table) -> Release:
    """A file of text, with "" for an empty cell, as the pipeline hands it to `compare`."""
    file = file.reset_index(drop=True)
    known = resolve(list(file.columns), table.columns, fuzzy=False).positions
    names = {position: name for name, position in known.items()}
    roles = {column.name: column.role for column in table.columns}
    columns = pd.DataFrame(
        {
            "position": range(len(file.columns)),
            "header": file.columns,
            "column_name": [
                names.get(i, normalise(header)) for i, header in enumerate(file.columns)
            ],
        }
    )
    columns["role"] = columns["column_name"].map(roles).fillna("unknown")
    named = file.set_axis(list(columns["column_name"]), axis=1).astype("string")
    figures = columns["column_name"][columns["role"].isin(["indicator", "unknown"])]
    filters = columns["column_name"][columns["role"] == "filter"].sort_values()
    lines = named.reindex(columns=KEYS).fillna("")
    lines["filter_key"] = ""
    for name in filters:
        lines["filter_key"] += "; " + name + "=" + named[name]
    lines["filter_key"] = lines["filter_key"].str.removeprefix("; ")
    lines["row"] = range(2, len(file) + 2)
    cells = lines.join(named[list(figures)]).melt(
        [*KEYS, "filter_key", "row"], var_name="column_name", value_name="value_text"
    )
    text = cells["value_text"].replace("", pd.NA)
    status = text.str.lower().map(contract("published").symbols)
    value = conform.numbers(text.mask(status.notna()))
    status = status.mask(value.notna(), "ok").mask(text.isna(), "x").fillna("failed")
    return Release(label, columns, cells.assign(value_text=text, value=value, value_status=status))
