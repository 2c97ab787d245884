"""The resources of assets: the home, whose values come from `home.py`, and dbt."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Self, cast

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from ingestion.lock import AtWork, alone_in
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


class Dbt(DbtCliResource):
    """dbt as `orchestration/dbt_program.py` starts it, and nothing of it in this process.

    dagster-dbt asks a second dbt for its version and loads the adapter, three seconds of each run;
    what it wants of the adapter is told by `orchestration/built.py`.
    """

    @classmethod
    def of(cls, project: DbtProject) -> Self:
        # dagster-dbt takes project and path, and keeps texts.
        program: Any = Path(sys.executable).with_name("liia-dbt")
        return cls(project_dir=cast(Any, project), dbt_executable=program)

    @property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None
