"""The cross-regional feed for Data to Insight: the RIIA set by authority, and what to compare with.

An open data pair, the same rows as typed Parquet, and `datapackage.json`, a Frictionless data
package that describes both. Beside each authority's figure stand London's, that of its statistical
neighbours (of those that return to LIIA), both over the permitted authorities alone, and England's
latest published one with its year. A change of a column's name, type or meaning raises `SCHEMA`.
"""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from exports import riia_set
from exports.files import Content
from exports.marts import ENGLAND, LONDON, product_settings, read_mart
from exports.pooled import pooled
from exports.protected import multipliers, quarter_figures
from exports.release.audience import Audience
from exports.rounding import fixed, plain, rounded_value
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

PRODUCT = "d2i"
MARTS = riia_set.MARTS

# Columns are named after the region, here as in product_columns.csv: london_value.
_OWN = REGION.slug
# The region and neighbours are pooled where an authority is not in them.
_POOLED = (
    "fct_indicator.value",
    "fct_indicator.numerator",
    "fct_indicator.denominator",
    "dim_indicator.multiplier",
    "dim_indicator.decimals",
)
ORIGINS: dict[str, tuple[str, ...]] = {
    **riia_set.ORIGINS,
    f"{_OWN}_value": _POOLED,
    f"{_OWN}_authorities": ("fct_indicator.n_authorities",),
    "neighbours_value": _POOLED[1:],
    "neighbours_used": ("fct_indicator.new_la_code",),
    "england_value": ("fct_indicator.value", "dim_indicator.decimals"),
    "england_time_period": ("fct_indicator.period_label",),
}

SCHEMA = "1.0"

# What a column holds in Parquet; all others are text. Nothing is null where there is a number.
_NUMBERS = ["numerator", "denominator", "value", f"{_OWN}_value", "neighbours_value"]
_NUMBERS += ["england_value"]
_WHOLE = [f"{_OWN}_authorities", "neighbours_used", "england_time_period"]


def d2i_content(marts: Path, quarter: Quarter, audience: Audience) -> Content:
    """CSV, meta, Parquet and package descriptor; nothing where the quarter has no returns."""
    given = quarter_figures(marts, quarter, audience)
    figures = given.rows
    if figures.empty:
        return Content({})
    rows = riia_set.grid(marts, PRODUCT, quarter, figures, audience.authorities)
    rows = rows[rows["new_la_code"] != LONDON]
    rows = _with_london(rows, figures)
    rows = _with_neighbours(rows, figures, multipliers(marts))
    rows = _with_england(rows, marts)
    columns = riia_set.columns_of(PRODUCT)
    stem = riia_set.stem_of("riia_d2i", quarter, figures["release_id"])
    return Content(
        {
            **riia_set.open_data_pair(stem, _text(rows), columns),
            f"{stem}.parquet": _parquet(rows, columns),
            "datapackage.json": _package(stem, quarter, columns),
        },
        given.releases,
        given.for_all(audience),
    )


def _with_london(rows: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    london = figures[figures["new_la_code"] == LONDON].set_index("indicator_code")
    return rows.join(
        london[["numerator", "denominator", "value", "n_authorities"]]
        .add_prefix(f"{_OWN}_")
        .rename(columns={f"{_OWN}_n_authorities": f"{_OWN}_authorities"}),
        on="indicator_code",
    )


def _with_neighbours(
    rows: pd.DataFrame, figures: pd.DataFrame, by_indicator: pd.Series
) -> pd.DataFrame:
    """The neighbours that return to LIIA and may be in it, pooled for each authority."""
    model = seed("reference/statistical_neighbours")
    model = model[model["model_version"] == model["model_version"].max()]
    pairs = model[["new_la_code", "neighbour_la_code"]].rename(columns={"new_la_code": "owner"})
    of_each = figures.merge(pairs, left_on="new_la_code", right_on="neighbour_la_code")
    together = pooled(of_each, ["owner", "indicator_code"], by_indicator)
    together = together.rename(columns={"n_authorities": "used"}).add_prefix("neighbours_")
    together.index = together.index.set_names(["new_la_code", "indicator_code"])
    rows = rows.join(together, on=["new_la_code", "indicator_code"])
    return rows.assign(neighbours_used=rows["neighbours_used"].fillna(0))


def _with_england(rows: pd.DataFrame, marts: Path) -> pd.DataFrame:
    """England's newest published figure that is a number, and the year it is of."""
    england = read_mart(
        marts,
        "fct_indicator",
        ["indicator_code", "period_label", "period_end", "numerator", "denominator", "value"],
        [
            ("source", "==", "published"),
            ("is_current", "==", True),
            ("new_la_code", "==", ENGLAND),
            ("value_status", "==", "ok"),
        ],
    )
    newest = england.sort_values("period_end").drop_duplicates("indicator_code", keep="last")
    newest = newest.assign(time_period=newest["period_label"].str.replace("-", ""))
    newest = newest.set_index("indicator_code").drop(columns=["period_label", "period_end"])
    return rows.join(newest.add_prefix("england_"), on="indicator_code")


def _text(rows: pd.DataFrame) -> pd.DataFrame:
    text = riia_set.printed(rows)
    for whose in (_OWN, "neighbours", "england"):
        rounded = _rounded(rows, whose)
        text[f"{whose}_value"] = fixed(rounded, rows["decimals"]).where(rounded.notna(), "x")
    for name in _WHOLE:
        text[name] = plain(pd.to_numeric(rows[name])).replace("", "x")
    return text


def _rounded(rows: pd.DataFrame, whose: str) -> pd.Series:
    value, numerator, denominator = (
        rows[f"{whose}_{part}"].astype(float) for part in ("value", "numerator", "denominator")
    )
    return rounded_value(value, numerator, denominator, rows["multiplier"], rows["decimals"])


def _parquet(rows: pd.DataFrame, columns: pd.DataFrame) -> bytes:
    """The CSV's columns with their types, and `value_status` in place of symbols; unrounded."""
    names = [name for name in columns["column_name"] if name in _NUMBERS + _WHOLE]
    typed = rows.assign(
        **riia_set.printed(rows)[["indicator", "unit"]],
        **{name: pd.to_numeric(rows[name]).astype(float) for name in names},
    )
    fields = [pa.field(name, _arrow(name)) for name in [*columns["column_name"], "value_status"]]
    table = pa.Table.from_pandas(
        typed[[field.name for field in fields]].convert_dtypes(dtype_backend="pyarrow"),
        schema=pa.schema(fields, metadata={"schema_version": SCHEMA}),
        preserve_index=False,
    )
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()


def _arrow(name: str) -> pa.DataType:
    return pa.float64() if name in _NUMBERS else pa.int64() if name in _WHOLE else pa.string()


def _package(stem: str, quarter: Quarter, columns: pd.DataFrame) -> str:
    """The Frictionless data package of the CSV and the Parquet file (specs.frictionlessdata.io)."""
    settings = product_settings(PRODUCT)
    symbols = seed("registry/value_statuses")["dfe_symbol"]
    key = ["time_period", "time_identifier", "new_la_code", "indicator_code"]
    fields = [
        _field(str(name), str(label), str(hint))
        for name, label, hint in zip(
            columns["column_name"], columns["label"], columns["filter_hint"], strict=True
        )
    ]
    status = {
        "name": "value_status",
        "type": "string",
        "title": "Status of the value",
        "constraints": {"enum": sorted(seed("registry/value_statuses")["value_status"])},
    }
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": stem.replace("_", "-"),
        "title": f"{settings['title']}, {quarter.label}",
        "description": f"{settings['description']}. {settings['marking']}.",
        "version": SCHEMA,
        "resources": [
            {
                "name": "figures",
                "profile": "tabular-data-resource",
                "path": f"{stem}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": fields,
                    "missingValues": sorted(set(symbols) - {""}),
                    "primaryKey": key,
                },
            },
            {
                "name": "figures-typed",
                "path": f"{stem}.parquet",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "schema": {"fields": [*fields, status], "primaryKey": key},
            },
        ],
    }
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def _field(name: str, label: str, hint: str) -> dict[str, str]:
    kind = "number" if name in _NUMBERS else "integer" if name in _WHOLE else "string"
    field = {"name": name, "type": kind, "title": label}
    return field | ({"description": hint} if hint else {})
