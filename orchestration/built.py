"""What dbt left in the warehouse: each table's columns and rows, on its asset's page.

What belongs here: reading the warehouse once dbt has ended, as DuckDB lets nobody in before. What
does not: where the columns come from (`column_lineage.py`) and what marts hold (`mart_facts.py`).

dagster-dbt asks the same of dbt's adapter, which it loads into this process, twice for each model:
all of dbt's start again, and more than a second of queries where two are enough.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DbtCliInvocation

# Of a table by its schema and name, what its asset's page tells.
Told = dict[tuple[str, str], dict[str, Any]]


@contextlib.contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse to read, for as long as the block lasts; raises duckdb.Error."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield connection


def with_tables(
    events: Iterable[Any], build: DbtCliInvocation, warehouse: Path, log: Callable[[str], None]
) -> Iterator[Any]:
    """dbt's events, those of tables with their columns and rows, those of views with their columns.

    A warehouse that cannot be read is a line in the log, and never fails the run.
    """
    told: Told | None = None
    for event in events:
        if not isinstance(event, dg.Output):
            yield event
            continue
        if told is None:
            told = _told(warehouse, log)
        node = build.manifest["nodes"][str(event.metadata["unique_id"].value)]
        more = told.get((node["schema"], node["alias"]), {})
        yield event.with_metadata({**event.metadata, **more})


def _told(warehouse: Path, log: Callable[[str], None]) -> Told:
    try:
        with opened(warehouse) as connection:
            columns = connection.sql(
                "select schema_name, table_name, column_name, data_type from duckdb_columns()"
                " where not internal and database_name = current_database()"
                " order by schema_name, table_name, column_index"
            ).fetchall()
            rows = _rows(connection)
    except duckdb.Error as error:
        log(f"Columns and rows of what dbt built are not told: {type(error).__name__}")
        return {}
    schemas: dict[tuple[str, str], list[dg.TableColumn]] = {}
    for schema, table, column, kind in columns:
        schemas.setdefault((schema, table), []).append(dg.TableColumn(column, kind))
    return {
        table: {
            "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(found)),
            "dagster/storage_kind": "duckdb",
            **({"dagster/row_count": rows[table]} if table in rows else {}),
        }
        for table, found in schemas.items()
    }


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """Of every table; a view is a query, which to count would be to run."""
    tables = connection.sql(
        "select schema_name, table_name from duckdb_tables()"
        " where not internal and database_name = current_database()"
    ).fetchall()
    counts = " union all ".join(
        f"select '{schema}', '{table}', count(*) from \"{schema}\".\"{table}\""  # noqa: S608
        for schema, table in tables
    )
    found = connection.sql(counts).fetchall() if counts else []
    return {(schema, table): rows for schema, table, rows in found}
