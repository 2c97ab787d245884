"""Whether the warehouse of a home was built from the dbt project as it is now.

Where it was, a run need not load the seeds and test them again, nor build what only other sources
feed: they cannot have changed. No dbt and no Dagster here; which assets a run takes on is
`defs/transform.py`.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from orchestration.home import DBT_PROJECT, Home


def sources() -> list[Path]:
    """The files that the dbt project is made of."""
    folders = ("models", "macros", "seeds", "tests")
    files = [path for folder in folders for path in (DBT_PROJECT / folder).rglob("*")]
    return sorted(path for path in [*files, *DBT_PROJECT.glob("*.yml")] if path.is_file())


def stands(home: Home) -> bool:
    """All of the project as it is now was built in the home, with its tests."""
    note = _note(home)
    return home.warehouse.exists() and note.exists() and note.read_text("utf-8") == _project()


@contextlib.contextmanager
def noted(home: Home) -> Iterator[None]:
    """Around a build of the whole project: noted where it ends without an error."""
    _note(home).unlink(missing_ok=True)
    project = _project()
    yield
    _note(home).write_text(project, encoding="utf-8")


def _note(home: Home) -> Path:
    return home.warehouse.with_name("built_from")


def _project() -> str:
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(DBT_PROJECT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
