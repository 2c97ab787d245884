"""Dagster's history on a real PostgreSQL server: runs, notices, health, and the code location."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from exports.notices.notice import Kind
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.sample import write_landing_zone
from orchestration import health
from orchestration import home as homes
from orchestration.backup import backup
from orchestration.health import State
from orchestration.home import POSTGRES, Home
from orchestration.notices import telling
from tests.conftest import PROJECT, ctrl_c_reaches_it
from tests.postgres_server import PASSWORD, postgres


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture(scope="module")
def place(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose history is on the server."""
    root = tmp_path_factory.mktemp("server") / "home"
    with socket.socket() as free, pytest.MonkeyPatch.context() as patch:
        free.bind(("127.0.0.1", 0))
        patch.setenv("LIIA_CODE_PORT", str(free.getsockname()[1]))
        patch.setenv(POSTGRES, address)
        for name in ("LIIA_HOME", "LIIA_LANDING", "DAGSTER_HOME"):
            patch.setenv(name, "")  # restored, whatever is exported
        free.close()
        home = Home(root, root / "landing")
        home.prepare()
        homes.export(home)
        yield home


@pytest.fixture(scope="module")
def run(place: Home) -> dg.DagsterRun:
    """Returns of one quarter, read and materialised."""
    from orchestration.defs.ingest import ASSETS, raw_key, tables_with_ledger
    from orchestration.resources import Platform

    write_landing_zone(place.landing, quarters=1, annex_a_las=())
    platform = Platform(root=str(place.root), landing=str(place.landing))
    with dg.DagsterInstance.get() as instance:
        done = dg.materialize(
            ASSETS,
            instance=instance,
            resources={"platform": platform},
            selection=[raw_key(table) for table in tables_with_ledger("return")],
        )
        assert done.success
        return done.dagster_run


def test_a_run_and_what_it_made_are_on_the_server(place: Home, run: dg.DagsterRun) -> None:
    with dg.DagsterInstance.get() as instance:
        assert type(instance.run_storage).__name__ == "PostgresRunStorage"
        assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.SUCCESS
        made = instance.get_latest_materialization_event(dg.AssetKey(["raw", "return_values"]))
        assert made is not None and made.run_id == run.run_id
        assert instance.run_retries_enabled and instance.run_monitoring_enabled
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
    assert (place.raw / "return_values.parquet").is_file()
    assert not list(place.dagster.rglob("*.db"))


def test_the_password_is_in_no_file_of_the_home(place: Home, run: dg.DagsterRun) -> None:
    files = [path for path in place.root.rglob("*") if path.is_file()]
    assert place.dagster / "dagster.yaml" in files
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []


def test_notices_ask_the_same_history(place: Home, run: dg.DagsterRun) -> None:
    with dg.DagsterInstance.get() as instance:
        assert telling.claim(instance, run.run_id, telling.BY_SENSOR)
        assert not telling.claim(instance, run.run_id, telling.BY_SENSOR)
        assert [one.warning for one in telling.after_run(place, instance, run.run_id)] == []
    quarter = Quarter.parse("2025-26-Q2")
    notice, _ = telling.asked(place, quarter, Kind.BLOCKED)
    assert notice is None, "no run of the quarter's job yet"


def test_health_asks_the_server(
    place: Home, run: dg.DagsterRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(LONDON)
    lines = {line.name: line for line in health.examine(place, now, unattended=False)}
    assert lines["history"].found == "on PostgreSQL, 1 runs"
    assert [name for name, line in lines.items() if line.state is State.FAULT] == []


@pytest.mark.parametrize("wrong", ["port", "password"])
def test_a_server_that_does_not_answer_is_a_fault_without_its_address(
    wrong: str, place: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"port": "127.0.0.1:1/", "password": None}[wrong]
    told = (
        address.replace(PASSWORD, "another-one")
        if other is None
        else (f"postgresql+psycopg2://liia:another-one@{other}postgres?connect_timeout=2")
    )
    monkeypatch.setenv(POSTGRES, told)
    lines = health.examine(place, datetime.now(LONDON), unattended=True)
    faults = {line.name: line for line in lines if line.state is State.FAULT}
    assert set(faults) == {"history"}
    assert faults["history"].found.startswith("on PostgreSQL, and cannot be read")
    assert "another-one" not in "".join(health.text(lines))


def test_a_backup_says_that_the_history_is_not_in_it(place: Home, tmp_path: Path) -> None:
    _, manifest = backup(place, tmp_path, datetime.now(LONDON))
    assert "the run history: it is on PostgreSQL (pg_dump)" in manifest.left_out


@pytest.fixture(scope="module")
def code(place: Home) -> Iterator[subprocess.Popen[str]]:
    """The code location as its unit starts it; ends with the tests."""
    serve = [sys.executable, "-m", "orchestration.cli", "serve", "code"]
    process = subprocess.Popen(
        [*serve, "--home", str(place.root)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=ctrl_c_reaches_it,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def test_web_server_and_daemon_find_the_code_location(
    place: Home, code: subprocess.Popen[str]
) -> None:
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster._grpc.client import DagsterGrpcClient

    client = DagsterGrpcClient(host="127.0.0.1", port=int(homes.code_port()))
    until = time.monotonic() + 300
    while not _accepts(int(homes.code_port())) or client.health_check_query() != "SERVING":
        assert code.poll() is None, code.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.5)
    shipped = WorkspaceFileTarget([str(homes.DEPLOYMENT / "workspace.yaml")])
    with (
        dg.DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, shipped) as workspace,
    ):
        location = workspace.create_request_context().get_code_location("liia")
        (repository,) = location.get_repositories().values()
        assert {"quarter", "returns_in"} <= {job.name for job in repository.get_all_jobs()}
        assert "publish" in {one.name for one in repository.get_schedules()}
        assert "landed_return" in {one.name for one in repository.get_sensors()}
    assert _listening(code.pid) in ({"0100007F"}, {"0000000000000000FFFF00000100007F"})


def _accepts(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _listening(pid: int) -> set[str]:
    """The addresses at which a process listens, as the kernel writes them: 127.0.0.1 or not."""
    links = {
        str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()
    }
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {
        fields[1].split(":")[0]
        for fields in lines
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in links
    }
