"""Ctrl-C ends a run within seconds, with one line, wherever it comes."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.faults.commands import At, end, run, start
from tests.faults.conftest import Before
from tests.faults.readers import seen

# As a terminal sends it, to dbt as well.
MOMENTS = {
    "reading": At("open", r"landing/returns/.*_v2_", signal_name="SIGINT"),
    "dbt builds": At("open", r"run/.*/fct_indicator\.sql", signal_name="SIGINT"),
}
SWALLOWED = """
import time
from orchestration import interrupt
with interrupt.ends_soon(lambda: print("Stopped.", flush=True), grace=1):
    while True:
        try:
            print("at work", flush=True)
            time.sleep(60)
        except BaseException:
            pass
"""


@pytest.fixture(scope="module")
def home(before: Before, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return before.copy(tmp_path_factory.mktemp("interrupted") / "home")


@pytest.mark.parametrize("at", MOMENTS.values(), ids=MOMENTS)
def test_ctrl_c_ends_a_run(at: At, home: Path, before: Before) -> None:
    ended = run(before.landing, home, at)
    assert ended.code == 130, ended.output
    assert ended.line.endswith("run again to go on.")
    assert ended.line.count("Stopped by Ctrl-C.") == 1
    # None of ours: Dagster's own processes, which follow its logs, each end with one.
    assert ended.output.count("Traceback") == ended.output.count('watch_orphans.py", line 38')
    assert seen(home) == before.seen


def test_ctrl_c_while_the_command_starts(home: Path, before: Before) -> None:
    at = At("import", "dagster_shared", signal_name="SIGINT")
    ended = run(before.landing, home, at)
    assert ended.code == 130, ended.output
    assert ended.line.startswith("Stopped by Ctrl-C.")
    assert "Traceback" not in ended.output


def test_what_swallows_the_signal_is_ended_all_the_same() -> None:
    process = start([sys.executable, "-c", SWALLOWED])
    assert process.stdout.readline() == "at work\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    ended = end(process, within=60)
    assert ended.code == 130
    assert ended.output.endswith("Stopped.\n")
