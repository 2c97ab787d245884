"""Column lineage of dbt models: what a column is made of, and that it never fails a run."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from orchestration.column_lineage import stored_columns, trace, with_column_lineage

A, B = '"liia"."staging"."a"', '"liia"."staging"."b"'
UPSTREAM = {A: ["code", "value", "day"], B: ["code", "label"]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(
            "with s as (select code, value * 2 as twice from liia.staging.a)"
            " select code, twice + 1 as n from s",
            {"code": {(A, "code")}, "n": {(A, "value")}},
            id="through a CTE",
        ),
        pytest.param(
            "with a as (select * from liia.staging.a), b as (select * from liia.staging.b) "
            "select a.value, b.label, coalesce(a.code, b.code) as code "
            "from a left join b on a.code = b.code and a.day is not null",
            {
                "value": {(A, "value")},
                "label": {(B, "label")},
                "code": {(A, "code"), (B, "code")},
            },
            id="a join, whose condition is no part of a value",
        ),
        pytest.param(
            "select * exclude (day) replace (value + 1 as value) from liia.staging.a",
            {"code": {(A, "code")}, "value": {(A, "value")}},
            id="star with exclude and replace",
        ),
        pytest.param(
            "select label, code from liia.staging.b"
            " union all by name select code, value, day from liia.staging.a",
            {
                "label": {(B, "label")},
                "code": {(A, "code"), (B, "code")},
                "value": {(A, "value")},
                "day": {(A, "day")},
            },
            id="union by name of different columns",
        ),
        pytest.param(
            "with u as (select code, value from liia.staging.a"
            " union all by name select label, code from liia.staging.b"
            " union all by name (select code as label, code from liia.staging.b"
            " union all select code, label from liia.staging.b))"
            " select * from u",
            {
                "code": {(A, "code"), (B, "code"), (B, "label")},
                "value": {(A, "value")},
                "label": {(B, "label"), (B, "code")},
            },
            id="unions inside a union by name, under a star",
        ),
        pytest.param(
            "select value, sum(value) over (partition by code order by day) as total,"
            " (select max(label) from liia.staging.b) as last_label,"
            " 1 as one, count(*) over () as n from liia.staging.a",
            {
                "value": {(A, "value")},
                "total": {(A, "value"), (A, "code"), (A, "day")},
                "last_label": {(B, "label")},
                "one": set(),
                "n": set(),
            },
            id="windows, a scalar subquery, constants",
        ),
        pytest.param(
            "select x.code from liia.staging.a as x, read_parquet('elsewhere.parquet') as y",
            {"code": {(A, "code")}},
            id="beside a file that is no model",
        ),
    ],
)
def test_a_column_is_made_of(sql: str, expected: dict[str, set[tuple[str, str]]]) -> None:
    assert trace(sql, UPSTREAM) == expected


class Build:
    """As much of a dbt invocation as lineage reads: a seed, a staging model and a mart."""

    project = None

    def __init__(self, target: Path, **sql: str) -> None:
        self.target_path = target
        self.dagster_dbt_translator = self
        self.manifest: dict[str, Any] = {"nodes": {}, "sources": {}}
        self._add("seed.liia.codes", "seed", [])
        self._add("model.liia.stg", "model", ["seed.liia.codes"])
        self._add("model.liia.mart", "model", ["model.liia.stg", "seed.liia.codes"])
        for name, text in sql.items():
            path = target / "compiled/liia/models" / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _add(self, unique_id: str, kind: str, parents: list[str]) -> None:
        name = unique_id.split(".")[-1]
        self.manifest["nodes"][unique_id] = {
            "unique_id": unique_id,
            "name": name,
            "resource_type": kind,
            "package_name": "liia",
            "original_file_path": f"models/{name}.sql",
            "relation_name": f'"liia"."main"."{name}"',
            "depends_on": {"nodes": parents},
        }

    def get_asset_spec(self, _manifest: object, unique_id: str, _project: object) -> Any:
        return SimpleNamespace(key=dg.AssetKey(unique_id.split(".")[-1]))


def built(unique_id: str, *columns: str) -> dg.Output[None]:
    schema = dg.TableSchema([dg.TableColumn(column, "varchar") for column in columns])
    metadata = {"unique_id": unique_id, "dagster/column_schema": schema, "dagster/row_count": 3}
    return dg.Output(None, unique_id.split(".")[-1], metadata=metadata)


def lineage_of(event: dg.Output[None]) -> dict[str, set[str]] | None:
    value = event.metadata.get("dagster/column_lineage")
    if value is None:
        return None
    return {
        column: {f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in deps}
        for column, deps in value.lineage.deps_by_column.items()
    }


def nothing_stored(key: dg.AssetKey) -> list[str]:
    raise AssertionError(f"the columns of {key} are in the stream")


STG = "select * from liia.main.codes"
MART = (
    "select stg.Code, codes.label as name from liia.main.stg as stg"
    " inner join liia.main.codes as codes on stg.code = codes.code"
)
SEED = built("seed.liia.codes", "code", "label")


def test_models_get_lineage_and_keep_their_other_metadata(tmp_path: Path) -> None:
    build = Build(tmp_path, stg=STG, mart=MART)
    passing = dg.AssetCheckResult(passed=True, check_name="unique")
    events = [
        SEED,
        built("model.liia.stg", "code", "label"),
        passing,
        built("model.liia.mart", "Code", "name"),
    ]
    log: list[str] = []
    seed, stg, check, mart = with_column_lineage(events, build, log.append, nothing_stored)
    assert seed is SEED
    assert check is passing
    assert lineage_of(stg) == {"code": {"codes.code"}, "label": {"codes.label"}}
    assert lineage_of(mart) == {"code": {"stg.code"}, "name": {"codes.label"}}
    assert mart.metadata["dagster/row_count"].value == 3
    assert "dagster/column_schema" in mart.metadata
    assert log == []


def test_columns_of_what_this_run_did_not_build_are_those_it_had_last(tmp_path: Path) -> None:
    build = Build(tmp_path, stg=STG)
    events = [built("model.liia.stg", "code", "label")]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(dg.AssetKey("codes"), metadata=SEED.metadata)
        )
        stored = partial(stored_columns, instance)
        (stg,) = with_column_lineage(events, build, pytest.fail, stored)
        assert stored(dg.AssetKey("never_made")) == []
    assert lineage_of(stg) == {"code": {"codes.code"}, "label": {"codes.label"}}


def test_a_column_that_its_sql_does_not_show_is_said(tmp_path: Path) -> None:
    build = Build(tmp_path, stg=STG)
    log: list[str] = []
    events = [built("model.liia.stg", "code")]
    (stg,) = with_column_lineage(events, build, log.append, lambda key: [])
    assert lineage_of(stg) == {"code": set()}
    assert log == ["stg: not found in its SQL, so without lineage: code"]


@pytest.mark.parametrize("sql", ["select from where (", "", None], ids=["broken", "empty", "gone"])
def test_a_model_that_cannot_be_followed_has_none_and_the_next_has(
    tmp_path: Path, sql: str | None
) -> None:
    build = Build(tmp_path, mart=MART, **({} if sql is None else {"stg": sql}))
    events = [
        SEED,
        built("model.liia.stg", "code", "label"),
        built("model.liia.mart", "code", "name"),
    ]
    log: list[str] = []
    _, stg, mart = with_column_lineage(events, build, log.append, nothing_stored)
    assert stg is events[1]
    assert lineage_of(mart) == {"code": {"stg.code"}, "name": {"codes.label"}}
    (line,) = log
    assert line.startswith("stg has no column lineage: ")
    assert "\n" not in line


def test_what_fails_in_dbt_still_fails(tmp_path: Path) -> None:
    def broken() -> Any:
        yield SEED
        raise RuntimeError("dbt failed")

    events = with_column_lineage(broken(), Build(tmp_path), pytest.fail, nothing_stored)
    assert next(events) is SEED
    with pytest.raises(RuntimeError, match="dbt failed"):
        next(events)
