"""Dagster's run history on SQLite: its databases stay open for as long as much is written.

Dagster opens and closes SQLite anew for every event, builds SQLAlchemy's engine for it, and whoever
closes a database last has to clear its log to disk: for the thousands of events of dbt's tests that
took longer than dbt. On another storage nothing is changed. No event is read or written here.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import cache

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool


@contextlib.contextmanager
def kept_open(instance: dg.DagsterInstance) -> Iterator[None]:
    """Give each of the history's databases one connection until the block ends.

    A block within another changes nothing. Events are committed one by one as ever, so whoever
    reads the history meanwhile sees them; a process that is killed loses none of them.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage) or "_connect" in vars(storage):
        yield
        return
    opened: dict[str, Engine] = {}

    @contextlib.contextmanager
    def connect(shard: str) -> Iterator[Connection]:
        # Dagster's own lock: one thread at a time writes, so one connection is enough.
        with storage._db_lock:
            if shard not in opened:
                opened[shard] = _engine(storage.conn_string_for_shard(shard))
            if shard not in storage._initialized_dbs:
                storage._initdb(opened[shard])
                storage._initialized_dbs.add(shard)
            with opened[shard].begin() as connection:
                yield connection

    # Asked about each result of a check, from the database's catalogue; a table does not go again.
    own = {"_connect": connect, "has_table": cache(storage.has_table)}
    vars(storage).update(own)
    try:
        yield
    finally:
        for name in own:
            del vars(storage)[name]
        for engine in opened.values():
            engine.dispose()


def _engine(address: str) -> Engine:
    engine = create_engine(
        address, poolclass=StaticPool, connect_args={"timeout": 60, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def settle(connection: sqlite3.Connection, _record: object) -> None:
        # Enough to survive the end of any process; only the loss of power could cost the newest
        # events, and leaves the history whole.
        connection.execute("pragma synchronous = normal")

    return engine
