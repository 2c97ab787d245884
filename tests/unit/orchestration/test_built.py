"""What an asset's page tells of a table that dbt left in the warehouse."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dagster as dg
import duckdb
import pytest
from dagster_dbt import DbtCliInvocation

from orchestration.built import with_tables

NODES = {
    f"model.liia.{name}": {"schema": "core", "alias": name} for name in ("figures", "seen", "gone")
}
BUILD = cast(DbtCliInvocation, SimpleNamespace(manifest={"nodes": NODES}))


def output(name: str) -> dg.Output[Any]:
    return dg.Output(None, name, metadata={"unique_id": f"model.liia.{name}"})


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "liia.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema core")
        connection.execute("create schema elsewhere")
        connection.execute("create table core.figures (code varchar, value decimal(10, 2))")
        connection.execute("insert into core.figures values ('a', 1), ('b', null)")
        connection.execute("create view core.seen as select code from core.figures")
        connection.execute("create table elsewhere.figures (other integer)")
    return path


def columns(event: dg.Output[Any]) -> list[tuple[str, str]]:
    schema = cast(Any, event.metadata["dagster/column_schema"]).schema
    return [(column.name, column.type) for column in schema.columns]


def test_a_table_has_its_columns_and_rows_and_a_view_its_columns(warehouse: Path) -> None:
    figures, seen = with_tables([output("figures"), output("seen")], BUILD, warehouse, pytest.fail)
    assert columns(figures) == [("code", "VARCHAR"), ("value", "DECIMAL(10,2)")]
    assert figures.metadata["dagster/row_count"].value == 2
    assert columns(seen) == [("code", "VARCHAR")]
    assert "dagster/row_count" not in seen.metadata


def test_what_is_no_table_passes_as_it_is(warehouse: Path) -> None:
    check = dg.AssetCheckResult(passed=True, check_name="c")
    same, gone = with_tables([check, output("gone")], BUILD, warehouse, pytest.fail)
    assert same is check
    assert set(gone.metadata) == {"unique_id"}


def test_a_warehouse_that_cannot_be_read_is_a_line_in_the_log(tmp_path: Path) -> None:
    broken = tmp_path / "liia.duckdb"
    broken.write_bytes(b"no warehouse")
    log: list[str] = []
    (event,) = with_tables([output("figures")], BUILD, broken, log.append)
    assert set(event.metadata) == {"unique_id"}
    assert len(log) == 1
