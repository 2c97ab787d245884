"""The warehouse file between runs: nobody else has it, and whether it may be relied upon.

A run that builds the whole dbt project begins without the file: one that is damaged, of another
DuckDB version or no warehouse at all is no fault then. A run may also build a part, on top of what
stands: seeds change with the project only, and what other sources feed cannot have changed. That
takes a note from the last build, that it ended well, of which project, and what it left in the file
and of the marts. What is in the file is dbt's business.
"""

import contextlib
import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ingestion import whole
from orchestration.home import DBT_PROJECT, Home

# Long enough for a dbt that outlived its run to end; short enough for a person who waits.
PATIENCE = 120.0


class WarehouseInUse(Exception):
    """Another program has the warehouse open, and does not let go; the message says what to do."""


def project_files() -> list[Path]:
    """The files that the dbt project is made of."""
    folders = ("models", "macros", "seeds", "tests")
    files = [path for folder in folders for path in (DBT_PROJECT / folder).rglob("*")]
    return sorted(path for path in [*files, *DBT_PROJECT.glob("*.yml")] if path.is_file())


def is_newer_than_project(parsed: Path) -> bool:
    """Whether what dbt made of the project is of its files as they are now."""
    newest = max(path.stat().st_mtime for path in project_files())
    return parsed.exists() and parsed.stat().st_mtime >= newest


def stands(home: Home) -> bool:
    """The file is as a build of the project as it is now left it, with its tests."""
    note = _note(home)
    return note.exists() and note.read_text(encoding="utf-8") == _left(home, _project())


@contextlib.contextmanager
def noted(home: Home) -> Iterator[None]:
    """Around a build after which all of the project stands: noted if it ends without an error."""
    _note(home).unlink(missing_ok=True)
    project = _project()
    yield
    if left := _left(home, project):
        whole.write_text(_note(home), left)


def begin(
    warehouse: Path,
    say: Callable[[str], object],
    *,
    anew: bool,
    patience: float = PATIENCE,
    pause: float = 0.5,
) -> None:
    """Wait until no program has the file of an earlier build open; `anew`: take it away then.

    Raises WarehouseInUse where one still has after `patience` seconds.
    """
    until, told = time.monotonic() + patience, False
    while not _let_go(warehouse, anew):
        if not told:
            say(f"Another program has {warehouse} open. This run waits and then goes on.")
            told = True
        if time.monotonic() > until:
            raise WarehouseInUse(
                f"Another program still has {warehouse} open after {patience:.0f} seconds. Close it"
                " and run again; analysts use analyst.duckdb or the Parquet files instead."
            )
        time.sleep(pause)


def _let_go(warehouse: Path, anew: bool) -> bool:
    """Whether nobody has DuckDB's lock on the file, which is gone then if begun anew."""
    with contextlib.suppress(FileNotFoundError), warehouse.open("r+b") as file:
        try:
            # The lock that DuckDB takes: dbt of a run that was killed may still be building.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a share that knows no locks
        if anew:
            warehouse.unlink()
    if anew:
        _log(warehouse).unlink(missing_ok=True)
    return True


def _note(home: Home) -> Path:
    return home.warehouse.with_name("built_from.json")


def _log(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.wal")


def _left(home: Home, project: str) -> str | None:
    """What a build has left: of which project, and the file and the staged marts to the byte."""
    if not home.warehouse.exists() or _log(home.warehouse).exists():
        return None
    marts = sorted(home.staged_marts.glob("*.parquet"))
    left = {
        "project": project,
        "warehouse": whole.sha256_of(home.warehouse),
        "marts": {path.stem: whole.sha256_of(path) for path in marts},
    }
    return json.dumps(left, indent=2) + "\n"


def _project() -> str:
    digest = hashlib.sha256()
    for path in project_files():
        digest.update(f"{path.relative_to(DBT_PROJECT).as_posix()}\0".encode())
        digest.update(whole.sha256_of(path).encode())
    return digest.hexdigest()
