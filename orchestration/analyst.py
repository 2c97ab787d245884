"""`analyst.duckdb`: the published marts as tables, views in plain words, comments on everything.

A view is one file of `dbt_project/analyst_views/`: its first line says what it is, `-- column:
text` what each column is, the rest is one query on the marts. `waivers_used()` lists the waivers
under which these marts were published, which no mart can know. Nothing child-level is in the marts,
so nothing child-level is here. What is published, and when, is `publish.py`'s business.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from exports.release.accepted import accepted
from orchestration.home import DBT_PROJECT

# Readable by DuckDB clients since 1.2; without it a version 2 file opens in version 2 only.
STORAGE_VERSION = "v1.2.0"
VIEWS = DBT_PROJECT / "analyst_views"

_COLUMN_COMMENT = re.compile(r"^-- (\w+): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class View:
    """One question that analysts often ask: its columns with what they are, and its query."""

    name: str
    title: str
    columns: dict[str, str]
    query: str


def views() -> list[View]:
    return [_view(path.stem, path.read_text(encoding="utf-8")) for path in sorted(VIEWS.glob("*"))]


def _view(name: str, text: str) -> View:
    title = text.splitlines()[0].removeprefix("-- ")
    return View(name, title, dict(_COLUMN_COMMENT.findall(text)), text)


@contextlib.contextmanager
def written(path: Path, marts: Path, models: dict[str, dict[str, Any]]) -> Iterator[None]:
    """Write the file anew beside its place; it takes it where the block ends well.

    `models` are the manifest's nodes of the marts by name; `<name>.parquet` of each is read from
    `marts`. Who has the old file open reads it on, whole; who opens it next reads the new one.
    """
    beside = path.with_name(f".{path.name}.tmp")
    for left_over in (beside, beside.with_name(f"{beside.name}.wal")):
        left_over.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{_quoted(beside)}' as analyst (storage_version '{STORAGE_VERSION}')"
        )
        # At once: each statement by itself would be written to disk before the next.
        connection.execute("use analyst; begin")
        for name in models:
            source = _quoted(marts / f"{name}.parquet")
            rows = f"select * from read_parquet('{source}')"  # noqa: S608 - our own paths
            connection.execute(f'create table "{name}" as {rows}')
        used = [told["waiver_id"] for told in accepted(marts)]
        for statement in [
            *_comments(models),
            *_known_on(models),
            _waivers_used(used),
            *_views(),
        ]:
            connection.execute(statement)
        connection.execute("commit; use memory")
        connection.execute("detach analyst")
    yield
    beside.replace(path)


def _comments(models: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What each table and column is, for SQL clients; from the dbt manifest."""
    for name, node in models.items():
        yield f"comment on table \"{name}\" is '{_quoted(node['description'])}'"
        for column, spec in node["columns"].items():
            text = _quoted(spec["description"])
            yield f'comment on column "{name}"."{column}" is \'{text}\''


def _known_on(models: dict[str, dict[str, Any]]) -> Iterator[str]:
    """For each mart that keeps its history, `<mart>_known_on(day)`: its rows as they stood then.

    A day ends in London: what came in during the day was known on it.
    """
    end = "((cast(day as date) + 1)::timestamp at time zone 'Europe/London')"
    for name, node in models.items():
        if {"known_from", "known_until"} <= node["columns"].keys():
            yield (
                f'create macro "{name}_known_on"(day) as table '  # noqa: S608 - our names
                f'select * from "{name}" where known_from < {end} '
                f"and (known_until is null or known_until >= {end})"
            )


def _waivers_used(names: list[str]) -> str:
    listed = ", ".join(f"'{_quoted(name)}'" for name in names)
    return f"create macro waivers_used() as cast([{listed}] as varchar[])"


def _views() -> Iterator[str]:
    for view in views():
        yield f'create view "{view.name}" as {view.query}'
        yield f"comment on view \"{view.name}\" is '{_quoted(view.title)}'"
        for column, text in view.columns.items():
            yield f'comment on column "{view.name}"."{column}" is \'{_quoted(text)}\''


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
