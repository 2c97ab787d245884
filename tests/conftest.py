"""Fixtures shared by all tests: the reader's tools on PATH, other people's data, whole runs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

PROJECT = Path(__file__).parent.parent
# Real files of DfE, ONS and others, laid beside the project; never copied into it.
SHARED = Path(os.environ.get("LIIA_SHARED_DATA", PROJECT.parent / "shared" / "data"))


# Fixtures that take minutes to make.
_LONG = ("synthetic_landing", "real_run")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers a file stays with one of them, as does all that shares a long run."""
    for item in items:
        shares = [name for name in _LONG if name in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(shares[0] if shares else str(item.path)))


@pytest.fixture(scope="session", autouse=True)
def _tools_on_path() -> Iterator[None]:
    """dbt and dagster of this environment, also where it is not activated."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    patch.setenv("DO_NOT_TRACK", "1")
    for name in ("LIIA_HOME", "LIIA_LANDING", "LIIA_DELIVERY", "LIIA_NOTICES", "DAGSTER_HOME"):
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


def liia(*arguments: object, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """The command as a user starts it, in a process of its own; `project` may be a copy."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def liia_run(quarter: str, landing: Path, home: Path, project: Path = PROJECT) -> Run:
    done = liia("run", "--quarter", quarter, "--landing", landing, "--home", home, project=project)
    return Run(home, done.returncode, done.stdout + done.stderr)
