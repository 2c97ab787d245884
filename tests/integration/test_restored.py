"""A home backed up after a whole run, brought back elsewhere and run again: the same bytes."""

from pathlib import Path

import pytest

from tests.conftest import Run, liia, liia_run

RUN_RECORD = "run.json"


def lies(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path in it; the record of the run itself aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RUN_RECORD
    }


def read_at(home: Path) -> dict[str, int]:
    """When what each file gave was written: a file that is parsed again gets another time."""
    parsed = home / "raw" / ".parsed"
    return {
        path.relative_to(parsed).as_posix(): path.stat().st_mtime_ns
        for path in parsed.rglob("*.parquet")
    }


@pytest.fixture(scope="module")
def restored(synthetic_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the shared run, from its backup; the landing zone is kept elsewhere."""
    folder = tmp_path_factory.mktemp("restored")
    landing = synthetic_run.home.parent / "landing"
    where = ("--home", synthetic_run.home, "--landing", landing)
    made = liia("backup", "--to", folder / "backups", *where)
    assert made.returncode == 0, made.stderr
    assert f"Left out: the landing zone {landing}" in made.stdout
    (copy,) = (folder / "backups").iterdir()
    done = liia("restore", copy, "--home", folder / "home")
    assert done.returncode == 0, done.stderr
    return folder / "home"


def test_marts_and_outputs_can_be_read_at_once(synthetic_run: Run, restored: Path) -> None:
    for name in ("marts", "outputs", "registers", "ledger"):
        assert lies(restored / name) == lies(synthetic_run.home / name)
    assert (restored / "analyst.duckdb").read_bytes() == (
        synthetic_run.home / "analyst.duckdb"
    ).read_bytes()
    assert not (restored / "warehouse").exists()
    told = liia("releases", "--log", "--home", restored)
    assert (told.returncode, "none changed or missing" in told.stdout) == (0, True)


def test_the_next_run_parses_nothing_and_writes_the_same_bytes(
    synthetic_run: Run, synthetic_landing: Path, restored: Path
) -> None:
    """Raw tables, warehouse and marts are built again from what the backup held."""
    stamps = read_at(synthetic_run.home)
    assert stamps and read_at(restored) == stamps
    again = liia_run("2025-26-Q2", synthetic_landing, restored)
    assert again.code == 0, again.output
    assert lies(restored / "outputs") == lies(synthetic_run.home / "outputs")
    marts, before = lies(restored / "marts"), lies(synthetic_run.home / "marts")
    assert [name for name in before if marts.get(name) != before[name]] == []
    assert read_at(restored) == stamps
    well = liia("health", "--home", restored, "--landing", synthetic_landing)
    assert well.returncode == 0, well.stdout
    assert "published, as their gate let them pass" in well.stdout
