"""Two releases of a published dataset side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ingestion import drift_content as content
from ingestion.findings import address

# A list in a message stops here.
MAX_NAMED = 10


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Release:
    """One file of a dataset as parsed.

    `columns` has a row for each column of the file: position, header, column_name, role. `values`
    is the raw table `published_values`; a column that the contract does not know stands in both
    under its normalised header.
    """

    label: str
    columns: pd.DataFrame
    values: pd.DataFrame

    @property
    def title(self) -> str:
        """The release in messages: a bare label reads as a year of the data."""
        return f"release {self.label}"


@dataclass(frozen=True)
class Pair:
    """A release, the one after it, and what is needed from them: column and filter key of each
    figure used.
    """

    before: Release
    after: Release
    needed: pd.DataFrame

    @cached_property
    def cells(self) -> pd.DataFrame:
        return content.cells(self.before.values, self.after.values)

    @cached_property
    def old(self) -> dict[str, str]:
        """The header of each column of before, by its name."""
        return _by_name(self.before, "header")

    @cached_property
    def new(self) -> dict[str, str]:
        """The header of each column of after, by its name."""
        return _by_name(self.after, "header")

    @cached_property
    def roles(self) -> dict[str, str]:
        """The role of each column; that in after, where both have it."""
        return _by_name(self.before, "role") | _by_name(self.after, "role")

    def shared(self, role: str) -> list[str]:
        """Columns of a role that both releases have."""
        return [name for name in self.new if name in self.old and self.roles[name] == role]

    def categories(self, keys: pd.Series) -> pd.DataFrame:
        """The category of each filter in filter keys of either release."""
        filters = [name for name, role in self.roles.items() if role == "filter"]
        return content.categories(list(keys.unique()), filters)

    @cached_property
    def places(self) -> pd.DataFrame:
        """The areas of each release and period."""
        keys = ["later", "period", "level", "area"]
        places = self.cells[[*keys, "area_name", "identifier"]].drop_duplicates(keys)
        return places.astype(dict.fromkeys(places.columns[1:], "object"))

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The filter keys of each release, with the category of each filter; `latest` are those
        of its latest period.
        """
        last = self.cells["later"].map(self.places.groupby("later")["period"].max())
        keys = self.cells[["later", "filter_key"]].assign(
            latest=self.cells["period"].astype("object") == last
        )
        keys = keys.groupby(["later", "filter_key"], observed=True).any().reset_index()
        keys = keys.astype({"filter_key": "object"})
        return keys.join(self.categories(keys["filter_key"]), on="filter_key")

    @cached_property
    def misplaced(self) -> list[str]:
        """Filter keys from which figures are taken and that the latest period no longer has."""
        latest = self.keys[self.keys["latest"]]
        old, new = (set(latest["filter_key"][latest["later"] == later]) for later in (False, True))
        return sorted(set(self.needed["filter_key"].fillna("")) & old - new)

    def cell(self, column: str | None, row: int = 1) -> str | None:
        """The address of a column of after, in its header if no row is given."""
        position = _by_name(self.after, "position").get(column or "")
        return None if position is None else address(row - 1, int(position))


def _by_name(release: Release, field: str) -> dict[str, Any]:
    columns = release.columns.drop_duplicates("column_name")
    return dict(zip(columns["column_name"], columns[field], strict=True))
