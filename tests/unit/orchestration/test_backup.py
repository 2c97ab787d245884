"""`liia backup` and `liia restore`: what is copied, what is refused; nothing is half done."""

import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.landing import LONDON
from ingestion.lock import AtWork, alone_in
from orchestration import cli
from orchestration.backup import KEPT, MANIFEST, Manifest, NoBackup, backup, forget
from orchestration.home import POSTGRES, WORK, Home
from orchestration.restore import HomeInUse, NotRestored, next_steps, restore
from tests.conftest import PROJECT

NOW = datetime(2026, 3, 4, 2, 30, tzinfo=LONDON)
# Of a home: what has to come back, and what is built again.
FILES = {
    "landing/returns/2025-26-Q2/CAM/return.xlsx": "a return",
    "landing/annex_a/2025-26-Q2/CAM/lists.xlsx": "children",
    "landing_kind": "real\n",
    "secrets/pseudonym.key": "k" * 64,
    "ledger/return.parquet": "rows",
    "quarantine/annex_a/1/lists.xlsx": "children",
    "raw/.parsed/1/annex_a_list_1.parquet": "children",
    "raw/chat_kept.parquet": "counts",
    "marts/fct_indicator.parquet": "figures",
    "analyst.duckdb": "figures",
    "outputs/2025-26-Q2/dfe/dfe.csv": "figures",
    "registers/egress.jsonl": "{}\n",
    "delivery.yml": "{}\n",
    "notices.yml": "{}\n",
    "dagster/dagster.yaml": "telemetry:\n  enabled: false\n",
    "dagster/last_run.log": "log",
}
BUILT_AGAIN = {
    "raw/return_values.parquet": "rows",
    "raw/annex_a/annex_a_list_1.parquet": "children",
    "warehouse/liia.duckdb": "children",
    "data_docs/fct_measure/index.html": "page",
    "ledger/.return.parquet.17.tmp": "half",
}
HISTORY = "dagster/history/runs.db"


@pytest.fixture
def place(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    for name, text in (FILES | BUILT_AGAIN).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in (root, root / "secrets", root / "raw"):
        folder.chmod(0o700)
    (root / "secrets/pseudonym.key").chmod(0o600)
    (root / "landing/narratives").mkdir()
    os.utime(root / "landing/returns/2025-26-Q2/CAM/return.xlsx", ns=(10**18 + 7, 10**18 + 7))
    history = root / HISTORY
    history.parent.mkdir()
    with sqlite3.connect(history) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table runs (n integer)")
    database.close()
    return Home(root, root / "landing")


@pytest.fixture
def made(place: Home, tmp_path: Path) -> Path:
    return backup(place, tmp_path / "backups", NOW)[0]


def lies(root: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file: content, permissions, time."""
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes(),
            path.stat().st_mode & 0o777,
            path.stat().st_mtime_ns,
        )
        for path in root.rglob("*")
        if path.is_file()
    }


def test_what_cannot_be_built_again_comes_back_as_it_was(place: Home, tmp_path: Path) -> None:
    made, manifest = backup(place, tmp_path / "backups", NOW)
    assert made.name == "liia-backup-20260304T023000Z"
    before = lies(place.root)
    shutil.rmtree(place.root)
    restore(made, place.root)
    after = lies(place.root)
    assert set(after) == {*FILES, HISTORY}
    assert {n: after[n] for n in FILES} == {n: before[n] for n in FILES}
    assert (place.root / "landing/narratives").is_dir()
    assert place.root.stat().st_mode & 0o777 == 0o700
    assert (place.root / "secrets").stat().st_mode & 0o777 == 0o700
    assert manifest.child_level == ["landing/annex_a", "quarantine/annex_a", "raw/.parsed"]
    assert list(made.parent.iterdir()) == [made]
    assert list(place.root.parent.glob(".*")) == []


def test_the_runbook_and_the_copy_agree_on_what_cannot_be_built_again() -> None:
    runbook = (PROJECT / "docs/runbook.md").read_text(encoding="utf-8")
    table = runbook.split("## What the home holds")[1].split("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    lost = {
        path.strip("`/").removesuffix("/<source>")
        for _, names, _, rebuilt, _ in rows
        for path in names.replace(",", " ").split()
        if re.match(r"\s*\**(No|Only)", rebuilt)
    }
    assert len(lost) >= 10
    assert [
        path for path in lost if not any(Path(path).is_relative_to(kept) for kept in KEPT)
    ] == []


def test_a_copy_is_for_its_owner_alone(made: Path) -> None:
    modes = {path.stat().st_mode & 0o777 for path in made.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert made.stat().st_mode & 0o777 == 0o700


def test_the_history_is_whole_though_the_daemon_writes_it(place: Home, tmp_path: Path) -> None:
    """What is committed and only in SQLite's log is in the copy, what is not committed is not."""
    writer = sqlite3.connect(place.root / HISTORY, isolation_level=None)
    reader = sqlite3.connect(place.root / HISTORY)  # keeps the log from being cleared
    reader.execute("select count(*) from runs").fetchone()
    writer.execute("insert into runs values (1)")
    writer.execute("begin")
    writer.execute("insert into runs values (2)")
    try:
        made, _ = backup(place, tmp_path / "backups", NOW)
    finally:
        writer.close()
        reader.close()
    root = tmp_path / "new"
    restore(made, root)
    assert not list((root / "dagster/history").glob("*-wal"))
    with sqlite3.connect(root / HISTORY) as database:
        assert database.execute("select n from runs").fetchall() == [(1,)]
    database.close()


def test_what_is_left_out_is_named(place: Home, tmp_path: Path) -> None:
    (place.landing / "elsewhere.xlsx").symlink_to("/etc/hostname")
    (place.dagster / "dagster.yaml").write_text(f"storage: {POSTGRES}\n", encoding="utf-8")
    _, manifest = backup(place, tmp_path / "one", NOW)
    assert manifest.left_out == [
        "the run history: it is on PostgreSQL (pg_dump)",
        "landing/elsewhere.xlsx: neither a file nor a folder",
    ]
    made, manifest = backup(place, tmp_path / "two", NOW, without_landing=True)
    assert manifest.left_out[0] == "the landing zone: --without-landing"
    assert not (made / "landing").exists()
    assert manifest.child_level == ["quarantine/annex_a", "raw/.parsed"]
    elsewhere = Home(place.root, tmp_path / "zone")
    _, manifest = backup(elsewhere, tmp_path / "three", NOW)
    assert manifest.left_out[0] == f"the landing zone {tmp_path / 'zone'}: it is not in the home"


def test_a_part_of_the_home_on_another_disk_is_copied_too(place: Home, tmp_path: Path) -> None:
    (place.root / "quarantine").rename(tmp_path / "disk")
    (place.root / "quarantine").symlink_to(tmp_path / "disk")
    made, manifest = backup(place, tmp_path / "backups", NOW)
    assert (made / "quarantine/annex_a/1/lists.xlsx").read_text() == "children"
    assert manifest.left_out == []


@pytest.mark.parametrize("inside", ["backups", "landing/backups"])
def test_a_copy_beside_what_it_copies_is_refused(inside: str, place: Home) -> None:
    with pytest.raises(NoBackup, match="on another disk"):
        backup(place, place.root / inside, NOW)
    assert not (place.root / inside).exists()


def test_a_run_is_not_copied_in_its_middle(place: Home, tmp_path: Path) -> None:
    with alone_in(place.root, WORK), pytest.raises(AtWork):
        backup(place, tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_damaged_history_is_said_and_nothing_is_left(place: Home, tmp_path: Path) -> None:
    with (place.root / HISTORY).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)
    with pytest.raises(NoBackup, match=r"runs\.db cannot be copied"):
        backup(place, tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_cannot_be_read_is_not_passed_over(
    place: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be listed would be missing from the copy without a word."""
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("quarantine/annex_a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(PermissionError):
        backup(place, tmp_path / "backups", NOW)
    monkeypatch.undo()
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_killed_backup_left_goes_and_one_at_work_stays(place: Home, tmp_path: Path) -> None:
    killed, alive = (tmp_path / f"backups/.liia-backup-{n}.part" for n in ("killed", "alive"))
    for left in (killed, alive):
        (left / "raw").mkdir(parents=True)
    with alone_in(alive, "backup"):
        made, _ = backup(place, tmp_path / "backups", NOW)
    assert {*made.parent.iterdir()} == {made, alive}


def test_copies_go_after_their_days_but_nobody_elses(place: Home, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    (old, _), (kept, _) = (backup(place, to, NOW - timedelta(days=days)) for days in (31, 29))
    other = Home(tmp_path / "other", tmp_path / "other/landing")
    other.root.mkdir()
    theirs, _ = backup(other, to, NOW - timedelta(days=32))
    broken, _ = backup(place, to, NOW - timedelta(days=33))
    (broken / MANIFEST).write_text("{", encoding="utf-8")
    (to / "photographs").mkdir()
    assert forget(to, place, 30, NOW) == [old]
    assert {*to.iterdir()} == {kept, theirs, broken, to / "photographs"}


def altered(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def cut(path: Path, by: int = 1) -> None:
    path.write_bytes(path.read_bytes()[:-by])


def linked(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to("real")


FIGURES = "marts/fct_indicator.parquet"
HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "altered": (lambda copy: altered(copy / FIGURES), f"{FIGURES} is altered"),
    "cut short": (lambda copy: cut(copy / FIGURES), f"{FIGURES} is altered"),
    "gone": (lambda copy: (copy / FIGURES).unlink(), f"{FIGURES} is missing"),
    "a folder gone": (lambda copy: shutil.rmtree(copy / "ledger"), "return.parquet is missing"),
    "added": (lambda copy: (copy / "marts/more").touch(), "marts/more is not in its manifest"),
    "a link": (lambda copy: linked(copy / FIGURES), "marts/real is not in its manifest"),
    "a folder of a link": (lambda copy: linked(copy / "marts"), "marts is not in its manifest"),
    "no manifest": (lambda copy: (copy / MANIFEST).unlink(), "name the folder liia-backup-"),
    "manifest cut short": (lambda copy: cut(copy / MANIFEST, 9), "cannot be used"),
    "no list": (lambda copy: (copy / MANIFEST).write_text("{}"), "it is no manifest"),
    "of another form": (lambda copy: told(copy, format=2), "its form is 2"),
    "climbing": (lambda copy: told(copy, folders={"marts/../../x": 448}), "is not of a home"),
    "absolute": (lambda copy: told(copy, folders={"/etc/x": 448}), "is not of a home"),
}


def told(copy: Path, **instead: object) -> None:
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    (copy / MANIFEST).write_text(json.dumps(manifest | instead), encoding="utf-8")


@pytest.mark.parametrize("harm", HARM)
def test_a_copy_that_is_not_as_it_was_written_is_refused(
    harm: str, made: Path, tmp_path: Path
) -> None:
    do, says = HARM[harm]
    do(made)
    before = {*tmp_path.iterdir()}
    with pytest.raises(NotRestored) as refused:
        restore(made, tmp_path / "new")
    assert says in str(refused.value)
    assert {*tmp_path.iterdir()} == before


def test_a_copy_that_changes_while_it_is_read_is_refused(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copyfile = shutil.copyfile

    def meanwhile(source: Path, dest: Path) -> None:
        copyfile(source, dest)
        if dest.name == "landing_kind":
            altered(dest)

    monkeypatch.setattr(shutil, "copyfile", meanwhile)
    with pytest.raises(NotRestored, match="changed while it was read"):
        restore(made, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert list(tmp_path.glob(".*")) == []


def test_a_home_that_holds_something_is_never_written_over(made: Path, place: Home) -> None:
    before = lies(place.root)
    with pytest.raises(HomeInUse, match="is not empty"):
        restore(made, place.root)
    assert lies(place.root) == before


def test_an_empty_folder_will_do_and_what_a_killed_restore_left_does_not_count(
    made: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / ".new.restoring/marts").mkdir(parents=True)
    (tmp_path / ".new.restoring/marts/stray.parquet").touch()
    (tmp_path / ".new.restoring/stray").touch()
    restore(made, tmp_path / "new")
    assert set(lies(tmp_path / "new")) == {*FILES, HISTORY}


def test_a_restore_killed_in_its_middle_puts_nothing_in_place(made: Path, tmp_path: Path) -> None:
    killing = (
        "import os, shutil, signal, sys; from pathlib import Path\n"
        "from orchestration.restore import restore\n"
        "copy = shutil.copyfile\n"
        "def killed(a, b):\n"
        "    copy(a, b)\n"
        "    if b.name == 'landing_kind': os.kill(os.getpid(), signal.SIGKILL)\n"
        "shutil.copyfile = killed\n"
        "restore(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", killing, str(made), str(tmp_path / "new")]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == -9
    assert not (tmp_path / "new").exists()
    restore(made, tmp_path / "new")
    assert set(lies(tmp_path / "new")) == {*FILES, HISTORY}


def test_what_to_do_next_is_said(made: Path, tmp_path: Path) -> None:
    manifest = Manifest.parse((made / MANIFEST).read_text(encoding="utf-8"))
    steps = list(next_steps(manifest, tmp_path / "new"))
    assert steps == [
        f"Run: liia run --quarter 2025-26-Q2 --home {tmp_path / 'new'}",
        f"Then: liia purge --home {tmp_path / 'new'}, since what was purged after "
        "2026-03-04T02:30:00+00:00 is back.",
        f"Then: liia health --home {tmp_path / 'new'}",
    ]
    del manifest.files["secrets/pseudonym.key"]
    assert "Set LIIA_PSEUDONYM_KEY as it was" in " ".join(next_steps(manifest, tmp_path))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """`liia` in this process: its exit code and what it said."""

    def do(*arguments: object) -> tuple[int, str]:
        said = io.StringIO()
        for name in ("console", "errors"):
            monkeypatch.setattr(cli, name, Console(file=said, highlight=False))
        with pytest.raises(SystemExit) as ended:
            cli.app([*map(str, arguments)])
        return int(ended.value.code or 0), said.getvalue()

    return do


def test_the_commands(command: Callable[..., tuple[int, str]], place: Home, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    code, said = command("backup", "--home", place.root, "--to", to, "--keep-days", 30)
    assert code == 0
    assert "child-level data (landing/annex_a, quarantine/annex_a, raw/.parsed)" in said
    (made,) = to.iterdir()
    code, said = command("backup", "--home", place.root, "--to", place.landing)
    assert (code, "name a folder elsewhere" in said) == (1, True)
    with alone_in(place.root, WORK):
        code, said = command("backup", "--home", place.root, "--to", to)
    assert (code, "is at work in" in said) == (1, True)
    code, said = command("backup", "--home", tmp_path / "nowhere", "--to", to)
    assert (code, "There is no home at" in said) == (2, True)
    code, said = command("restore", made, "--home", tmp_path / "new")
    assert (code, "Then: liia purge" in said) == (0, True)
    code, said = command("restore", made, "--home", tmp_path / "new")
    assert (code, "is not empty" in said) == (2, True)
    altered(made / FIGURES)
    code, said = command("restore", made, "--home", tmp_path / "newer")
    assert (code, f"{FIGURES} is altered" in said) == (1, True)
