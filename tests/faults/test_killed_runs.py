"""A run that is killed (kill -9) at the boundaries of its steps and in the middle of them.

One home is brought from before to after by runs that each die a little later, and at last by one
that does not. After each, readers see the old whole or the new.
"""

import fcntl
import subprocess
import time
from pathlib import Path

import dagster as dg
import pytest

from tests.faults.commands import LONGEST, At, end, run, run_command, start
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

# One output of the quarter, as the UI's Materialize does.
MATERIALIZE = [
    *("dagster", "asset", "materialize", "-m", "orchestration.definitions"),
    *("--select", "key:outputs/returns", "--partition", "2025-07-01"),
]


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
    """Only the run is killed; dbt goes on. The next run waits for it and then does the rest.

    It is the run that proves all kills before it; and beside it two more are started, which do not
    get in its way: one more command says so and stops, one as the UI starts it waits for its turn.
    """
    dying = start(run_command(before.landing, home))
    until = time.monotonic() + LONGEST
    while not _builds(home):
        assert dying.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    dying.kill()
    dying.communicate()
    assert seen(home) == before.seen
    run_through = start(run_command(before.landing, home))
    said = _until_it_works(run_through)
    from_ui = start(MATERIALIZE, env=_environment(home, before.landing))
    run(before.landing, home).told("Another run or purge is at work")
    ended = end(run_through)
    assert ended.code == 0, said + ended.output
    waited = end(from_ui)
    assert waited.code == 0, waited.output
    assert "This run waits and then goes on" in waited.line
    assert seen(home) == after
    assert left_over(home) == []
    # The runs that were killed are over in the UI's eyes too.
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        states = {run.status for run in instance.get_runs()}
    assert states <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}


def _until_it_works(process: subprocess.Popen[str]) -> str:
    """What a run has said once its first step is done."""
    said = ""
    while "done" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def _environment(home: Path, landing: Path) -> dict[str, str]:
    return {
        "LIIA_HOME": str(home),
        "LIIA_LANDING": str(landing),
        "DAGSTER_HOME": str(home / "dagster"),
    }


def _builds(home: Path) -> bool:
    """Whether dbt of the run at work has its warehouse open."""
    warehouse = home / "warehouse" / "liia.duckdb"
    return warehouse.exists() and _locked(warehouse)


def _locked(path: Path) -> bool:
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
