"""DfE's lists: those of a folder come before those that are carried, and a missing one is said."""

from pathlib import Path

import pytest

from ingestion.contract import load_contract
from ingestion.screening import screen
from ingestion.screening.lists import ListError, Lists
from ingestion.screening.standard import standard
from tests.screening_pairs import FAULTS, good_pair


def test_a_list_in_the_folder_comes_before_the_one_that_is_carried(tmp_path: Path) -> None:
    pair = good_pair()
    pair.put("Local authority", la_name="Camdon")
    data = pair.write(tmp_path)
    assert screen(data).results["la_combinations"].result == "FAIL"
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "las.csv").write_text(
        "new_la_code,la_name,old_la_code\nE09000007,Camdon,202\nE09000007,Camden ,202\n"
        "E09000008,Croydon,306\n"
    )
    assert screen(data, None, lists).results["la_combinations"].result == "PASS"


def test_wards_are_checked_where_their_list_is(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "wards.csv").write_text("ward_code,ward_name\nE05000001,Somewhere\n")
    pair = good_pair()
    FAULTS["ward_combinations"](pair)
    result = screen(pair.write(tmp_path), None, lists).results["ward_combinations"]
    assert result.result == "FAIL"
    assert "E99000001 Nowhere" in result.message


def test_without_the_data_dictionary_nothing_passes_for_checked(tmp_path: Path) -> None:
    report = screen(good_pair().write(tmp_path))
    for name in ("check_data_dictionary_col_name", "check_data_dictionary_filter_item"):
        assert report.results[name].result == "ADVISORY"
        assert "Not checked: data-dictionary.csv" in report.results[name].message
        assert "--lists" in report.results[name].message
    assert report.passed


@pytest.mark.parametrize("content", ["", "other,columns\n1,2\n"])
def test_a_list_that_is_no_list_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "data-dictionary.csv").write_text(content)
    with pytest.raises(ListError, match=r"data-dictionary\.csv"):
        Lists(tmp_path).dictionary()


def test_every_authority_of_england_and_the_levels_above_are_carried() -> None:
    lists = Lists()
    authorities = lists.places(standard().level("Local authority"))
    assert authorities is not None
    assert authorities["new_la_code"].str.startswith("E09").sum() == 33 + 1  # and the pair of two
    regions = lists.places(standard().level("Regional"))
    assert regions is not None
    assert {"E12000007", "E13000001", "E13000002"} < set(regions["region_code"])


def test_the_symbols_are_those_that_published_files_are_read_by() -> None:
    read = load_contract("published").symbols
    assert {*standard().symbols, *standard().obsolete_symbols} == set(read)
