"""When what stands in a home's warehouse is what the dbt project would build, but for new rows."""

import shutil
from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.home import DBT_PROJECT, Home


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "dbt_project"
    for folder in ("seeds/reference", "tests"):
        shutil.copytree(DBT_PROJECT / folder, copy / folder)
    shutil.copyfile(DBT_PROJECT / "dbt_project.yml", copy / "dbt_project.yml")
    monkeypatch.setattr("orchestration.warehouse.DBT_PROJECT", copy)
    return copy


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home", tmp_path / "landing")
    place.prepare()
    return place


def build(home: Home) -> None:
    with warehouse.noted(home):
        home.warehouse.write_bytes(b"built")


@pytest.mark.usefixtures("project")
def test_it_stands_after_a_build_and_not_before(home: Home) -> None:
    assert not warehouse.stands(home)
    build(home)
    assert warehouse.stands(home)


@pytest.mark.usefixtures("project")
def test_a_build_that_failed_leaves_nothing_that_stands(home: Home) -> None:
    build(home)
    with pytest.raises(KeyError), warehouse.noted(home):
        raise KeyError
    assert not warehouse.stands(home)


@pytest.mark.usefixtures("project")
def test_a_warehouse_that_is_gone_does_not_stand(home: Home) -> None:
    build(home)
    home.warehouse.unlink()
    assert not warehouse.stands(home)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("content", [b"other", b""])
def test_a_warehouse_that_is_not_what_was_left_does_not_stand(home: Home, content: bytes) -> None:
    build(home)
    home.warehouse.write_bytes(content)
    assert not warehouse.stands(home)


@pytest.mark.usefixtures("project")
def test_marts_that_are_not_as_they_were_left_do_not_stand(home: Home) -> None:
    mart = home.staged_marts / "dim_period.parquet"
    for change in (lambda: mart.write_bytes(b"other"), mart.unlink):
        mart.write_bytes(b"built")
        build(home)
        assert warehouse.stands(home)
        change()
        assert not warehouse.stands(home)


@pytest.mark.usefixtures("project")
def test_a_warehouse_with_a_log_of_what_was_not_ended_does_not_stand(home: Home) -> None:
    build(home)
    home.warehouse.with_name("liia.duckdb.wal").touch()
    assert not warehouse.stands(home)
    build(home)
    assert not warehouse.stands(home)


@pytest.mark.parametrize(
    "path", ["seeds/reference/calendar_rules.csv", "dbt_project.yml", "seeds/reference/new.csv"]
)
def test_a_changed_project_does_not_stand(home: Home, project: Path, path: str) -> None:
    build(home)
    with (project / path).open("a") as file:
        file.write("\n")
    assert not warehouse.stands(home)


def test_a_project_changed_while_it_was_built_does_not_stand(home: Home, project: Path) -> None:
    with warehouse.noted(home):
        home.warehouse.write_bytes(b"built")
        (project / "dbt_project.yml").write_text("name: other\n")
    assert not warehouse.stands(home)


@pytest.mark.usefixtures("definitions")
def test_what_a_source_touches_is_what_hangs_on_its_tables() -> None:
    from orchestration.defs.jobs import path_of
    from orchestration.defs.transform import TRANSFORM, seed_keys

    path = set(path_of("return", ["dfe"]))
    assert not path & seed_keys()
    names = {key.path[-1] for key in path & TRANSFORM.keys}
    assert {"stg_return__values", "int_measures__return", "int_measures", "fct_indicator"} <= names
    others = ("annex_a__", "measures__published", "inspections__", "dim_local", "fct_inspection")
    assert not {name for name in names if any(other in name for other in others)}
    assert ["restricted", "annex_a_list_1"] not in [key.path for key in path]
