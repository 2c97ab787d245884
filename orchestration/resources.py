"""The resource through which assets reach the home; values come from `home.py`."""

from pathlib import Path

import dagster as dg

from orchestration.home import Home


class Platform(dg.ConfigurableResource):
    """Where the platform's folders are. Built from the environment when definitions load."""

    root: str
    landing: str
    allow_withdrawals: bool = False

    @property
    def home(self) -> Home:
        return Home(Path(self.root), Path(self.landing))
