"""What the recomputation is given: the registry, the groups and the current figures.

Read from a dbt project's seeds and variables and from fct_indicator; no SQL is read.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import yaml

Row = dict[str, str]
STEP = {"quarter": 3, "snapshot": 3, "rolling_4q": 3, "year": 12}  # months between two periods


class Series(NamedTuple):
    """What a figure is a figure of, but for its period."""

    indicator: str
    la: str
    period_type: str
    source: str


class Period(NamedTuple):
    """All figures of one indicator, source and period; what a comparison is made within."""

    indicator: str
    period_type: str
    label: str
    end: date
    source: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A current row of fct_indicator; None where the mart has no value."""

    series: Series
    label: str
    end: date
    release_id: str
    numerator: float | None
    denominator: float | None
    value: float | None
    status: str
    joint: str | None
    n_authorities: int

    @property
    def period(self) -> Period:
        indicator, _, period_type, source = self.series
        return Period(indicator, period_type, self.label, self.end, source)

    @property
    def month(self) -> int:
        """Months since year 0: periods of a series are steps of three or twelve."""
        return self.end.year * 12 + self.end.month

    def keys(self) -> dict[str, object]:
        """The columns by which the marts name a figure."""
        return {
            "indicator_code": self.series.indicator,
            "new_la_code": self.series.la,
            "period_type": self.series.period_type,
            "period_label": self.label,
            "period_end": self.end,
            "source": self.series.source,
            "release_id": self.release_id,
        }


@dataclass(frozen=True)
class Indicator:
    code: str
    label: str
    theme: str
    timing: str
    unit: str
    multiplier: int
    polarity: str
    interval: str
    rule: str
    minimum_spread: float


@dataclass(frozen=True)
class Rule:
    code: str
    method: str
    share: float
    quarters: tuple[int, int]  # window, and how many of it are needed
    years: tuple[int, int]


@dataclass(frozen=True)
class Baseline:
    name: str
    source: str
    indicator: str
    la: str
    first: date
    last: date
    applies_from: date
    minimum_points: int


@dataclass(frozen=True)
class Group:
    """A group as seen by one authority: its neighbours are its own, all others are everybody's."""

    code: str
    members_from: str
    key: str
    method: str
    in_fifths: bool
    sources: frozenset[str]


class Project:
    """Seeds and variables of a dbt project."""

    def __init__(self, folder: Path) -> None:
        settings = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
        self.minimum_authorities: int = settings["comparison_minimum_authorities"]
        self.small_base: int = settings["small_base"]
        self.small_count: int = settings["small_count"]
        self.shift_points: int = settings["shift_points"]
        self.trend_minimum: int = settings["trend_minimum_points"]
        self._seeds = folder / "seeds"
        (alliance,) = self._rows("reference/alliance.csv")
        self.left_out: frozenset[str] = frozenset(alliance["not_ranked"].split("|"))

        las = list(self._rows("reference/local_authorities.csv"))
        self.names = {row["new_la_code"]: row["la_name"] for row in las}
        self.london = {row["new_la_code"] for row in las if row["is_london"] == "true"}
        self.indicators = {
            row["indicator_code"]: Indicator(
                row["indicator_code"],
                row["label"],
                row["theme"],
                row["timing"],
                row["unit"],
                int(row["multiplier"]),
                row["polarity"],
                row["interval_method"],
                row["exception_rule"],
                float(row["minimum_spread"] or 0),
            )
            for row in self._rows("registry/indicators.csv")
        }
        self.rules = {
            row["exception_rule"]: Rule(
                row["exception_rule"],
                row["method"],
                float(row["share"]),
                (int(row["window_quarters"]), int(row["needed_quarters"])),
                (int(row["window_years"]), int(row["needed_years"])),
            )
            for row in self._rows("registry/exception_rules.csv")
        }
        self.baselines = [
            Baseline(
                row["baseline"],
                row["source"],
                row["indicator_code"],
                row["new_la_code"],
                date.fromisoformat(row["baseline_from"]),
                date.fromisoformat(row["baseline_to"]),
                date.fromisoformat(row["applies_from"]),
                int(row["minimum_points"]),
            )
            for row in self._rows("reference/control_baselines.csv")
        ]
        self.groups = [
            Group(
                row["comparison_group"],
                row["members_from"],
                row["members_key"],
                row["headline_method"],
                row["is_ranked_in_fifths"] == "true",
                frozenset(row["sources"].split("|")),
            )
            for row in self._rows("reference/comparison_groups.csv")
        ]
        self.areas = {
            row["new_la_code"]: {row["region_code"], row["inner_outer_code"], "E92000001"}
            for row in las
        }
        self._sub_regions = self._dated("reference/sub_regions.csv", "sub_region")
        self._listed = self._dated("reference/comparison_group_members.csv", "comparison_group")
        self._neighbours: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self._rows("reference/statistical_neighbours.csv"):
            key = (row["model_version"], row["new_la_code"])
            self._neighbours[key].append(row["neighbour_la_code"])

    def _rows(self, name: str) -> Iterator[Row]:
        with (self._seeds / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    def _dated(self, name: str, key: str) -> dict[str, list[tuple[str, date, date]]]:
        dated = defaultdict(list)
        for row in self._rows(name):
            first = date.fromisoformat(row["valid_from"])
            last = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            dated[row[key]].append((row["new_la_code"], first, last))
        return dated

    def members(self, group: Group, day: date, authority: str) -> frozenset[str]:
        """Who is in the group on a day, by the registry; `authority` matters to neighbours only."""
        if group.members_from == "area":
            return frozenset(la for la, areas in self.areas.items() if group.key in areas)
        if group.members_from == "neighbours":
            return frozenset(self._neighbours[group.key, authority])
        dated = (
            self._sub_regions[group.key]
            if group.members_from == "sub_region"
            else self._listed[group.code]
        )
        return frozenset(la for la, first, last in dated if first <= day <= last)


def figures(fct_indicator: pd.DataFrame) -> list[Figure]:
    """The current rows."""
    columns = [
        "indicator_code",
        "new_la_code",
        "period_type",
        "source",
        "period_label",
        "period_end",
        "release_id",
        "numerator",
        "denominator",
        "value",
        "value_status",
        "joint_code",
        "n_authorities",
    ]
    current = fct_indicator.loc[fct_indicator["is_current"], columns]
    empty_as_none = current.astype(object).where(current.notna(), None)
    return [
        Figure(Series(*row[:4]), row[4], pd.Timestamp(row[5]).date(), *row[6:])
        for row in empty_as_none.itertuples(index=False, name=None)
    ]
