"""The synthetic landing zone as a whole: the promises a demo and other tests rest on."""

import hashlib
from pathlib import Path

import openpyxl
import pytest

from ingestion.periods import Quarter
from ingestion.sample import SampleSummary, write_landing_zone
from tests.unit.ingestion.sample.reading import (
    SMALL,
    files,
    sidecar,
)


def test_two_runs_give_the_same_bytes(zone: SampleSummary, tmp_path: Path) -> None:
    again = write_landing_zone(tmp_path, **SMALL)

    def hashes(root: Path) -> dict[str, str]:
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files(root)
        }

    assert hashes(again.root) == hashes(zone.root)


def test_every_file_says_that_it_is_synthetic(zone: SampleSummary) -> None:
    assert [p for p in files(zone.root) if "synthetic" not in p.name.lower()] == []
    assert "invented" in (zone.root / "SYNTHETIC.txt").read_text(encoding="utf-8")
    for path in zone.paths["returns"] + zone.paths["annex_a"] + zone.paths["narratives"]:
        assert "SYNTHETIC" in openpyxl.load_workbook(path, read_only=True).properties.description
    assert all(sidecar(path)["synthetic"] is True for path in zone.paths["published"])


def test_the_summary_counts_what_stands_on_disk(zone: SampleSummary) -> None:
    data = [p for p in files(zone.root) if p.suffix in (".xlsx", ".csv")]
    on_disk = [p for p in data if "aliases" not in p.parts]
    assert sorted(p for paths in zone.paths.values() for p in paths) == on_disk
    returns, published = 2 * 33 - 3 + 2, 23 + 2
    expected = {"returns": returns, "published": published, "annex_a": 2, "narratives": 20 + 5}
    assert zone.files == expected


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.xlsx").touch()
    with pytest.raises(FileExistsError, match="not an empty folder"):
        write_landing_zone(tmp_path, **SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.xlsx"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quarters": 0}, "at least one"),
        ({"quarters": 40}, "No RIIA indicator set is in force"),
        ({"last_quarter": Quarter(2040, 1)}, "not in seeds/reference/quarters.csv"),
        ({"annex_a_las": ("CAM", "XXX")}, "XXX"),
    ],
)
def test_arguments_out_of_range_leave_nothing_behind(
    tmp_path: Path, arguments: dict, message: str
) -> None:
    dest = tmp_path / "zone"
    with pytest.raises(ValueError, match=message):
        write_landing_zone(dest, **arguments)
    assert not dest.exists()
