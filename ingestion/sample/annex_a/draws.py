"""Chance within one authority: its calendar, its returns, the people it knows.

Belongs here: how something is drawn. Does not belong here: what is drawn, which `front_door`,
`need`, `care` and `adoption` say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd

from ingestion.periods import Quarter, is_working_day
from ingestion.sample.figures import Figures, quarters_between
from ingestion.sample.files import generator

Array = np.ndarray

YEAR = 365
# On the day after so many days a child is 18, however the leap years fall.
EIGHTEEN = np.timedelta64(6575, "D")
_WEEKEND_WEIGHT = 0.06  # police and hospitals work at weekends, most referrers do not
_NEVER = np.datetime64("NaT", "D")


@dataclass
class People:
    """Everybody an authority has heard of, numbered as they come."""

    count: int = 0

    def more(self, count: int) -> Array:
        first, self.count = self.count, self.count + count
        return np.arange(first, self.count)


@dataclass(frozen=True)
class Draws:
    """`returned` has one row more than there are quarters: that of the quarter before them."""

    la: str
    seed: int
    quarters: list[Quarter]
    returned: pd.DataFrame
    weights: pd.Series
    bank_holidays: Array
    rng: np.random.Generator
    scale: float = 1.0
    people: People = field(default_factory=People)

    @classmethod
    def of(
        cls, figures: Figures, la: str, first: Quarter, last: Quarter, scale: float, seed: int
    ) -> Self:
        quarters = quarters_between(first, last)
        days = pd.date_range(first.start, last.end)
        working = np.array([is_working_day(day.date()) for day in days])
        return cls(
            la=la,
            seed=seed,
            quarters=quarters,
            returned=pd.DataFrame([figures.at(q, la) for q in [first.shift(-1), *quarters]]),
            weights=pd.Series(np.where(working, 1, _WEEKEND_WEIGHT), index=days),
            bank_holidays=days[~working & (days.day_of_week < 5)].to_numpy("datetime64[D]"),
            rng=generator(seed, "annex a", la),
            scale=scale,
        )

    def part(self, name: str) -> "Draws":
        """The same with a random stream of its own, so that one part leaves the others alone."""
        return replace(self, rng=generator(self.seed, "annex a", self.la, name))

    def last(self, count: int) -> "Draws":
        """The same over the last quarters only."""
        returned = self.returned.iloc[-count - 1 :]
        return replace(self, quarters=self.quarters[-count:], returned=returned)

    # Numbers

    def counts(self, measure: str) -> Array:
        """What the returns say, give or take what is corrected between two looks at a system."""
        near = self.rng.normal(1, 0.008, len(self.quarters))
        flow = self.returned[measure].to_numpy()[1:]
        return np.rint(flow * near * self.scale).astype(int)

    def stock(self, *measures: str) -> Array:
        """A stock less others at the end of each quarter, that of the quarter before first."""
        whole, *parts = (self.returned[measure].to_numpy() for measure in measures)
        return np.rint((whole - sum(parts)) * self.scale).astype(int).clip(min=0)

    def share(self, part: str, whole: str) -> Array:
        return (self.returned[part] / self.returned[whole]).fillna(0).to_numpy()[1:]

    def of_shares(self, shares: Mapping[str, float], size: int) -> Array:
        weights = np.array(list(shares.values()))
        return self.rng.choice(list(shares), size, p=weights / weights.sum())

    def happens(self, chance: float | Array, size: int) -> Array:
        return self.rng.random(size) < chance

    def days(self, low: int, high: int, size: int) -> Array:
        return self.rng.integers(low, high, size).astype("timedelta64[D]")

    # Dates

    def bounds(self, index: int) -> tuple[np.datetime64, np.datetime64]:
        quarter = self.quarters[index]
        return np.datetime64(quarter.start, "D"), np.datetime64(quarter.end, "D")

    def dates(self, counts: Array) -> tuple[Array, Array]:
        """Event dates in order, and the index of the quarter of each."""
        drawn = []
        for index, count in enumerate(counts):
            first, last = self.bounds(index)
            weights = self.weights[(self.weights.index >= first) & (self.weights.index <= last)]
            drawn.append(self.rng.choice(weights.index, count, p=weights / weights.sum()))
        within = np.repeat(np.arange(len(counts)), counts)
        dates = np.concatenate([np.sort(part) for part in drawn])
        return dates.astype("datetime64[D]"), within

    def quarter_of(self, dates: Array) -> Array:
        starts = np.array([quarter.start for quarter in self.quarters], dtype="datetime64[D]")
        return np.searchsorted(starts, dates, "right") - 1

    def working(self, dates: Array, later: int | Array = 0) -> Array:
        """So many working days later; a day of rest counts as the working day before it."""
        return np.busday_offset(dates, later, roll="backward", holidays=self.bank_holidays)

    def between(self, first: Array, last: Array) -> Array:
        """A day from `first` to `last`, a working day where there is one."""
        span = (last - first).astype(int) + 1
        chosen = first + (self.rng.random(len(span)) * span).astype("timedelta64[D]")
        return np.maximum(self.working(chosen), first)

    # People

    def pick(self, events: Array, dates: Array, days: int) -> Array:
        """For each date, the position of some event in the days before; -1 where there is none."""
        first = np.searchsorted(events, dates - np.timedelta64(days, "D"), "right")
        count = np.searchsorted(events, dates, "left") - first
        chosen = first + (self.rng.random(len(dates)) * count).astype(int)
        return np.where(count > 0, chosen, -1)

    def leave(self, start: Array, target: Array, readiness: Callable[[Array], Array]) -> Array:
        """When those who joined at `start` leave, if as many as `target` remain at quarter ends.

        `readiness` weighs who leaves by the days since joining. NaT for whoever stays.
        """
        end = np.full(len(start), _NEVER)
        for index, staying in enumerate(target):
            opens, closes = self.bounds(index)
            here = np.flatnonzero(np.isnat(end) & (start <= closes))
            can_leave = here[start[here] < closes]
            leaving = max(len(here) - staying, 0)
            weight = readiness((closes - start[can_leave]).astype(int))
            # The first of many clocks that run at different speeds: a weighted draw in one go.
            turn = self.rng.exponential(size=len(can_leave)) / weight
            gone = can_leave[np.argsort(turn, kind="stable")[:leaving]]
            first = np.maximum(start[gone] + 1, opens)
            end[gone] = self.between(first, np.full(len(gone), closes))
        return end

    def staff(self, count: int) -> dict[str, Array]:
        teams = np.array([f"SYNTHETIC Team {n}" for n in range(1, 9)])
        workers = np.array([f"SYNTHETIC Worker {n}" for n in range(1, 61)])
        return {"team": self.rng.choice(teams, count), "worker": self.rng.choice(workers, count)}


def open_at(rows: pd.DataFrame, day: np.datetime64) -> pd.Series:
    """Which spans from `start` to `end` run on a day: an end on the day has ended."""
    return (rows["start"] <= day) & ~(rows["end"] <= day)
