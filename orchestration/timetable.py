"""On which day what is due: the rows of `calendar_rules.csv` laid on the calendar.

Days only. What starts on them is `defs/schedules.py`; no dagster here.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from time import strptime

from ingestion.periods import Quarter, add_working_days
from ingestion.registry import return_due, seed

RETURN_DUE = "return_due"
PUBLISH = "publish"


@dataclass(frozen=True)
class Event:
    """Something that is due each quarter or each year, and the job that is started for it."""

    name: str
    job: str
    counts_from: str
    working_days: int
    description: str
    status: str

    @cached_property
    def days(self) -> dict[date, Quarter]:
        """Every day on which it is due, in order, with the quarter it is about.

        What is due each year is about the quarter published last.
        """
        if self.counts_from == RETURN_DUE:
            return {add_working_days(return_due(q), self.working_days): q for q in _quarters()}
        month, last = _month_of(self.counts_from), _quarters()[-1].end.year
        starts = (date(year, month, 1) for year in range(_quarters()[0].year, last + 1))
        # The day before a month's first working day is day 0 of those that follow.
        days = (add_working_days(d - timedelta(days=1), self.working_days + 1) for d in starts)
        about = {day: _published_last(day) for day in days}
        return {day: quarter for day, quarter in about.items() if quarter}

    def next_after(self, day: date) -> date | None:
        """The next day on which it is due; None where the calendar ends before."""
        days = list(self.days)
        position = bisect_right(days, day)
        return days[position] if position < len(days) else None


@lru_cache(maxsize=1)
def events() -> tuple[Event, ...]:
    """The events in the order of their rows."""
    rows = seed("reference/calendar_rules").to_dict("records")
    return tuple(
        Event(
            row["event"],
            row["job"],
            row["counts_from"],
            int(row["working_days"]),
            row["description"],
            row["status"],
        )
        for row in rows
    )


def event(name: str) -> Event:
    """Raises KeyError for one that calendar_rules.csv does not have."""
    return {one.name: one for one in events()}[name]


@lru_cache(maxsize=1)
def _quarters() -> list[Quarter]:
    return sorted(map(Quarter.parse, seed("reference/quarters")["quarter_label"]))


def _published_last(day: date) -> Quarter | None:
    """What a year's event is about: a later quarter is not for anybody yet."""
    published = event(PUBLISH).days
    return max((quarter for out, quarter in published.items() if out <= day), default=None)


def _month_of(annual_event: str) -> int:
    months = seed("reference/annual_events").set_index("event")["months"]
    return strptime(months[annual_event], "%B").tm_mon
