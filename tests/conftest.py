"""Fixtures shared by all tests: the reader's tools on PATH, other people's data, whole runs."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from xdist.scheduler import LoadScopeScheduling

PROJECT = Path(__file__).parent.parent
# Real files of DfE, ONS and others, laid beside the project; never copied into it.
SHARED = Path(os.environ.get("LIIA_SHARED_DATA", PROJECT.parent / "shared" / "data"))


# Fixtures that take minutes to make.
_LONG = ("synthetic_landing", "synthetic_run", "real_run")


class _Together(LoadScopeScheduling):
    """With several workers a file stays with one of them, as do all files that share a long run.

    xdist's own groups need a node id that can be changed, which pytest 9.2 has no more.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _worker_of(nodeid.split("::", 1)[0])


@cache
def _worker_of(file: str) -> str:
    text = (PROJECT / file).read_text(encoding="utf-8")
    shared = [name for name in _LONG if name in text]
    return shared[-1].replace("landing", "run") if shared else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def _tools_on_path() -> Iterator[None]:
    """dbt and dagster of this environment, also where it is not activated."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    patch.setenv("DO_NOT_TRACK", "1")
    names = ("HOME", "LANDING", "DELIVERY", "NOTICES", "DAGSTER_POSTGRES_URL", "CODE_PORT")
    for name in (*(f"LIIA_{name}" for name in names), "DAGSTER_HOME"):
        patch.delenv(name, raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files; absent, a test is skipped, but never in CI."""
    if not SHARED.is_dir():
        reason = f"the real files are not at {SHARED} (set LIIA_SHARED_DATA)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


@dataclass(frozen=True)
class Run:
    """One `liia run`: where, how it ended, what it said."""

    home: Path
    code: int
    output: str

    def mart(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.home / "marts" / f"{name}.parquet")


# For processes that a test ends by signals: tests run in the background have Ctrl-C ignored, which
# children inherit, and Dagster's servers take for SIGTERM what they find for Ctrl-C.
ctrl_c_reaches_it = partial(signal.signal, signal.SIGINT, signal.default_int_handler)


def left_behind(code: str, count: int) -> set[str]:
    """Those of the `count` processes that a Python program began that live on when it is killed.

    It prints their numbers in one line and then waits. They have some seconds to notice.
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        began = set(run.stdout.readline().split())
        assert len(began) == count
        assert {number for number in began if _lives(number)} == began
        run.kill()
    until = time.monotonic() + 20
    while (left := {number for number in began if _lives(number)}) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _lives(number: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return "Z" not in Path("/proc", number, "stat").read_text().rpartition(")")[2].split()[0]
    return False


def liia(*arguments: object, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """The command as a user starts it, in a process of its own; `project` may be a copy."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def liia_run(
    quarter: str, landing: Path, home: Path, *options: str, project: Path = PROJECT
) -> Run:
    where = ("--landing", landing, "--home", home)
    done = liia("run", "--quarter", quarter, *where, *options, project=project)
    return Run(home, done.returncode, done.stdout + done.stderr)
