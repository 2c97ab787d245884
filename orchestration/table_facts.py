"""What an asset's page tells of the Parquet table behind it.

What belongs here: rows, columns, hash, how new the content is, and a few rows to look at. What does
not: what one source or product has to tell (`received.py`, `product_facts.py`).

A preview is kept in Dagster's history, where everybody who opens the UI reads it. So a table has
one only if it is named here, with the columns that may be seen: no list of children, no words of an
authority, no sender, no finding.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.whole import sha256_of

# What says how new a row is, the first of these that a table has: of figures the period, of files
# when they came.
_NEWEST = (
    "period_end",
    "received_at",
    "inspection_end_date",
    "as_of_date",
    "publication_date",
)
_ROWS = 5
HASH = 16
_FIGURE = ("indicator_code", "new_la_code", "period_label", "source", "value")
PREVIEWS: dict[str, tuple[str, ...]] = {
    "return_values": ("sheet", "cell", "measure_code", "unit", "value", "value_status"),
    "published_values": ("dataset", "time_period", "new_la_code", "column_name", "value_text"),
    "published_columns": ("dataset", "header", "column_name", "role"),
    "ofsted_judgements": ("la_name", "judgement_area", "grade_text", "inspection_end_date"),
    "dim_local_authority": ("new_la_code", "la_name", "area_level", "is_london"),
    "dim_indicator": ("indicator_code", "label", "unit", "polarity"),
    "dim_period": ("period_type", "period_label", "period_end"),
    "dim_comparison_group": ("comparison_group", "label", "headline_method"),
    "dim_release": ("release_id", "dataset", "last_period", "received_at"),
    "fct_measure": ("measure_code", *_FIGURE[1:], "value_status"),
    "fct_indicator": (*_FIGURE[:4], "numerator", "denominator", "value", "value_status"),
    "fct_comparison": (*_FIGURE, "comparison_group", "group_value", "rank", "band"),
    "fct_exception": (*_FIGURE, "london_value", "direction"),
    "fct_change": (*_FIGURE, "change_on_previous", "movement"),
    "fct_reconciliation": ("indicator_code", "la_name", "period_label", "difference", "size_class"),
    "fct_inspection": ("new_la_code", "judgement_area", "grade_text", "publication_date"),
    "mart_inspection_summary": ("la_name", "judgement_area", "as_of_date", "pct_good"),
    "mart_restatement": (
        "indicator_code",
        "la_name",
        "period_label",
        "value_before",
        "value_after",
    ),
    "mart_headline": ("new_la_code", "period_label", "kind", "label", "value", "direction"),
    "mart_submission_status": ("la_name", "quarter_label", "measure_code", "submission_state"),
    "mart_tartan_rug": ("label", "la_name", "period_label", "source", "value", "value_status"),
}


def table_metadata(path: Path) -> dict[str, Any]:
    """Everything told of a Parquet file, under the keys that the UI knows where it knows any."""
    schema = pq.read_schema(path)
    columns = [dg.TableColumn(field.name, str(field.type)) for field in schema]
    return {
        "dagster/row_count": dg.MetadataValue.int(pq.read_metadata(path).num_rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns)),
        **content_metadata(path),
    }


def content_metadata(path: Path) -> dict[str, Any]:
    """Of a Parquet file what its rows and columns do not tell: place, hash, how new, a few rows."""
    schema = pq.read_schema(path)
    told: dict[str, Any] = {
        "dagster/uri": dg.MetadataValue.path(str(path)),
        "columns": len(schema),
        "sha256_begins": content_hash(path),
    }
    by = next((name for name in _NEWEST if name in schema.names), None)
    latest = _newest(path, by) if by else None
    if latest is not None:
        told[f"newest_{by}"] = _cell(latest)
    shown = PREVIEWS.get(path.stem)
    if shown:
        told["preview"] = _preview(path, shown, by, latest)
    return told


def content_hash(path: Path) -> str:
    """Enough of a file's SHA-256 to tell two contents apart; a whole one makes every page wide."""
    return sha256_of(path)[:HASH]


def _newest(path: Path, column: str) -> object:
    """The greatest value of a column, None where there is none."""
    return pc.max(pq.read_table(path, columns=[column]).column(0)).as_py()


def _preview(
    path: Path, columns: Sequence[str], by: str | None, latest: object
) -> dg.MarkdownMetadataValue:
    """The first of the newest rows: what has just come is what somebody wants to see."""
    newest = [(by, "=", latest)] if latest is not None else None
    table = pq.read_table(path, columns=list(columns), filters=newest)
    return rows_as_table(columns, (row.values() for row in table.slice(0, _ROWS).to_pylist()))


def made_of(lineage: dg.TableColumnLineage) -> dg.MarkdownMetadataValue:
    """Column lineage to click: the open-source UI has it, but draws it nowhere."""
    rows = (
        [f"`{column}`", ", ".join(f"[{_named(dep)}]({_page(dep.asset_key)})" for dep in deps)]
        for column, deps in lineage.deps_by_column.items()
    )
    return rows_as_table(["Column", "Made of"], rows)


def _named(dep: dg.TableColumnDep) -> str:
    return f"{dep.asset_key.path[-1]}.{dep.column_name}"


def _page(key: dg.AssetKey) -> str:
    return "/".join(["/assets", *key.path])


def rows_as_table(
    headings: Iterable[str], rows: Iterable[Iterable[object]]
) -> dg.MarkdownMetadataValue:
    """A table for a page of the UI; "none" where there are no rows."""
    lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    if not lines:
        return dg.MetadataValue.md("none")
    heads = list(headings)
    top = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return dg.MetadataValue.md("\n".join([*top, *lines]))


def _cell(value: object) -> str:
    if value is None or value != value:  # NaN
        return ""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return " ".join(text.removesuffix(" 00:00:00").replace("|", "\\|").split())
