"""House rules of the SQL models that neither linter nor dbt-bouncer can check."""

import re
from pathlib import Path

import yaml

from orchestration.home import DBT_PROJECT

MODELS = sorted((DBT_PROJECT / "models").rglob("*.sql"))
MACROS = sorted((DBT_PROJECT / "macros").rglob("*.sql"))


def test_models_are_described_in_the_file_of_their_folder() -> None:
    """The data dictionary finds the marts by this name, and people the others."""
    described = {path.relative_to(DBT_PROJECT) for path in (DBT_PROJECT / "models").rglob("*.y*ml")}
    named = {(path.parent / f"_{path.parent.name}__models.yml") for path in MODELS}
    expected = {path.relative_to(DBT_PROJECT) for path in named}
    assert described - expected == {Path("models/staging/_sources.yml")}


def test_a_macro_says_what_it_is_for() -> None:
    """In a comment before it, where whoever reads the SQL sees it."""
    for path in MACROS:
        text = path.read_text(encoding="utf-8")
        bare = re.findall(r"(?<!#}\n){% macro (\w+)", text)
        assert not bare, f"{path.name}: {bare}"


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
