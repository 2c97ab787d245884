"""What Dagster holds: every asset, check, job and schedule, and when the schedule asks for what."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from expectations import contracts, suites
from orchestration import home as homes
from orchestration import publish

GOLDEN = Path(__file__).parent / "golden_assets.txt"


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    patch = pytest.MonkeyPatch()
    # home.export sets these; restore them for the tests that come after.
    home = tmp_path_factory.mktemp("definitions")
    for name, value in {
        "LIIA_HOME": home,
        "LIIA_LANDING": home / "landing",
        "DAGSTER_HOME": home / "dagster",
    }.items():
        patch.setenv(name, str(value))
    from orchestration.definitions import build

    yield build()
    patch.undo()


def test_assets_are_those_of_the_golden_list(definitions: dg.Definitions) -> None:
    """A model or table that vanishes from the graph is seen here; the list is reviewed."""
    graph = definitions.resolve_asset_graph()
    lines = sorted(
        f"{graph.get(key).group_name}: {key.to_user_string()}" for key in graph.get_all_asset_keys()
    )
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_every_asset_says_what_it_is_and_who_owns_it(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key


def test_gates_block_between_raw_marts_and_publication(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {
        key.asset_key.to_user_string()
        for key in graph.asset_check_keys
        if key.name == "gate" and graph.get_check_spec(key).blocking
    }
    assert {
        "raw/return_values",
        "raw/published_values",
        "raw/ofsted_judgements",
        "restricted/annex_a_list_3",
    } <= blocking
    assert {f"marts/{name}" for name in publish.mart_names()} <= blocking
    published = graph.get(dg.AssetKey(["published", "marts"]))
    assert dg.AssetKey(["marts", "fct_indicator"]) in published.parent_keys


def test_every_mart_of_the_manifest_has_a_suite(definitions: dg.Definitions) -> None:
    """A new mart is published only with expectations, and they come of themselves."""
    assert list(contracts.marts()) == publish.mart_names()
    for name in publish.mart_names():
        assert suites.mart_suite(name), name


def test_a_gated_asset_says_where_its_data_docs_are(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    gated = {key.asset_key for key in graph.asset_check_keys if key.name == "gate"}
    assert len(gated) > 25
    for key in gated:
        page = f"data_docs/{key.path[-1]}/index.html in the home"
        assert graph.get(key).metadata["data_docs"] == page, key


def test_raw_tables_are_upstream_of_the_models_that_read_them(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    staging = graph.get(dg.AssetKey(["staging", "stg_return__values"]))
    assert staging.parent_keys == {dg.AssetKey(["raw", "return_values"])}
    findings = graph.get(dg.AssetKey(["staging", "stg_ledger__findings"]))
    assert findings.parent_keys == {
        dg.AssetKey(["raw", f"{source}_findings"])
        for source in ("return", "annex_a", "published", "narrative")
    }


@pytest.mark.parametrize(
    ("now", "quarter_start"),
    [
        ("2025-11-07T06:00", "2025-07-01"),
        ("2026-02-07T06:00", "2025-10-01"),
        ("2026-05-07T05:00", "2026-01-01"),
        ("2026-08-07T05:00", "2026-04-01"),
    ],
)
def test_the_schedule_asks_for_the_quarter_that_ended_last(
    definitions: dg.Definitions, now: str, quarter_start: str
) -> None:
    from orchestration.defs.schedules import quarterly

    schedule = definitions.resolve_schedule_def("quarterly")
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with dg.build_schedule_context(scheduled_execution_time=moment) as context:
        request = quarterly(context)
    assert request.partition_key == quarter_start
    assert schedule.cron_schedule == "0 6 7 2,5,8,11 *"
    assert schedule.execution_timezone == "Europe/London"


def test_outputs_are_partitioned_by_quarter_and_open_for_the_one_just_ended(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    partitions = graph.get(dg.AssetKey(["outputs", "rug"])).partitions_def
    keys = partitions.get_partition_keys(current_time=datetime(2025, 10, 2, tzinfo=UTC))
    assert keys[0] == "2018-04-01"
    assert keys[-1] == "2025-07-01"


def test_the_home_is_private_to_this_machine(tmp_path: Path) -> None:
    place = homes.Home(tmp_path / "home", tmp_path / "landing")
    place.prepare()
    settings = (place.dagster / "dagster.yaml").read_text(encoding="utf-8")
    assert "enabled: false" in settings
    assert "default_limit: 1" in settings
    key = place.pseudonym_key()
    assert key == place.pseudonym_key()
    assert len(key) == 64
