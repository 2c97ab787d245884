"""The run history stays open while much of it is written, and is whole afterwards."""

import sqlite3
from pathlib import Path

from orchestration.history import kept_open


def database(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table events (n integer)")
    connection.close()
    return path


def write(path: Path, n: int) -> None:
    """As Dagster does: a connection for one event."""
    with sqlite3.connect(path) as connection:
        connection.execute("insert into events values (?)", [n])
    connection.close()


def test_an_event_need_not_clear_the_log_to_disk_and_none_is_lost(tmp_path: Path) -> None:
    runs = tmp_path / "history" / "runs"
    paths = [database(runs / "index.db"), database(runs / "one.db")]
    other = database(runs / "other.db")
    with kept_open(tmp_path, "one"):
        for path in [*paths, other]:
            write(path, 1)
        assert all(path.with_name(f"{path.name}-wal").exists() for path in paths)
        assert not other.with_name("other.db-wal").exists()
    for path in paths:
        assert not path.with_name(f"{path.name}-wal").exists()
        with sqlite3.connect(path) as connection:
            assert connection.execute("select n from events").fetchall() == [(1,)]
        connection.close()


def test_a_history_kept_elsewhere_is_passed_over(tmp_path: Path) -> None:
    with kept_open(tmp_path, "one"):
        assert list(tmp_path.iterdir()) == []
