"""Dagster's settings in a home: of this version, of the storage that the environment names."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration import home as homes
from orchestration.home import POSTGRES, Home, SettingsError
from tests.conftest import liia

ADDRESS = "postgresql+psycopg2://liia:very-secret@127.0.0.1:1/liia?connect_timeout=1"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv(POSTGRES, raising=False)
    return Home(tmp_path, tmp_path / "landing")


def settings(place: Home) -> str:
    return (place.dagster / "dagster.yaml").read_text(encoding="utf-8")


def test_dagster_reads_them_and_keeps_its_history_in_the_home(place: Home) -> None:
    place.prepare()
    with dg.DagsterInstance.from_config(str(place.dagster)) as instance:
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 4 * 3600
        assert (instance.run_retries_enabled, instance.run_retries_max_retries) == (True, 1)
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        assert "FRESHNESS_DAEMON" in instance.get_required_daemon_types()
        kept = instance.get_tick_retention_settings(_sensor())
        assert {status.value: days for status, days in kept.items()}["SKIPPED"] == 7
    assert (place.dagster / "history").is_dir()
    assert not place.history_on_server


def _sensor() -> object:
    from dagster._core.definitions.run_request import InstigatorType

    return InstigatorType.SENSOR


def test_those_of_an_earlier_version_are_brought_up_to_date(place: Home) -> None:
    place.dagster.mkdir()
    earlier = "# Written by `liia`; one DuckDB writer at a time.\ntelemetry:\n  enabled: false\n"
    (place.dagster / "dagster.yaml").write_text(earlier, encoding="utf-8")
    place.prepare()
    assert settings(place) == (homes.DEPLOYMENT / "dagster.yaml").read_text(encoding="utf-8")
    assert [path.name for path in place.dagster.iterdir()] == ["dagster.yaml"]


def test_those_of_the_administrator_stay(place: Home) -> None:
    place.dagster.mkdir()
    (place.dagster / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    place.prepare()
    assert settings(place) == "telemetry:\n  enabled: false\n"


def test_an_address_in_the_environment_takes_the_history_to_a_server(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.prepare()
    monkeypatch.setenv(POSTGRES, ADDRESS)
    place.prepare()
    storage = yaml.safe_load(settings(place))["storage"]
    assert storage == {"postgres": {"postgres_url": {"env": POSTGRES}}}
    assert place.history_on_server
    assert "very-secret" not in settings(place)
    # Else a second history would be begun in files, by whoever forgot the variable.
    monkeypatch.delenv(POSTGRES)
    with pytest.raises(SettingsError, match=f"is on PostgreSQL, and {POSTGRES} does not say"):
        place.prepare()
    (place.dagster / "dagster.yaml").unlink()
    place.prepare()
    assert not place.history_on_server


@pytest.mark.parametrize(
    "address",
    ["postgresql://liia:very-secret@db/liia", "postgres://liia:very-secret@db/liia", "db"],
)
def test_an_address_for_another_driver_is_refused_without_being_shown(
    address: str, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(POSTGRES, address)
    with pytest.raises(SettingsError, match=r"has to begin with postgresql\+psycopg2://") as told:
        place.prepare()
    assert "very-secret" not in str(told.value)
    assert not place.dagster_settled


def test_without_the_extra_it_says_which(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POSTGRES, ADDRESS)
    monkeypatch.setattr(homes, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="it is in the extra `server`"):
        place.prepare()


def test_a_command_says_it_in_a_sentence(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POSTGRES, "db")
    done = liia("serve", "daemon", "--home", place.root)
    assert done.returncode == 2
    assert "has to begin with postgresql+psycopg2://" in done.stderr
    assert "Traceback" not in done.stderr


def test_there_is_no_fourth_part(place: Home) -> None:
    done = liia("serve", "everything", "--home", place.root)
    assert done.returncode == 2
    assert "code, webserver or daemon" in done.stderr.replace("\n", " ")
    assert not place.dagster.exists()
