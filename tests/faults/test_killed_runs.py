"""A run that is killed (kill -9) at the boundaries of its steps and in the middle of them.

One home is brought from before to after by runs that each die a little later, and at last by one
that does not. After each, readers see the old whole or the new.
"""

import time
from pathlib import Path

import pytest

from tests.faults.commands import At, run, run_command, start
from tests.faults.conftest import Before
from tests.faults.readers import Seen, left_over, seen

# In the order of a run. Of a rename, `after` is the boundary behind the step that ends with it.
MOMENTS = {
    "at the first step": At("os.scandir", r"landing/"),
    "reading a return": At("open", r"landing/returns/.*_v2_"),
    "keeping what a return gave": At("os.rename", r"return_values\.parquet\.tmp .*raw/\.parsed"),
    "half through keeping it": At("open", r"raw/\.parsed/.*\.facts\.json\.tmp", after=True),
    "writing the ledger": At("os.rename", r"ledger/return\.parquet"),
    "ledger written, tables not": At("os.rename", r"ledger/return\.parquet", after=True),
    "writing a table for dbt": At("os.rename", r"raw/return_values\.parquet"),
    "between ingestion and gates": At("os.rename", r"raw/return_findings\.parquet", after=True),
    "between the gates and dbt": At("subprocess.Popen", r"dbt.* build"),
    "while dbt builds": At("open", r"run/.*/fct_indicator\.sql"),
}


@pytest.fixture(scope="module")
def home(before: Before, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return before.copy(tmp_path_factory.mktemp("killed") / "home")


@pytest.mark.parametrize("at", MOMENTS.values(), ids=MOMENTS)
def test_killed_before_publication_readers_see_the_old_whole(
    at: At, home: Path, before: Before
) -> None:
    run(before.landing, home, at).killed()
    assert seen(home) == before.seen


def test_dbt_that_outlives_its_run_is_waited_for(home: Path, before: Before, after: Seen) -> None:
    """Only the run is killed; dbt goes on. The next run, alone, then does the rest.

    It is the run that proves all kills before it.
    """
    dying = start(run_command(before.landing, home))
    until = time.monotonic() + 600
    while not _builds(home):
        assert dying.poll() is None and time.monotonic() < until
        time.sleep(0.1)
    dying.kill()
    assert dying.wait() == -9
    assert seen(home) == before.seen
    ended = run(before.landing, home)
    assert ended.code == 0, ended.output
    assert seen(home) == after
    assert left_over(home) == []


def _builds(home: Path) -> bool:
    """Whether dbt has begun to write marts of its own."""
    return (home / "warehouse" / "liia.duckdb").exists() and any(
        path.stat().st_mtime > (home / "dagster" / "last_run.log").stat().st_ctime
        for path in (home / "warehouse" / "published").glob("*.parquet")
    )
