"""The run history stays open while much of it is written, and is whole for whoever reads it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.history import kept_open


@dg.asset
def figure() -> None:
    pass


@dg.asset_check(asset=figure)
def plausible() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


JOB = dg.Definitions(
    assets=[figure], asset_checks=[plausible]
).resolve_implicit_global_asset_job_def()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
        yield opened


def told(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """The kinds of a run's events, as another process reads them."""
    with dg.DagsterInstance.local_temp(instance.root_directory) as other:
        return [str(entry.dagster_event_type) for entry in other.all_logs(run_id)]


def test_a_run_has_the_same_history_as_ever(instance: dg.DagsterInstance) -> None:
    plain = JOB.execute_in_process(instance=instance)
    with kept_open(instance), kept_open(instance):
        kept = JOB.execute_in_process(instance=instance)
        seen_meanwhile = told(instance, kept.run_id)
    assert kept.success
    assert seen_meanwhile == told(instance, kept.run_id) == told(instance, plain.run_id)
    assert instance.get_latest_materialization_event(figure.key).run_id == kept.run_id
    checked = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        plausible.check_keys
    )
    assert {record.run_id for record in checked.values()} == {kept.run_id}


def test_the_database_of_a_run_is_opened_once_and_left_closed(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    connect = sqlite3.connect

    def counted(path: str, **options: object) -> sqlite3.Connection:
        opened.append(Path(path).name)
        return connect(path, **options)

    with kept_open(instance):
        monkeypatch.setattr("sqlite3.dbapi2.connect", counted)
        run_id = JOB.execute_in_process(instance=instance).run_id
    assert opened.count(f"{run_id}.db") == 1
    runs = Path(instance.root_directory) / "history" / "runs"
    assert list(runs.glob("*.db")) and not list(runs.glob("*-wal"))


def test_after_a_failure_dagster_writes_as_it_did(instance: dg.DagsterInstance) -> None:
    with pytest.raises(KeyError), kept_open(instance):
        raise KeyError
    assert "_connect" not in vars(instance.event_log_storage)
    assert JOB.execute_in_process(instance=instance).success


def test_a_history_kept_elsewhere_is_passed_over() -> None:
    with dg.DagsterInstance.ephemeral() as instance, kept_open(instance):
        assert JOB.execute_in_process(instance=instance).success
