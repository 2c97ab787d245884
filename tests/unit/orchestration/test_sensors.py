"""What a sensor asks for when something changes in a landing zone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.home import Home

Look = Callable[..., dg.RunRequest | dg.SkipReason]


@pytest.fixture(scope="module")
def sensors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dg.SensorDefinition]]:
    home = tmp_path_factory.mktemp("sensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIIA_HOME", str(home))
        from orchestration.defs.sensors import SENSORS

        yield {sensor.name: sensor for sensor in SENSORS}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which 2025-26 Q1 and Q2 have been run, and the quarters before have not."""
    place = Home(tmp_path / "home", tmp_path / "landing")
    place.prepare()
    monkeypatch.setenv("LIIA_HOME", str(place.root))
    monkeypatch.setenv("LIIA_LANDING", str(place.landing))
    monkeypatch.setenv("DAGSTER_HOME", str(place.dagster))
    (place.marts / "fct_indicator.parquet").touch()
    for slug in ("2025-26-Q1", "2025-26-Q2"):
        for product in ("returns", "dfe", "rug"):
            (place.outputs / slug / product).mkdir(parents=True)
    for slug in ("2024-25-Q4", "2025-26-Q1", "2025-26-Q2"):
        put(place, f"returns/{slug}/CAM/return.xlsx")
    put(place, "published/cin.csv")
    return place


def put(place: Home, path: str, content: str = "x", at: float | None = None) -> Path:
    file = place.landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    if at is not None:
        os.utime(file, (at, at))
    return file


@pytest.fixture
def look(
    home: Home, sensors: dict[str, dg.SensorDefinition], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Look]:
    """A tick of a source's sensor half a minute after the one before; its cursor is kept."""
    cursors: dict[str, str | None] = {}
    clock = [1_000_000.0]
    monkeypatch.setattr("orchestration.defs.sensors.time.time", lambda: clock[0])

    def tick(source: str = "return", seconds: float = 30) -> dg.RunRequest | dg.SkipReason:
        clock[0] += seconds
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance=instance, cursor=cursors.get(source))
            answer = sensors[f"landed_{source}"](context)
            cursors[source] = context.cursor
        return answer

    for source in ("return", "published", "annex_a"):
        assert "Took stock" in said(tick(source))
    yield tick


def said(answer: dg.RunRequest | dg.SkipReason) -> str:
    assert isinstance(answer, dg.SkipReason), answer
    return answer.skip_message or ""


def asked(answer: dg.RunRequest | dg.SkipReason) -> tuple[dg.RunRequest, set[str]]:
    """The request, and which products it writes."""
    assert isinstance(answer, dg.RunRequest), answer
    keys = [key.path for key in answer.asset_selection or []]
    assert ["published", "marts"] in keys
    return answer, {path[1] for path in keys if path[0] == "outputs"} - {"run_record"}


def test_where_nothing_changed_nothing_is_run(look: Look) -> None:
    for source in ("return", "published", "annex_a"):
        assert said(look(source)) == "Nothing has changed"


def test_a_resent_return_writes_what_stands_for_its_quarter_once(home: Home, look: Look) -> None:
    put(home, "returns/2025-26-Q2/CAM/return.xlsx", "resent")
    assert said(look()) == "Still coming: 2025-26-Q2"
    request, products = asked(look())
    assert request.partition_key == "2025-07-01"
    assert products == {"returns", "dfe", "rug"}
    assert request.tags["liia/why"] == "returns came, changed or went: 2025-26-Q2"
    read = {key.path[-1] for key in request.asset_selection or [] if key.path[0] == "raw"}
    assert read == {"return_values", "return_files", "return_findings"}
    assert said(look()) == "Nothing has changed"
    assert said(look("published")) == "Nothing has changed"


def test_the_first_version_sent_again_is_run_again(home: Home, look: Look) -> None:
    keys = set()
    for content in ("first", "second", "first", "second"):
        put(home, "returns/2025-26-Q2/CAM/return.xlsx", content, at=len(content))
        look()
        keys.add(asked(look())[0].run_key)
    assert len(keys) == 4


def test_a_file_that_grows_is_waited_for(home: Home, look: Look) -> None:
    for size in range(1, 5):
        put(home, "returns/2025-26-Q2/BEX/return.xlsx", "x" * size)
        assert said(look()) == "Still coming: 2025-26-Q2"
    assert said(look(seconds=10)) == "Still coming: 2025-26-Q2"
    assert asked(look(seconds=10))[0].partition_key == "2025-07-01"


def test_an_early_return_shows_who_is_missing_and_releases_nothing(home: Home, look: Look) -> None:
    """2025-26 Q3 has not been published: nothing of it goes to anybody outside before its day."""
    put(home, "returns/2025-26-Q3/CAM/return.xlsx")
    look()
    request, products = asked(look())
    assert request.partition_key == "2025-10-01"
    assert products == {"returns"}


def test_quarters_that_follow_each_other_are_one_run(home: Home, look: Look) -> None:
    put(home, "returns/2025-26-Q1/BEX/return.xlsx")
    put(home, "returns/2025-26-Q2/BEX/return.xlsx")
    look()
    request, products = asked(look())
    assert request.partition_key is None
    assert request.tags["dagster/asset_partition_range_start"] == "2025-04-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2025-07-01"
    assert products == {"returns", "dfe", "rug"}
    assert said(look()) == "Nothing has changed"


def test_quarters_apart_or_unlike_are_a_run_each_one_at_a_tick(home: Home, look: Look) -> None:
    for slug in ("2023-24-Q1", "2024-25-Q4", "2025-26-Q1"):
        put(home, f"returns/{slug}/BEX/return.xlsx")
    look()
    found = [asked(look()) for _ in range(3)]
    assert [request.partition_key for request, _ in found] == [
        "2023-04-01",
        "2025-01-01",
        "2025-04-01",
    ]
    assert [products for _, products in found] == [
        {"returns"},
        {"returns"},
        {"returns", "dfe", "rug"},
    ]
    assert len({request.run_key for request, _ in found}) == 3
    assert said(look()) == "Nothing has changed"


def test_a_deleted_return_is_a_change_and_an_empty_folder_is_not(home: Home, look: Look) -> None:
    (home.landing / "returns/2025-26-Q2/CAM/return.xlsx").unlink()
    look()
    assert asked(look())[0].partition_key == "2025-07-01"
    for file in (home.landing / "returns").rglob("*.xlsx"):
        file.unlink()
    for _ in range(3):
        assert "lost share" in said(look())


def test_published_statistics_write_the_newest_quarter_that_stands(home: Home, look: Look) -> None:
    put(home, "published/cla.csv")
    look("published")
    request, products = asked(look("published"))
    assert request.partition_key == "2025-07-01"
    assert products == {"returns", "dfe", "rug"}


def test_annex_a_of_a_quarter_that_was_not_run_waits_for_the_calendar(
    home: Home, look: Look
) -> None:
    put(home, "annex_a/2025-26-Q3/CAM/annex_a.xlsx")
    look("annex_a")
    assert "it waits for the calendar: 2025-26-Q3" in said(look("annex_a"))
    assert said(look("annex_a")) == "Nothing has changed"


def test_a_quarter_that_is_not_over_waits(home: Home, look: Look) -> None:
    put(home, "returns/2098-99-Q1/CAM/return.xlsx")
    look()
    assert "it waits for the calendar: 2098-99-Q1" in said(look())


def test_without_a_zone_or_a_run_nothing_is_asked_for_nor_forgotten(home: Home, look: Look) -> None:
    put(home, "returns/2025-26-Q2/BEX/return.xlsx")
    mart = home.marts / "fct_indicator.parquet"
    mart.unlink()
    assert "run a quarter first" in said(look())
    mart.touch()
    home.landing.rename(home.landing.with_name("elsewhere"))
    assert "There is no landing zone" in said(look())
    home.landing.with_name("elsewhere").rename(home.landing)
    look()
    assert asked(look())[0].partition_key == "2025-07-01"


def test_while_its_run_is_not_over_what_comes_waits(
    home: Home, sensors: dict[str, dg.SensorDefinition]
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.DagsterRun(job_name="landed_return", status=dg.DagsterRunStatus.STARTED)
        instance.add_run(run)
        context = dg.build_sensor_context(instance=instance)
        assert "is not over" in said(sensors["landed_return"](context))
        context = dg.build_sensor_context(instance=instance)
        assert "Took stock" in said(sensors["landed_published"](context))


def test_dagster_takes_the_request_with_its_gates(home: Home, look: Look) -> None:
    """A part of the sensor's job that Dagster can run, with the gates of all that it makes."""
    from orchestration.definitions import build

    put(home, "returns/2025-26-Q3/CAM/return.xlsx")
    look()
    request, _ = asked(look())
    part = (
        build()
        .resolve_job_def("landed_return")
        .get_subset(asset_selection=set(request.asset_selection or []))
    )
    steps = {node.name for node in part.nodes}
    assert steps == {
        *("ingest_return", "raw_gate_return", "transform", "marts_gate"),
        *("published__marts", "outputs__returns", "outputs__run_record"),
    }


def test_no_sensor_runs_unasked(sensors: dict[str, dg.SensorDefinition]) -> None:
    assert {sensor.default_status for sensor in sensors.values()} == {
        dg.DefaultSensorStatus.STOPPED
    }
