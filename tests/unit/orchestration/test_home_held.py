"""Runs of Dagster and commands of `liia` in one home do not meet: two processes each."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import dagster as dg

from ingestion.lock import alone_in
from orchestration.home import WORK
from orchestration.resources import Platform
from tests.conftest import PROJECT, liia

# A run as the UI starts one: it notes when it is at work, and that nobody else is.
RUN = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    import dagster as dg
    from orchestration.resources import Platform

    root = Path(sys.argv[1])

    @dg.asset
    def first(platform: Platform) -> None:
        with (root / "notes").open("a") as notes:
            notes.write("start\\n")
        time.sleep(float(sys.argv[2]))

    @dg.asset(deps=[first])
    def second() -> None:
        with (root / "notes").open("a") as notes:
            notes.write("end\\n")

    platform = Platform(root=str(root), landing=str(root / "landing"))
    result = dg.materialize([first, second], resources={"platform": platform})
    """
)


def start(home: Path, seconds: float = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(home), str(seconds)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def noted(home: Path) -> list[str]:
    notes = home / "notes"
    return notes.read_text().splitlines() if notes.exists() else []


def wait_for(home: Path, lines: int) -> None:
    until = time.monotonic() + 60
    while len(noted(home)) < lines:
        assert time.monotonic() < until, noted(home)
        time.sleep(0.02)


def test_of_two_runs_the_second_waits_for_the_end_of_the_first(tmp_path: Path) -> None:
    """Of the whole run, also of steps that do not touch the home."""
    runs = [start(tmp_path) for _ in range(2)]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert noted(tmp_path) == ["start", "end", "start", "end"]


def test_a_run_waits_for_a_command_and_says_so(tmp_path: Path) -> None:
    with alone_in(tmp_path, WORK):
        run = start(tmp_path)
        said = ""
        while "waits" not in said:
            said = run.stdout.readline()
            assert said, "the run has ended"
        assert "Another run or purge is at work" in said
        assert noted(tmp_path) == []
    run.communicate(timeout=120)
    assert run.returncode == 0
    assert noted(tmp_path) == ["start", "end"]


def test_a_command_says_that_a_run_is_at_work_and_stops(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    run = start(tmp_path, 30)
    try:
        wait_for(tmp_path, 1)
        done = liia("purge", "--home", tmp_path)
    finally:
        run.kill()
        run.communicate(timeout=120)
    assert done.returncode == 1
    assert "Another run or purge is at work" in done.stdout


def test_a_run_that_failed_lets_go(tmp_path: Path) -> None:
    @dg.asset
    def failing(platform: Platform) -> None:
        raise ValueError(platform.root)

    platform = Platform(root=str(tmp_path), landing=str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [failing], resources={"platform": platform}, raise_on_error=False, instance=instance
        )
    assert not result.success
    with alone_in(tmp_path, WORK):
        pass


def test_a_run_whose_starter_holds_the_home_does_not_wait(tmp_path: Path) -> None:
    """Else `liia run` would wait for itself."""

    @dg.asset
    def made(platform: Platform) -> None:
        assert platform.held

    platform = Platform(root=str(tmp_path), landing=str(tmp_path), held=True)
    with alone_in(tmp_path, WORK), dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([made], resources={"platform": platform}, instance=instance).success
