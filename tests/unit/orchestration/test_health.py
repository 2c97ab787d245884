"""`liia health`: each fault is seen for itself, says what to do, and nothing else turns with it."""

import json
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from dagster._core.storage.dagster_run import DagsterRun
from dagster._daemon.types import DaemonHeartbeat

from ingestion.landing import LONDON
from ingestion.ledger import COLUMNS, Ledger
from ingestion.lock import alone_in
from ingestion.store import ledger_path, write_parquet
from orchestration import health, publish
from orchestration.health import Line, State
from orchestration.home import POSTGRES, WORK, Home
from tests.conftest import liia

NOW = datetime.now(LONDON)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which a quarter has run, as far as these lines ask."""
    for name in ("LIIA_HOME", "LIIA_LANDING", "DAGSTER_HOME", "LIIA_CODE_PORT", "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # restored, whatever is exported
    monkeypatch.delenv(POSTGRES, raising=False)
    monkeypatch.delenv("LIIA_PSEUDONYM_KEY", raising=False)
    home = Home(tmp_path / "home", tmp_path / "home/landing")
    home.prepare()
    home.root.chmod(0o700)
    home.landing.mkdir()
    home.pseudonym_key()
    ledger = Ledger(ledger_path(home.root, "annex_a")).read()
    row = dict.fromkeys(COLUMNS) | {"state": "accepted", "size": 1, "is_current": True}
    row |= {"is_synthetic": True, "received_at": NOW, "first_seen_at": NOW}
    rows = pd.DataFrame([row])[COLUMNS].astype(ledger.dtypes.to_dict())
    write_parquet(rows, ledger_path(home.root, "annex_a"))
    monkeypatch.setattr(publish, "mart_names", lambda: ["fct_measure"])
    for folder in (home.staged_marts, home.marts):
        write_parquet(pd.DataFrame({"value": [1]}), folder / "fct_measure.parquet")
    publish.let_pass(home)
    (home.outputs / "2025-26-Q2/dfe").mkdir(parents=True)
    return home


def ask(place: Home, unattended: bool = False, now: datetime | None = None) -> dict[str, Line]:
    now = now or datetime.now(LONDON)
    return {line.name: line for line in health.examine(place, now, unattended)}


def faults(lines: dict[str, Line]) -> dict[str, str]:
    return {name: line.found for name, line in lines.items() if line.state is State.FAULT}


def test_a_home_that_is_well(place: Home) -> None:
    lines = ask(place)
    assert faults(lines) == {}
    assert lines["ledger"].found.startswith("file versions: 0 of return, 1 of annex_a")
    assert lines["marts"].found == "1 published, as their gate let them pass"
    assert lines["pseudonym key"].found == "in secrets/, for its owner alone"
    assert lines["history"].found == "in files of the home, 0 runs"
    assert list(health.text(list(lines.values())))[-1] == "All is well."


def test_a_new_home_has_nothing_to_complain_of(tmp_path: Path) -> None:
    lines = ask(Home(tmp_path, tmp_path / "landing"))
    assert faults(lines) == {}
    assert lines["history"].found == "none: nothing has run in this home"
    assert not list(tmp_path.iterdir()), "it changes nothing"
    unattended = ask(Home(tmp_path, tmp_path / "landing"), unattended=True)
    assert set(faults(unattended)) == {"history"}


Usage = namedtuple("Usage", "total used free")


def full(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**9))


def read_only(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)


def ahead(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 3600
    os.utime(ledger_path(place.root, "annex_a"), (later, later))


def torn_ledger(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ledger_path(place.root, "return")
    path.write_bytes(b"PAR1 and no more")


def other_marts(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(pd.DataFrame({"value": [2]}), place.marts / "fct_measure.parquet")


def broken_log(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    place.registers.mkdir()
    (place.registers / "egress.jsonl").write_text("what was this\n", encoding="utf-8")


def torn_history(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.dagster / "history").mkdir()
    (place.dagster / "history/runs.db").write_bytes(b"no database" * 1000)


HARM: dict[str, tuple[Callable[[Home, pytest.MonkeyPatch], object], str]] = {
    "home": (read_only, "cannot be written to"),
    "landing zone": (lambda place, _: place.landing.rmdir(), "is not there"),
    "disk": (full, "0.9 GB free"),
    "clock": (ahead, "and the home was written to at"),
    "ledger": (torn_ledger, "that of return cannot be read (Damaged)"),
    "marts": (other_marts, "not as their gate let them pass: fct_measure"),
    "egress log": (broken_log, "line 1"),
    "history": (torn_history, "in files of the home, and cannot be read"),
}


@pytest.mark.parametrize("name", HARM)
def test_each_fault_is_seen_for_itself_and_says_what_to_do(
    name: str, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    do, says = HARM[name]
    do(place, monkeypatch)
    lines = ask(place)
    assert list(faults(lines)) == [name]
    assert says in lines[name].found
    assert lines[name].do


def test_the_key_is_there_and_its_owners(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    place.key_file.chmod(0o640)
    assert faults(ask(place)) == {"pseudonym key": "others can read it (0640)"}
    place.key_file.unlink()
    assert faults(ask(place)) == {"pseudonym key": "it is gone"}
    monkeypatch.setenv("LIIA_PSEUDONYM_KEY", "k" * 64)
    lines = ask(place)
    assert (faults(lines), lines["pseudonym key"].found) == ({}, "in the environment")


def test_what_is_no_fault_is_a_note(place: Home) -> None:
    place.root.chmod(0o755)
    (place.outputs / "2025-26-Q2/.dfe.new").mkdir()
    publish.hold_back(place)
    lines = ask(place)
    assert faults(lines) == {}
    notes = {name for name, line in lines.items() if line.state is State.NOTE}
    assert {"home", "outputs", "marts"} <= notes
    assert "2025-26-Q2/.dfe.new" in lines["outputs"].found


def test_a_run_between_gate_and_publication_is_no_fault(place: Home) -> None:
    write_parquet(pd.DataFrame({"value": [2]}), place.staged_marts / "fct_measure.parquet")
    publish.let_pass(place)
    with alone_in(place.root, WORK):
        lines = ask(place)
    assert (faults(lines), lines["marts"].state) == ({}, State.NOTE)
    assert "at work in it" in lines["held"].found
    assert set(faults(ask(place))) == {"marts"}


def test_a_run_that_does_not_go_on(place: Home) -> None:
    """Started an hour ago, and nobody has the home: its process is gone."""
    with dg.DagsterInstance.from_config(str(place.dagster)) as instance:
        instance.add_run(DagsterRun(job_name="quarter", run_id="f" * 32))
        instance.report_engine_event("waits", instance.get_run_by_id("f" * 32))
    assert faults(ask(place)) == {}
    now = datetime.now(LONDON)
    lines = ask(place, now=now + timedelta(hours=5))
    assert lines["runs"].found == "do not go on: quarter ffffffff (not_started)"
    _started(place)
    soon = ask(place, now=now + timedelta(minutes=5))
    assert "runs" not in faults(soon)
    lines = ask(place, now=now + timedelta(minutes=20))
    assert lines["runs"].found == "do not go on: quarter ffffffff (started)"
    with alone_in(place.root, WORK):
        lines = ask(place, now=now + timedelta(minutes=20))
    assert lines["runs"].state is State.OK


def _started(place: Home) -> None:
    with dg.DagsterInstance.from_config(str(place.dagster)) as instance:
        run = instance.get_run_by_id("f" * 32)
        for kind in (dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START):
            instance.report_dagster_event(dg.DagsterEvent(kind.value, "quarter"), run.run_id)


def test_the_daemon_is_expected_where_nobody_attends(place: Home) -> None:
    assert ask(place)["daemon"].state is State.NOTE
    silent = faults(ask(place, unattended=True))["daemon"]
    assert silent.startswith("not alive, or in error: ") and "scheduler" in silent
    with dg.DagsterInstance.from_config(str(place.dagster)) as instance:
        for kind in instance.get_required_daemon_types():
            instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), kind, "one", []))
    assert "daemon" not in faults(ask(place, unattended=True))


def test_the_quarter_that_the_calendar_has_published_is_expected(place: Home) -> None:
    # 2025-26 Q2: returns due 28 October 2025, published on 11 November.
    before, after = (datetime(2025, 11, day, 12, tzinfo=LONDON) for day in (11, 12))
    _ran(place, "2025-04-01")
    made = ask(place, unattended=True, now=before)
    assert made["last whole run"].state is State.OK
    lines = ask(place, unattended=True, now=after)
    assert "2025-26 Q2 was to be published on 2025-11-11" in faults(lines)["last whole run"]
    assert lines["last whole run"].do == "liia run --quarter 2025-26-Q2"
    assert ask(place, now=after)["last whole run"].state is State.NOTE
    _ran(place, "2025-07-01")
    assert "last whole run" not in faults(ask(place, unattended=True, now=after))


def _ran(place: Home, key: str) -> None:
    with dg.DagsterInstance.from_config(str(place.dagster)) as instance:
        run = DagsterRun(
            job_name="quarter",
            run_id=key.replace("-", "") * 4,
            status=dg.DagsterRunStatus.SUCCESS,
            tags={"dagster/partition": key},
        )
        instance.add_run(run)


def test_a_history_on_a_server_that_is_not_named(place: Home) -> None:
    (place.dagster / "dagster.yaml").write_text(f"# {POSTGRES}\n", encoding="utf-8")
    lines = ask(place)
    assert faults(lines) == {"history": "its server is not named"}
    assert POSTGRES in lines["history"].do


def test_a_check_that_breaks_holds_up_no_other(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> object:
        raise RuntimeError("a name of a child")

    monkeypatch.setattr(shutil, "disk_usage", breaks)
    lines = ask(place)
    assert faults(lines) == {"disk": "could not be asked (RuntimeError)"}
    assert lines["history"].state is State.OK


def test_the_command(tmp_path: Path) -> None:
    nowhere = liia("health", "--home", tmp_path / "nowhere")
    assert (nowhere.returncode, "There is no home at" in nowhere.stderr) == (2, True)
    done = liia("health", "--home", tmp_path, "--unattended", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["healthy"], told["home"]) == (1, False, str(tmp_path))
    assert set(told["checks"][0]) == {"name", "state", "found", "do"}
