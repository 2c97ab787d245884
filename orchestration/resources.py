"""The resource through which assets reach the home; values come from `home.py`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import dagster as dg

from ingestion.lock import AtWork, alone_in
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
        with contextlib.ExitStack() as lock:
            if not self.held:
                try:
                    lock.enter_context(alone_in(self.home.root, WORK))
                except AtWork as at_work:
                    if context.log:
                        context.log.info(f"{at_work} This run waits and then goes on.")
                    lock.enter_context(alone_in(self.home.root, WORK, wait=True))
            yield self
