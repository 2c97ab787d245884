"""The resources of assets: the home, whose values come from `home.py`, and dbt."""

import contextlib
import os
import uuid
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Self

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.dbt_manifest import validate_manifest
from packaging.version import Version

from ingestion.lock import AtWork, alone_in
from orchestration import dbt_process
from orchestration.helped import helpers
from orchestration.home import WORK, Home


class Platform(dg.ConfigurableResource):
    """Where the platform's folders are. Built from the environment when definitions load.

    A run has the home to itself from its first step to its last, and waits for it where another
    run or command has it; `held` says that whoever started the run holds it already.
    """

    root: str
    landing: str
    allow_withdrawals: bool = False
    held: bool = False

    @property
    def home(self) -> Home:
        return Home(Path(self.root), Path(self.landing))

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        with helpers(), contextlib.ExitStack() as lock:
            if not self.held:
                try:
                    lock.enter_context(alone_in(self.home.root, WORK))
                except AtWork as at_work:
                    if context.log:
                        context.log.info(f"{at_work} This run waits and then goes on.")
                    lock.enter_context(alone_in(self.home.root, WORK, wait=True))
            yield self


class Dbt(dg.ConfigurableResource):
    """dbt in a process of its own, and nothing of it in this one.

    dagster-dbt's resource asks a second dbt for its version and loads dbt's adapter, three seconds
    of each run; what it wants of the adapter is told by `orchestration/built.py`.
    """

    project_dir: str

    def cli(
        self,
        arguments: Sequence[str],
        manifest: Path,
        context: dg.AssetExecutionContext | None = None,
    ) -> DbtCliInvocation:
        """Begin dbt with these arguments, for what the run has selected."""
        chosen = get_updated_cli_invocation_params_for_context(
            context, validate_manifest(manifest), DagsterDbtTranslator()
        )
        folder, run = Path(self.project_dir), context.run_id[:7] if context else "all"
        target = folder / "target" / f"transform-{run}-{uuid.uuid4().hex[:7]}"
        environment = {
            **os.environ,
            "DAGSTER_DBT_CLI": "true",
            "DBT_LOG_FORMAT": "json",
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
            "DBT_PROFILES_DIR": self.project_dir,
            "DBT_PROJECT_DIR": self.project_dir,
        }
        if chosen.indirect_selection:
            environment["DBT_INDIRECT_SELECTION"] = chosen.indirect_selection
        return DbtCliInvocation(
            process=dbt_process.run([*arguments, *chosen.selection_args], environment, folder),
            manifest=chosen.manifest,
            dagster_dbt_translator=chosen.dagster_dbt_translator,
            project_dir=folder,
            target_path=target,
            raise_on_error=True,
            cli_version=Version(metadata.version("dbt-core")),
            project=chosen.dbt_project,
            context=context,
        )
