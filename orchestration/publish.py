"""Marts from the warehouse to their readers: Parquet files and `analyst.duckdb`, old or new whole.

Reads the Parquet that dbt staged, never the warehouse file, which only dbt opens. Runs after the
gate on the marts; nothing is computed here.
"""

import hashlib
import json
import shutil
from typing import Any

import duckdb
import pyarrow.parquet as pq

from orchestration.home import DBT_PROJECT, Home

# Readable by DuckDB clients since 1.2; without it a version 2 file opens in version 2 only.
STORAGE_VERSION = "v1.2.0"


PASSED = "passed_the_gate.json"


class GateNotPassed(Exception):
    """The staged marts are not those that the gate let pass."""


def mart_names() -> list[str]:
    """The marts of the dbt project as it is now; a Parquet file left by a removed one is not."""
    nodes = _manifest()["nodes"].values()
    marts = [n["name"] for n in nodes if n["resource_type"] == "model" and n["fqn"][1] == "marts"]
    return sorted(marts)


def let_pass(home: Home) -> None:
    """Note what the gate has seen: publication takes these files and no others.

    Blocking checks hold within one run; somebody who materialises publication alone, after a gate
    has failed, would otherwise publish what it held back.
    """
    (home.staged_marts / PASSED).write_text(json.dumps(_hashes(home)), encoding="utf-8")


def hold_back(home: Home) -> None:
    (home.staged_marts / PASSED).unlink(missing_ok=True)


def _hashes(home: Home) -> dict[str, str]:
    return {
        name: hashlib.sha256((home.staged_marts / f"{name}.parquet").read_bytes()).hexdigest()
        for name in mart_names()
    }


def _manifest() -> dict[str, Any]:
    path = DBT_PROJECT / "target" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def publish(home: Home) -> dict[str, int]:
    """Put every staged mart in its readers' place; returns rows by mart.

    Each file is written beside its place and renamed, `analyst.duckdb` last: a reader sees the old
    file or the new one. Raises GateNotPassed when the staged files are not those the gate passed.
    """
    noted = home.staged_marts / PASSED
    if not noted.exists() or json.loads(noted.read_text(encoding="utf-8")) != _hashes(home):
        raise GateNotPassed(
            "The marts waiting for publication have not passed their gate; run the whole quarter,"
            " or the marts with their checks, before publishing"
        )
    home.marts.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name in mart_names():
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
        connection.execute("use analyst")
        for name in names:
            source = home.marts / f"{name}.parquet"
            rows = f"select * from read_parquet('{_quoted(source)}')"  # noqa: S608 - our own paths
            connection.execute(f'create table analyst."{name}" as {rows}')
        for statement in [*_comments(names), *_known_on(names)]:
            connection.execute(statement)
        connection.execute("use memory")
        connection.execute("detach analyst")
    beside.replace(home.analyst)


def _comments(names: list[str]) -> list[str]:
    """What each table and column is, for SQL clients; from the dbt manifest."""
    models = {n["name"]: n for n in _manifest()["nodes"].values() if n["name"] in names}
    statements = []
    for name, node in models.items():
        table = f'analyst."{name}"'
        statements.append(f"comment on table {table} is '{_quoted(node['description'])}'")
        statements += [
            f"comment on column {table}.\"{column}\" is '{_quoted(spec['description'])}'"
            for column, spec in node["columns"].items()
        ]
    return statements


def _known_on(names: list[str]) -> list[str]:
    """For each mart that keeps its history, `<mart>_known_on(day)`: its rows as they stood then.

    A day ends in London: what came in during the day was known on it.
    """
    statements = []
    for name in names:
        columns = _columns(name)
        if {"known_from", "known_until"} <= columns:
            end = "((cast(day as date) + 1)::timestamp at time zone 'Europe/London')"
            statements.append(
                f'create macro analyst."{name}_known_on"(day) as table '  # noqa: S608 - our names
                f'select * from "{name}" where known_from < {end} '
                f"and (known_until is null or known_until >= {end})"
            )
    return statements


def _columns(name: str) -> set[str]:
    models = (node for node in _manifest()["nodes"].values() if node["name"] == name)
    return {column for node in models for column in node["columns"]}


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
