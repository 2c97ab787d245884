"""The dbt project as assets: seeds, staging, intermediate, marts; each is built whole."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)

from ingestion.lock import alone_in
from orchestration import raw_gate, warehouse
from orchestration.built import with_tables
from orchestration.column_lineage import followed, stored_columns, with_column_lineage
from orchestration.dbt_events import finished
from orchestration.dbt_words import test_in_words
from orchestration.failing_rows import with_failing_rows
from orchestration.history import kept_open
from orchestration.home import DBT_PROJECT
from orchestration.lib import GROUPS, OWNERS, data_docs, with_code
from orchestration.mart_facts import with_content
from orchestration.resources import Dbt, Platform

# One run at a time builds or publishes marts; others wait in the queue.
WRITER = "duckdb_writer"
# --full-refresh: a seed whose column type changed is made anew, not emptied and refilled.
# Unit tests prove the SQL, not these data: they run with the other tests, and took half of dbt's
# time here. Nobody reads the manifest that dbt would write twice of each build, nor of what it
# does in each thread, which took a tenth of its time to write down.
_QUIET = ["--no-write-json", "--log-level-file", "info"]
# What the columns of a mart accept is asked by its gate, of the file that is published, where a
# person may also accept a known failure; to ask it here too took a second of each run.
ASKED_BY_GATE = "test_name:accepted_values,path:models/marts"
LEFT_OUT = ["--exclude-resource-type", "unit_test", "--exclude", ASKED_BY_GATE]
BUILD = [*_QUIET, "build", "--full-refresh", *LEFT_OUT]
# The stage of the seeds, registry and reference data alike.
SEEDS = "reference"


class Translator(DagsterDbtTranslator):
    """Groups by stage, so that the graph reads like the folders; what dbt says, in its words."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        resource = self.get_resource_props(manifest, unique_id)
        stage = SEEDS if resource["resource_type"] == "seed" else resource["fqn"][1]
        if resource.get("config", {}).get("schema") == "restricted":
            stage = "restricted"
        metadata = {**spec.metadata, **(data_docs(resource["name"]) if stage == "marts" else {})}
        documented = (resource.get("patch_path") or "").partition("://")[2]
        if documented:
            metadata = with_code(metadata, DBT_PROJECT / documented, "columns and tests")
        return spec.replace_attributes(group_name=GROUPS[stage], owners=OWNERS, metadata=metadata)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the project says of it; its SQL is a click away, and filled the page."""
        return str(dbt_resource_props["description"])

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(description=test_in_words(manifest["nodes"][unique_id]))


@cache
def project() -> DbtProject:
    """The dbt project with a manifest no older than its files."""
    prepared = DbtProject(project_dir=DBT_PROJECT, profiles_dir=DBT_PROJECT)
    manifest = prepared.manifest_path
    manifest.parent.mkdir(parents=True, exist_ok=True)
    # Two processes that start at once must not read what the other is half through writing.
    with alone_in(manifest.parent, "dbt parse", wait=True):
        if not warehouse.is_newer_than_project(manifest):
            subprocess.run(
                [
                    *("dbt", "--quiet", "parse"),
                    *("--profiles-dir", str(DBT_PROJECT)),
                    *("--target-path", str(prepared.target_path)),
                ],
                cwd=DBT_PROJECT,
                check=True,
            )
    return prepared


def transform_asset() -> dg.AssetsDefinition:
    @dbt_assets(
        name="transform",
        manifest=project().manifest_path,
        project=project(),
        exclude=ASKED_BY_GATE,
        pool=WRITER,
        dagster_dbt_translator=Translator(
            DagsterDbtTranslatorSettings(enable_code_references=True)
        ),
    )
    def transform(context: dg.AssetExecutionContext, dbt: Dbt, platform: Platform) -> Iterator[Any]:
        home, log, manifest = platform.home, context.log, project().manifest_path
        raw_gate.require(home, log.info)
        is_whole = context.selected_asset_keys == TRANSFORM.keys
        anew = is_whole or not warehouse.stands(home)
        warehouse.begin(home.warehouse, log.info, anew=anew)
        with kept_open(context.instance), warehouse.noted(home):
            if anew and not is_whole:
                log.info("This run is about a part; all else is no longer as the project has it.")
                dbt.cli(BUILD, manifest).wait()
            build = dbt.cli(BUILD, manifest, context)
            stored = cache(partial(stored_columns, context.instance))
            done = finished(followed(build.stream(), build, stored))
            with_columns = with_tables(done, build, home.warehouse, log.warning)
            with_failures = with_failing_rows(with_columns, build, home.warehouse, log.warning)
            with_lineage = with_column_lineage(with_failures, build, log.warning, stored)
            yield from with_content(with_lineage, home.staged_marts)

    return transform


TRANSFORM = transform_asset()


def seed_keys() -> set[dg.AssetKey]:
    """What changes with the project only."""
    return {spec.key for spec in TRANSFORM.specs if spec.group_name == GROUPS[SEEDS]}


def fed_by(raw: Iterable[dg.AssetKey]) -> set[dg.AssetKey]:
    """What new rows in these raw tables change."""
    fed = set(raw)
    while further := {key for key, above in TRANSFORM.asset_deps.items() if above & fed} - fed:
        fed |= further
    return fed & TRANSFORM.keys


def mart_keys() -> list[dg.AssetKey]:
    return sorted(key for key in TRANSFORM.keys if key.path[0] == "marts")
