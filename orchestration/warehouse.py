"""The warehouse file between runs: nobody else has it, and nothing in it is relied upon.

Every run builds it whole, so it begins without the file: one that is damaged, of another DuckDB
version or no warehouse at all is no fault then. What is in it is dbt's business.
"""

import contextlib
import fcntl
import time
from collections.abc import Callable
from pathlib import Path

# Long enough for a dbt that outlived its run to end; short enough for a person who waits.
PATIENCE = 120.0


class WarehouseInUse(Exception):
    """Another program has the warehouse open, and does not let go; the message says what to do."""


def begin_anew(
    warehouse: Path, say: Callable[[str], object], patience: float = PATIENCE, pause: float = 0.5
) -> None:
    """Take the file of an earlier build away, once no program has it open.

    Raises WarehouseInUse where one still has after `patience` seconds.
    """
    until, told = time.monotonic() + patience, False
    while not _taken_away(warehouse):
        if not told:
            say(f"Another program has {warehouse} open. This run waits and then goes on.")
            told = True
        if time.monotonic() > until:
            raise WarehouseInUse(
                f"Another program still has {warehouse} open after {patience:.0f} seconds. Close it"
                " and run again; analysts use analyst.duckdb or the Parquet files instead."
            )
        time.sleep(pause)


def _taken_away(warehouse: Path) -> bool:
    """Whether the file is gone; False where another program has DuckDB's lock on it."""
    with contextlib.suppress(FileNotFoundError), warehouse.open("r+b") as file:
        try:
            # The lock that DuckDB takes: dbt of a run that was killed may still be building.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a share that knows no locks
        warehouse.unlink()
    warehouse.with_name(f"{warehouse.name}.wal").unlink(missing_ok=True)
    return True
