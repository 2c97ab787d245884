"""House rules of the SQL models that no linter checks."""

import re
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
    """Both folders of Annex A are restricted but for models that are named, which hold no child.

    What reads a list as it was sent is restricted too; what reads a restricted model later, counts.
    """
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    folders = [project["models"]["liia"][stage]["annex_a"] for stage in ("staging", "intermediate")]
    assert all(folder["+schema"] == "restricted" for folder in folders)
    named = {name for folder in folders for name in folder if not name.startswith("+")}
    for path in MODELS:
        if path.parent.name == "annex_a" and path.stem not in named:
            continue
        text = path.read_text(encoding="utf-8")
        assert "child_id" not in text, path.stem
        assert set(re.findall(r"\bstg_annex_a__\w+", text)) <= named, path.stem
