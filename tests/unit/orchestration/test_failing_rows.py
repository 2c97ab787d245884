"""Of a failed dbt test a few rows by their keys, and of children none: a small project, built."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from orchestration.dbt_events import finished
from orchestration.failing_rows import with_failing_rows

MARK = "Zzyzx"
WARN = {"config": {"severity": "warn"}}
FILES = {
    "dbt_project.yml": {
        "name": "small",
        "version": "1.0",
        "profile": "small",
        "flags": {"send_anonymous_usage_stats": False},
        "models": {"small": {"children": {"+schema": "restricted"}}},
    },
    "profiles.yml": {
        "small": {
            "target": "here",
            "outputs": {"here": {"type": "duckdb", "path": "small.duckdb"}},
        }
    },
    "models/rules.yml": {
        "models": [
            {
                "name": "figures",
                "columns": [
                    {"name": "value", "data_tests": [{"not_null": WARN}]},
                    {"name": "measure_code", "data_tests": [{"unique": WARN}, "not_null"]},
                    {"name": "comment", "data_tests": [{"unique": WARN}]},
                ],
            },
            {
                "name": "children",
                "columns": [{"name": "measure_code", "data_tests": [{"unique": WARN}]}],
            },
        ]
    },
    "seeds/rules.yml": {
        "seeds": [
            {"name": "codes", "columns": [{"name": "label", "data_tests": [{"unique": WARN}]}]}
        ]
    },
}
FIGURES = """
select 'cla' as measure_code, 'E09000007' as new_la_code, null as value, '{mark}' as comment
from range(7)
"""
CHILDREN = "select '{mark}' as measure_code, 1 as child_id from range(2)"
TEXTS = {
    "models/figures.sql": FIGURES.format(mark=MARK),
    "models/children.sql": CHILDREN.format(mark=MARK),
    "seeds/codes.csv": "code,label\na,One\nb,One\n",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dg.AssetCheckEvaluation]]:
    """The checks of a build in which tests of figures, of a seed and of children fail."""
    folder = tmp_path_factory.mktemp("small")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    # The path of the warehouse is told from where dbt runs.
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        project = DbtProject(project_dir=folder, profiles_dir=folder)
        project.preparer.prepare(project)

        @dbt_assets(manifest=project.manifest_path, project=project)
        def small(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
            build = dbt.cli(["build"], context=context)
            done = finished(build.stream())
            yield from with_failing_rows(done, build, folder / "small.duckdb", pytest.fail)

        result = dg.materialize([small], resources={"dbt": DbtCliResource(project_dir=project)})
        yield {
            str(check.metadata["unique_id"].value).rsplit(".", 2)[1]: check
            for check in result.get_asset_check_evaluations()
        }


def rows(check: dg.AssetCheckEvaluation) -> list[Mapping[str, Any]]:
    value = check.metadata.get("failing_rows")
    return [record.data for record in value.records] if value else []


def test_rows_without_a_value_are_named_by_their_keys(said: dict[str, Any]) -> None:
    check = said["not_null_figures_value"]
    assert not check.passed
    assert rows(check) == [{"measure_code": "cla", "new_la_code": "E09000007"}] * 5
    assert check.metadata["dagster_dbt/failed_row_count"].value == 7


def test_what_stands_there_twice_is_named_where_it_is_a_key(said: dict[str, Any]) -> None:
    assert rows(said["unique_figures_measure_code"]) == [{"measure_code": "cla", "n_records": "7"}]
    assert rows(said["unique_figures_comment"]) == [{"n_records": "7"}]


def test_of_a_seed_all_is_shown_as_somebody_typed_it(said: dict[str, Any]) -> None:
    assert rows(said["unique_codes_label"]) == [{"label": "One", "n_records": "2"}]


def test_of_children_the_number_of_rows_is_all(said: dict[str, Any]) -> None:
    check = said["unique_children_measure_code"]
    assert not check.passed
    assert "failing_rows" not in check.metadata
    assert check.metadata["dagster_dbt/failed_row_count"].value == 1
    assert not any(MARK in str(one.metadata) for one in said.values())


def test_a_failed_check_leads_to_its_yaml_and_one_that_holds_has_nothing_more(
    said: dict[str, Any],
) -> None:
    assert Path(said["not_null_figures_value"].metadata["defined_in"].path).is_file()
    holds = said["not_null_figures_measure_code"]
    assert holds.passed
    assert not {"defined_in", "failing_rows"} & holds.metadata.keys()


def test_rows_that_cannot_be_read_are_a_line_in_the_log_without_a_cell(tmp_path: Path) -> None:
    node = {
        "unique_id": "test.small.t",
        "name": "t",
        "package_name": "small",
        "original_file_path": "models/rules.yml",
        "path": "t.sql",
        "depends_on": {"nodes": []},
    }
    build = SimpleNamespace(
        manifest={"nodes": {"test.small.t": node}, "sources": {}},
        project_dir=Path("project"),
        target_path=tmp_path / "target",
    )
    failed = dg.AssetCheckResult(
        passed=False, check_name="t", metadata={"unique_id": "test.small.t"}
    )
    output = dg.Output(None, "a_model", metadata={"unique_id": "model.small.m"})
    log: list[str] = []
    folder = tmp_path / "target" / "compiled" / "small" / "models" / "rules.yml"
    folder.mkdir(parents=True)
    (folder / "t.sql").write_text(f"select cast('{MARK}' as integer)", encoding="utf-8")
    warehouse = tmp_path / "small.duckdb"
    duckdb.connect(warehouse).close()
    check, other = with_failing_rows([failed, output], build, warehouse, log.append)
    assert other is output
    assert not check.passed
    assert log == ["t: its failing rows cannot be shown (ConversionException)"]
    assert "failing_rows" not in check.metadata
