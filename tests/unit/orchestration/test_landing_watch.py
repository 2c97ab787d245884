"""What the landing zone's watch sees of names, sizes and times, and what it waits for."""

import os
from pathlib import Path

import pytest

from orchestration.landing_watch import STILL_SECONDS, Memory, fingerprints


def put(landing: Path, path: str, content: str = "x") -> Path:
    file = landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def test_returns_are_told_apart_by_quarter_and_published_files_are_not(tmp_path: Path) -> None:
    put(tmp_path, "returns/2025-26-Q2/CAM/return.xlsx")
    put(tmp_path, "returns/2025-26-Q1/CAM/return.xlsx")
    put(tmp_path, "returns/CAM 2024-25 Q4.xlsx")
    put(tmp_path, "returns/somewhere/return.xlsx")
    put(tmp_path, "published/2024-25-Q1/cin.csv")
    slugs = ["", "2024-25-Q4", "2025-26-Q1", "2025-26-Q2"]
    assert list(fingerprints(tmp_path, "return")) == slugs
    assert list(fingerprints(tmp_path, "published")) == [""]
    assert fingerprints(tmp_path, "annex_a") == {}


@pytest.mark.parametrize(
    "name",
    [
        ".return.xlsx.Ab3",
        "~$return.xlsx",
        "Thumbs.db",
        "return.xlsx.part",
        "return.xlsx.filepart",
        ".rsync-partial/return.xlsx",
        "alone.xlsx.yml",
    ],
)
def test_what_programs_leave_or_have_not_finished_is_no_change(tmp_path: Path, name: str) -> None:
    put(tmp_path, "returns/2025-26-Q2/CAM/return.xlsx")
    before = fingerprints(tmp_path, "return")
    put(tmp_path, f"returns/2025-26-Q2/CAM/{name}")
    assert fingerprints(tmp_path, "return") == before


def test_content_time_sidecar_and_name_are_changes(tmp_path: Path) -> None:
    file = put(tmp_path, "returns/2025-26-Q2/CAM/return.xlsx")
    os.utime(file, (1, 1))
    seen = [fingerprints(tmp_path, "return")]

    def now() -> dict[str, str]:
        seen.append(fingerprints(tmp_path, "return"))
        return seen[-1]

    file.write_text("longer")
    os.utime(file, (1, 1))
    now()
    os.utime(file, (2, 2))
    now()
    put(tmp_path, "returns/2025-26-Q2/CAM/return.xlsx.yml", "la: CAM")
    now()
    file.rename(file.with_name("renamed.xlsx"))
    now()
    assert len({str(found) for found in seen}) == len(seen) == 5


def test_a_change_is_told_once_it_has_been_the_same_for_long_enough() -> None:
    memory = Memory({"2025-26-Q2": "a"})
    assert memory.look({"2025-26-Q2": "a"}, 0) == []
    assert memory.look({"2025-26-Q2": "b"}, 100) == []
    assert memory.look({"2025-26-Q2": "c"}, 100 + STILL_SECONDS) == [], "it grew meanwhile"
    assert memory.look({"2025-26-Q2": "c"}, 99 + 2 * STILL_SECONDS) == []
    assert memory.look({"2025-26-Q2": "c"}, 100 + 2 * STILL_SECONDS) == ["2025-26-Q2"]


def test_what_was_taken_is_told_no_more_and_survives_the_cursor() -> None:
    memory = Memory({})
    memory.look({"2025-26-Q1": "a", "2025-26-Q2": "a"}, 0)
    assert memory.look({"2025-26-Q1": "a", "2025-26-Q2": "a"}, 60) == ["2025-26-Q1", "2025-26-Q2"]
    memory.take(["2025-26-Q1"])
    again = Memory.read(memory.written())
    assert again == memory
    assert again.look({"2025-26-Q1": "a", "2025-26-Q2": "a"}, 61) == ["2025-26-Q2"]


def test_a_quarter_whose_files_went_is_told_once() -> None:
    memory = Memory({"2025-26-Q1": "a", "2025-26-Q2": "a"})
    memory.look({"2025-26-Q2": "a"}, 0)
    assert memory.look({"2025-26-Q2": "a"}, 60) == ["2025-26-Q1"]
    memory.take(["2025-26-Q1"])
    assert memory.look({"2025-26-Q2": "a"}, 120) == []


def test_a_file_put_back_as_it_was_has_another_key_each_time() -> None:
    """Dagster runs a key once for ever: first version, second, and the first again are three."""
    memory, keys = Memory({}), []
    for digest in ["a", "b", "a", "b"]:
        memory.look({"2025-26-Q2": digest}, 0)
        memory.look({"2025-26-Q2": digest}, 60)
        before = memory.written()
        keys.append(memory.take(["2025-26-Q2"]))
        # A tick that broke off before its cursor was kept asks for the same run again.
        assert Memory.read(before).take(["2025-26-Q2"]) == keys[-1]
    assert len(set(keys)) == 4
