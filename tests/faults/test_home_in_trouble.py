"""A home of an earlier version, a full disk, one that cannot be written, damaged files, other runs.

One home, on a disk of its own, meets them one after the other. Each is told in words, and readers
see the old whole; at last a run goes through with the clock set back, in the night that has an hour
twice.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from ingestion.landing import LONDON
from tests.faults.commands import run
from tests.faults.conftest import Before
from tests.faults.readers import Seen, left_over, seen
from tests.faults.test_killed_publication import publish

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of its own for the home; only root may mount one, others get a folder."""
    place = tmp_path_factory.mktemp("disk")
    is_mounted = _system("mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", place)
    yield place
    if is_mounted:
        assert _system("umount", place)


@pytest.fixture(scope="module")
def home(disk: Path, before: Before) -> Path:
    home = before.copy(disk / "home")
    _as_of_an_earlier_version(home)
    return home


@pytest.fixture(scope="module")
def stands(home: Path) -> Seen:
    """What readers of the home see, until a run goes through."""
    return seen(home)


def _system(*command: object) -> bool:
    """Whether the system did it; to mount takes root."""
    done = subprocess.run(["/usr/bin/env", *map(str, command)], capture_output=True, check=False)
    return done.returncode == 0


def _as_of_an_earlier_version(home: Path) -> None:
    """Without what has come since: folders, files, columns of ledgers, settings of Dagster."""
    for gone in ("layout", "marts/waivers.json", "raw/chat_kept.parquet", "dagster/dagster.yaml"):
        (home / gone).unlink(missing_ok=True)
    for gone in ("data_docs", "warehouse/waivers"):
        shutil.rmtree(home / gone)
    (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    for path in (home / "ledger").glob("*.parquet"):
        since = ["sender", "template_version", "signed_off_by", "signed_off_on"]
        pd.read_parquet(path).drop(columns=since).to_parquet(path)
    # What a reader of other rules had kept, in another form.
    for path in (home / "raw" / ".parsed").glob("*/*.json"):
        if path.name != "facts.json":
            path.rename(path.with_name("0123456789abcdef.json"))


def _room(disk: Path, left: int) -> None:
    """Let so many bytes be left on the disk."""
    if not os.path.ismount(disk):
        pytest.skip("only root may mount a disk that can be full")
    used = shutil.disk_usage(disk).used
    assert _system("mount", "-o", f"remount,size={used + left}", disk)


def _plenty(disk: Path) -> None:
    assert _system("mount", "-o", "remount,size=2g", disk)


@pytest.mark.parametrize("left", [0, MEGABYTE, 20 * MEGABYTE], ids=["start", "reading", "dbt"])
def test_a_full_disk_is_told_and_changes_nothing(
    left: int, disk: Path, home: Path, stands: Seen, before: Before
) -> None:
    # What a run takes away itself is no room for it here.
    (home / "warehouse" / "liia.duckdb").unlink(missing_ok=True)
    _room(disk, left)
    ended = run(before.landing, home)
    _plenty(disk)
    ended.told("The disk is full", "Free some space", "run again")
    assert seen(home) == stands


def test_a_disk_that_is_full_at_publication_changes_nothing(
    disk: Path, undisturbed: Path, before: Before
) -> None:
    home = before.copy(disk / "publishing")
    shutil.rmtree(home / "warehouse")
    shutil.copytree(undisturbed / "warehouse", home / "warehouse")
    _room(disk, MEGABYTE // 2)
    ended = publish(home)
    _plenty(disk)
    assert "No space left on device" in ended.output
    assert seen(home) == before.seen
    shutil.rmtree(home)


def test_a_home_that_cannot_be_written_is_told(home: Path, stands: Seen, before: Before) -> None:
    if _system("mount", "--bind", home, home):
        assert _system("mount", "-o", "remount,bind,ro", home)
        ended = run(before.landing, home)
        assert _system("umount", home)
        ended.told("mounted read-only", "run again")
    else:
        modes = {path: path.stat().st_mode for path in [home, *home.rglob("*")]}
        for path in modes:
            path.chmod(0o500 if path.is_dir() else 0o400)
        ended = run(before.landing, home)
        for path, mode in modes.items():
            path.chmod(mode)
        ended.told("This user may not write there", "run again")
    assert str(home) in ended.line.replace(" ", "")
    assert seen(home) == stands


def test_a_home_of_a_later_version_is_left_alone(home: Path, stands: Seen, before: Before) -> None:
    (home / "layout").write_text("99\n")
    ended = run(before.landing, home)
    (home / "layout").unlink()
    ended.told("written by a later version of the platform", "Nothing was changed")
    assert seen(home) == stands


def test_what_no_run_can_make_anew_is_told_when_damaged(
    home: Path, stands: Seen, before: Before
) -> None:
    """The ledger, and the figures of extracts that were purged."""
    ledger, kept = home / "ledger" / "return.parquet", home / "raw" / "chat_kept.parquet"
    whole = {path: path.read_bytes() for path in (ledger, kept) if path.exists()}
    ledger.write_bytes(whole[ledger][: len(whole[ledger]) // 2])
    kept.write_bytes(b"")
    ended = run(before.landing, home)
    for path in (ledger, kept):
        path.write_bytes(whole[path]) if path in whole else path.unlink()
    ended.told(
        r"Reading returns: .*return\.parquet is damaged\. Put it back from a backup",
        r"Reading Annex A workbooks: .*chat_kept\.parquet is damaged\. Put it back from a backup",
    )
    assert seen(home) == stands


def test_with_all_else_damaged_and_the_clock_set_back_a_run_makes_it_whole(
    home: Path, before: Before, after: Seen, tmp_path: Path
) -> None:
    _damage(home)
    ended = run(before.landing, home, env=_in_the_night_with_an_hour_twice(tmp_path))
    assert ended.code == 0, ended.output
    assert seen(home) == after
    assert left_over(home) == []


def _damage(home: Path) -> None:
    """Truncated, garbage and empty, one of each kind of file that a run makes."""
    damages = [lambda b: b[: len(b) // 2], lambda b: os.urandom(len(b)), lambda b: b""]
    kept = sorted((home / "raw" / ".parsed").glob("*/*.parquet"))
    facts = sorted((home / "raw" / ".parsed").glob("*/*.json"))
    chosen = [
        *kept[::3],
        *facts[::4],
        *sorted((home / "raw").glob("*.parquet")),
        *sorted((home / "warehouse" / "published").glob("fct_*")),
        *sorted((home / "marts").glob("dim_*")),
        home / "landing_kind",
    ]
    unique = {"chat_kept.parquet"}
    for number, path in enumerate(path for path in chosen if path.name not in unique):
        path.write_bytes(damages[number % 3](path.read_bytes()))
    (home / "warehouse" / "liia.duckdb").write_bytes(os.urandom(MEGABYTE))
    (home / "landing_kind").write_bytes(b"")
    (home / "warehouse" / "liia.duckdb.wal").write_bytes(b"not a log")


def _in_the_night_with_an_hour_twice(place: Path) -> dict[str, str]:
    """The clock half a minute before summer time ended last; entries of the ledger are later."""
    compiler = shutil.which("cc")
    if compiler is None:
        reason = "no C compiler to set a clock back with (Debian: apt install gcc libc6-dev)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    library, source = place / "clock.so", Path(__file__).with_name("clock.c")
    assert _system(compiler, "-shared", "-fPIC", "-o", library, source, "-ldl")
    now = datetime.now(UTC)
    moment = now.replace(minute=0, second=0, microsecond=0)
    while _offset(moment) >= _offset(moment - timedelta(hours=1)):
        moment -= timedelta(hours=1)
    shift = moment - timedelta(seconds=30) - now
    return {"LD_PRELOAD": str(library), "LIIA_CLOCK_SHIFT": str(int(shift.total_seconds()))}


def _offset(moment: datetime) -> timedelta:
    return moment.astimezone(LONDON).utcoffset() or timedelta()
