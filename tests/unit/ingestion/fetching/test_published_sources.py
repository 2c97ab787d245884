"""The list of data sets to fetch."""

from pathlib import Path

import pytest

from ingestion.contract import ContractError
from ingestion.published_sources import PACKAGED, load_sources


def test_the_packaged_list_is_whole() -> None:
    sources = load_sources()
    assert len(sources.data_sets) >= 7
    for data_set in sources.data_sets:
        assert sources.address(data_set).startswith("https://")
        assert sources.publication_address(data_set).endswith(data_set.publication)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('release: "2024"', "release: 2024", r"data_sets\.0\.release: .*string"),
        ("3fb5a93d-1eb3", "3fb5a93d", r"data_sets\.0\.data_set_file_id: .*UUID"),
        ("data_set_file_id: 3fb5", "file_id: 3fb5", r"data_sets\.0\.file_id"),
        ("    data_set_file_id: 3fb5a93d-1eb3-4f3a-bdd0-5caea4556ce6\n", "", "should have one of"),
        ("    status: confirmed", "    status: sure", r"data_sets\.0\.status"),
        ("- file: c2_", "- file: ../c2_", r"data_sets\.0\.file"),
        ("- file: c2_", "- file: .c2_", r"data_sets\.0\.file"),
        ("file: cla_api_data_set.csv", "file: timeliness_20_week.csv", "data_sets: .* as timel"),
        ("attempts: 5", "attempts: 0", r"requests\.attempts"),
        ("{data_set_file_id}/csv", "x/csv", r"addresses\.catalogue"),
        ("catalogue: https:", "catalogue: file:", r"addresses\.catalogue: .*https://"),
        ("data_sets:", "data_sets: [", "not readable as YAML"),
    ],
)  # fmt: skip
def test_a_wrong_list_names_file_and_field(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = PACKAGED.read_text()
    assert old in text
    path = tmp_path / "mine.yml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError, match=rf"mine\.yml: .*{says}"):
        load_sources(path)


def test_a_list_that_is_no_text_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContractError, match=r"mine\.yml: not readable"):
        load_sources(path)
