"""Dagster's run history in the home, kept open for as long as a step writes much of it.

Dagster opens and closes SQLite for every event, and whoever closes a database last has to clear its
log to disk: for the thousands of events of dbt's tests that took longer than dbt. Nothing is read
or written here. A history on PostgreSQL has no such files, and nothing is held.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def kept_open(dagster_home: Path, run_id: str) -> Iterator[None]:
    """Hold the databases that a run's events go to; one that is not there is passed over."""
    runs = dagster_home / "history" / "runs"
    with contextlib.ExitStack() as held:
        for path in (runs / "index.db", runs / f"{run_id}.db"):
            if path.exists():
                connection = sqlite3.connect(path)
                held.callback(connection.close)
                # Only a connection that has read something counts as one.
                connection.execute("select count(*) from sqlite_master").fetchone()
        yield
