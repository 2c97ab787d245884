"""dbt takes the project as it was parsed, unless that is no longer the project."""

from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt_program, warehouse

# Whoever loads the definitions leaves the project parsed.
pytestmark = pytest.mark.usefixtures("definitions")


@pytest.fixture(autouse=True)
def nothing_read_yet() -> None:
    dbt_program._read.cache_clear()


def test_what_was_parsed_is_taken_with_what_macros_ask_it_for() -> None:
    manifest = dbt_program.parsed()
    assert manifest is not None
    assert manifest.flat_graph["sources"]
    assert manifest.child_map["model.liia.fct_measure"]


def test_a_changed_project_is_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def changed(path: Path) -> bool:
        asked.append(path)
        return False

    monkeypatch.setattr(warehouse, "is_newer_than_project", changed)
    assert dbt_program.parsed() is None
    assert [path.name for path in asked] == ["partial_parse.msgpack"]


def test_what_was_read_while_it_waited_is_taken_unless_parsed_again_since() -> None:
    before = dbt_program.parsed()
    assert before is not None
    assert dbt_program.parsed() is before
    (dbt_program.DBT_PROJECT / "target" / "partial_parse.msgpack").touch()
    after = dbt_program.parsed()
    assert after is not None
    assert after is not before


def test_a_newer_dbt_parses_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt_program, "version", lambda _: "99.0.0")
    assert dbt_program.parsed() is None


def test_parsed_in_another_place_its_seeds_would_be_read_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = dbt_program.parsed()
    assert manifest is not None
    seed: Any = manifest.nodes["seed.liia.measures"]
    seed.root_path = "dbt_project"
    monkeypatch.setattr(dbt_program.Manifest, "from_msgpack", lambda *_, **__: manifest)
    dbt_program._read.cache_clear()
    assert dbt_program.parsed() is None


def test_what_cannot_be_read_is_parsed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dbt_program, "DBT_PROJECT", tmp_path)
    monkeypatch.setattr(warehouse, "is_newer_than_project", lambda _: True)
    assert dbt_program.parsed() is None
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "partial_parse.msgpack").write_bytes(b"half of")
    assert dbt_program.parsed() is None


def test_parsed_before_the_last_change_is_older_than_the_project(tmp_path: Path) -> None:
    assert not warehouse.is_newer_than_project(tmp_path / "none")
    made = tmp_path / "made"
    made.touch()
    assert warehouse.is_newer_than_project(made)
