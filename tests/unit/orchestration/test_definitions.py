"""What Dagster holds: every asset, check, job, schedule and sensor."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import yaml

from expectations import contracts, suites
from orchestration import home as homes
from orchestration import publish
from orchestration.defs import transform

GOLDEN = Path(__file__).parent / "golden_assets.txt"
GOLDEN_AUTOMATION = Path(__file__).parent / "golden_automation.txt"


def test_assets_are_those_of_the_golden_list(definitions: dg.Definitions) -> None:
    """A model or table that vanishes from the graph is seen here; the list is reviewed."""
    graph = definitions.resolve_asset_graph()
    lines = sorted(
        f"{graph.get(key).group_name}: {key.to_user_string()}" for key in graph.get_all_asset_keys()
    )
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_jobs_schedules_sensors_and_checks_are_those_of_the_golden_list(
    definitions: dg.Definitions,
) -> None:
    """What starts by itself, and what each job reads and writes, changes only with this list."""
    repository = definitions.get_repository_def()
    lines = [f"schedule {one.name}: {one.job_name}" for one in repository.schedule_defs]
    lines += [
        f"sensor {one.name}: {one.job_name if one.targets else 'of runs'}"
        for one in repository.sensor_defs
    ]
    for name in set(repository.job_names) - {"__ASSET_JOB"}:
        keys = repository.get_job(name).asset_layer.executable_asset_keys
        assert dg.AssetKey(["marts", "fct_indicator"]) in keys, "what every source feeds"
        assert dg.AssetKey(["published", "marts"]) in keys
        tables = sorted(key.path[1] for key in keys if key.path[0] in ("raw", "restricted"))
        ledgers = [table for table in tables if table.endswith("_files")]
        outputs = sorted(key.path[1] for key in keys if key.path[0] == "outputs")
        lines.append(f"job {name} reads {', '.join(ledgers)}; writes {', '.join(outputs)}")
    # dbt's own tests are its project's business.
    ours = ("gate", "plausible", "release", "notices", "delivery")
    graph = definitions.resolve_asset_graph()
    for key in graph.asset_check_keys:
        if key.name in ours:
            blocks = " (blocks)" if graph.get_check_spec(key).blocking else ""
            lines.append(f"check {key.name}{blocks}: {key.asset_key.to_user_string()}")
    assert sorted(lines) == GOLDEN_AUTOMATION.read_text(encoding="utf-8").splitlines()


def test_what_marts_accept_is_asked_by_their_gates_and_all_else_that_dbt_tests_is_a_check(
    definitions: dg.Definitions,
) -> None:
    checks = {key.name for key in definitions.resolve_asset_graph().asset_check_keys}
    manifest = json.loads(transform.project().manifest_path.read_text(encoding="utf-8"))
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    left = {test["name"] for test in tests} - checks
    of_marts = {
        test["name"]
        for test in tests
        if test["fqn"][1] == "marts" and test["test_metadata"]["name"] == "accepted_values"
    }
    assert left == of_marts
    rules = [rule for mart in contracts.marts() for rule in suites.mart_suite(mart)]
    asked = [rule for rule in rules if rule.rule_id.endswith(".known")]
    assert len(of_marts) == len(asked) > 50


def test_every_job_runs_the_gates_of_what_it_reads(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    gates = {key for key in graph.asset_check_keys if key.name in ("gate", "release")}
    for name in set(definitions.get_repository_def().job_names) - {"__ASSET_JOB"}:
        layer = definitions.resolve_job_def(name).asset_layer
        keys, checks = layer.executable_asset_keys, layer.asset_graph.asset_check_keys
        expected = {gate for gate in gates if gate.asset_key in keys}
        assert expected <= set(checks), name
        assert len(expected) >= 12, name


def test_what_writes_marts_shares_one_pool(definitions: dg.Definitions) -> None:
    """A run that builds or publishes waits in the queue for the other."""
    graph = definitions.resolve_asset_graph()
    for key in (["marts", "fct_indicator"], ["published", "marts"]):
        assert graph.get(dg.AssetKey(key)).assets_def.op.pool == "duckdb_writer", key


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
    # Else a run that was killed would hold the queue and its sensor for ever.
    watched = yaml.safe_load(settings)["run_monitoring"]
    assert watched["enabled"] and watched["max_runtime_seconds"] > 0
    key = place.pseudonym_key()
    assert key == place.pseudonym_key()
    assert len(key) == 64
