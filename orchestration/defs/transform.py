"""The dbt project as assets: seeds, staging, intermediate, marts. Full rebuild every time."""

import subprocess
from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)

from ingestion.lock import alone_in
from orchestration import warehouse
from orchestration.column_lineage import stored_columns, with_column_lineage
from orchestration.dbt_events import finished
from orchestration.history import kept_open
from orchestration.home import DBT_PROJECT
from orchestration.lib import OWNERS, data_docs
from orchestration.resources import Platform

# One run at a time builds or publishes marts; others wait in the queue.
WRITER = "duckdb_writer"


class Translator(DagsterDbtTranslator):
    """Groups by stage, so that the asset graph reads from left to right like the folders."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        resource = self.get_resource_props(manifest, unique_id)
        stage = "reference" if resource["resource_type"] == "seed" else resource["fqn"][1]
        if resource.get("config", {}).get("schema") == "restricted":
            stage = "restricted"
        metadata = data_docs(resource["name"]) if stage == "marts" else {}
        return spec.replace_attributes(
            group_name=stage, owners=OWNERS, metadata={**spec.metadata, **metadata}
        )


@cache
def project() -> DbtProject:
    """The dbt project with a manifest no older than its files."""
    prepared = DbtProject(project_dir=DBT_PROJECT, profiles_dir=DBT_PROJECT)
    manifest = prepared.manifest_path
    manifest.parent.mkdir(parents=True, exist_ok=True)
    # Two processes that start at once must not read what the other is half through writing.
    with alone_in(manifest.parent, "dbt parse", wait=True):
        if not manifest.exists() or _newest_source() > manifest.stat().st_mtime:
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


def _newest_source() -> float:
    kept = ("models", "macros", "seeds", "tests")
    files = [path for folder in kept for path in (DBT_PROJECT / folder).rglob("*")]
    return max(path.stat().st_mtime for path in [*files, *DBT_PROJECT.glob("*.yml")])


def transform_asset() -> dg.AssetsDefinition:
    @dbt_assets(
        name="transform",
        manifest=project().manifest_path,
        project=project(),
        pool=WRITER,
        dagster_dbt_translator=Translator(
            DagsterDbtTranslatorSettings(enable_code_references=True)
        ),
    )
    def transform(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, platform: Platform
    ) -> Iterator[Any]:
        # --full-refresh: a seed whose column type changed is made anew, not emptied and refilled.
        # Unit tests prove the SQL, not these data: they run with the other tests, and took half of
        # dbt's time here.
        options = ["--full-refresh", "--exclude-resource-type", "unit_test"]
        if not context.is_subset:
            warehouse.begin_anew(platform.home.warehouse, context.log.info)
        with kept_open(platform.home.dagster, context.run.run_id):
            build = dbt.cli(["build", *options], context=context)
            built = finished(build.stream(), build)
            with_columns = built.fetch_column_metadata(with_column_lineage=False)
            with_rows = finished(with_columns, build).fetch_row_counts()
            yield from with_column_lineage(
                with_rows, build, context.log.warning, partial(stored_columns, context.instance)
            )

    return transform


TRANSFORM = transform_asset()


def mart_keys() -> list[dg.AssetKey]:
    return sorted(key for key in TRANSFORM.keys if key.path[0] == "marts")
