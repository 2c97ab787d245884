"""Marts from the warehouse to their readers: Parquet files and `analyst.duckdb`, old or new whole.

Reads the Parquet that dbt staged, never the warehouse file, which only dbt opens. Runs after the
gate on the marts; nothing is computed here.
"""

import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.home import DBT_PROJECT, Home

# Readable by DuckDB clients since 1.2; without it a version 2 file opens in version 2 only.
STORAGE_VERSION = "v1.2.0"


def mart_names(staged: Path) -> list[str]:
    return sorted(path.stem for path in staged.glob("*.parquet"))


def publish(home: Home) -> dict[str, int]:
    """Put every staged mart in its readers' place; returns rows by mart.

    Each file is written beside its place and renamed, `analyst.duckdb` last: a reader sees the old
    file or the new one.
    """
    home.marts.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name in mart_names(home.staged_marts):
        source = home.staged_marts / f"{name}.parquet"
        beside = home.marts / f".{name}.parquet.tmp"
        shutil.copyfile(source, beside)
        beside.replace(home.marts / f"{name}.parquet")
        rows[name] = pq.read_metadata(source).num_rows
    _write_analyst(home, list(rows))
    return rows


def _write_analyst(home: Home, names: list[str]) -> None:
    beside = home.analyst.with_name(f".{home.analyst.name}.tmp")
    beside.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{_quoted(beside)}' as analyst (storage_version '{STORAGE_VERSION}')"
        )
        for name in names:
            source = home.marts / f"{name}.parquet"
            rows = f"select * from read_parquet('{_quoted(source)}')"  # noqa: S608 - our own paths
            connection.execute(f'create table analyst."{name}" as {rows}')
        for statement in _comments(names):
            connection.execute(statement)
        connection.execute("detach analyst")
    beside.replace(home.analyst)


def _comments(names: list[str]) -> list[str]:
    """What each table and column is, for SQL clients; from the dbt manifest."""
    manifest = json.loads((DBT_PROJECT / "target" / "manifest.json").read_text(encoding="utf-8"))
    models = {node["name"]: node for node in manifest["nodes"].values() if node["name"] in names}
    statements = []
    for name, node in models.items():
        table = f'analyst."{name}"'
        statements.append(f"comment on table {table} is '{_quoted(node['description'])}'")
        statements += [
            f"comment on column {table}.\"{column}\" is '{_quoted(spec['description'])}'"
            for column, spec in node["columns"].items()
        ]
    return statements


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
