"""By when returns, published statistics and products should have been read or written anew.

The days come from the calendar. Dagster wants a cron line, so each deadline is the latest day that
the calendar has for it. A policy asks when an asset was last made, not how old its content is: who
has not returned is what the product `returns` says.
"""

from datetime import date, datetime, time

import dagster as dg

from ingestion.landing import LONDON
from orchestration.timetable import event

# What starts in the morning has ended by then.
_BY = time(12)


def returns() -> dg.FreshnessPolicy:
    """Read between the day they are due and the day the quarter is published."""
    return _between("returns_due", "publish")


def published() -> dg.FreshnessPolicy:
    """Read for the yearly benchmarking report."""
    return _between("annual_rug", "annual_rug")


def products() -> dg.FreshnessPolicy:
    """Written on the day the quarter is published."""
    return _between("publish", "publish")


def _between(opens: str, closes: str) -> dg.FreshnessPolicy:
    first, last = (
        {quarter: day for day, quarter in event(name).days.items()} for name in (opens, closes)
    )
    months = sorted({day.month for day in last.values()})
    # Every month has a 28th.
    latest = min(max(day.day for day in last.values()), 28)
    deadlines = {quarter: day.replace(day=latest) for quarter, day in last.items()}
    windows = [_at(day, _BY) - _at(first[quarter], time(0)) for quarter, day in deadlines.items()]
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {_BY.hour} {latest} {','.join(map(str, months))} *",
        lower_bound_delta=max(windows),
        timezone=str(LONDON),
    )


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour)
