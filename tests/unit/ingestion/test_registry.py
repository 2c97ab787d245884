"""The registry as Python reads it."""

import pytest

from ingestion import registry
from ingestion.registry import indicator_set_in_force, measures_of_set, seed


def test_seeds_are_text_and_empty_cells_are_empty() -> None:
    las = seed("reference/local_authorities")
    assert not las.isna().any().any()
    assert (las["new_la_code"].str.len() == 9).all()
    assert (las["is_london"] == "true").sum() == 33


def test_the_set_in_force_changes_on_its_first_day() -> None:
    before, after = indicator_set_in_force("2022-03-31"), indicator_set_in_force("2022-04-01")
    assert before != after
    assert {before, after} <= set(seed("registry/indicator_sets")["set_id"])


def test_a_day_before_the_first_set_says_where_to_look() -> None:
    with pytest.raises(ValueError, match=r"2001-01-01.*indicator_sets\.csv"):
        indicator_set_in_force("2001-01-01")


def test_authorities_return_each_measure_once_and_known_ones_only() -> None:
    measures = measures_of_set(indicator_set_in_force("2025-09-30"))
    assert measures["measure_code"].is_unique
    assert set(measures["measure_code"]) <= set(seed("registry/measures")["measure_code"])
    assert (measures["label"] != "").all()
    assert len(measures) > 30


def test_an_unknown_set_asks_for_nothing() -> None:
    assert measures_of_set("no_such_set").empty


def test_an_installed_wheel_reads_its_own_seeds(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(registry, "_CHECKOUT", tmp_path / "nowhere")
    assert registry.seeds_folder() == registry._PACKAGED
