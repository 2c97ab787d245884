"""House rules of the SQL models that no linter checks."""

from pathlib import Path

import pytest
import yaml

from orchestration.home import DBT_PROJECT

MODELS = sorted((DBT_PROJECT / "models").rglob("*.sql"))
YAML = {
    model["name"]: model
    for path in (DBT_PROJECT / "models").rglob("_*__models.yml")
    for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_opens_with_its_grain(path: Path) -> None:
    opening = path.read_text(encoding="utf-8").split("\n\n")[0].splitlines()[0]
    assert opening.startswith("-- One row per "), opening


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_is_described_and_nothing_else_is(path: Path) -> None:
    assert YAML[path.stem]["description"]


def test_no_description_is_left_of_a_model_that_is_gone() -> None:
    assert set(YAML) == {path.stem for path in MODELS}


@pytest.mark.parametrize("path", [p for p in MODELS if "marts" in p.parts], ids=lambda p: p.stem)
def test_every_mart_column_is_typed_and_described(path: Path) -> None:
    for column in YAML[path.stem]["columns"]:
        assert column["description"], column
        assert column["data_type"], column


@pytest.mark.parametrize("path", [p for p in MODELS if "staging" in p.parts], ids=lambda p: p.stem)
def test_staging_renames_and_types_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert " join " not in text
    assert "group by" not in text


def test_child_level_models_live_in_the_restricted_schema() -> None:
    """What reads a child-level list directly is restricted, or counts."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    models = project["models"]["liia"]
    assert models["staging"]["annex_a"]["+schema"] == "restricted"
    restricted = {
        name
        for name, config in models["intermediate"]["measures"].items()
        if config.get("+schema") == "restricted"
    }
    holding = {
        path.stem
        for path in MODELS
        if "intermediate" in path.parts and "child_id" in path.read_text(encoding="utf-8")
    }
    assert holding == restricted
