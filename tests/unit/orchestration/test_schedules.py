"""When each event of the calendar starts its run: every morning of years is asked."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import dagster as dg
import pytest

from ingestion.landing import LONDON
from ingestion.periods import Quarter, is_working_day, working_days
from ingestion.registry import return_due, seed
from orchestration.timetable import event, events

EVENTS = [one.name for one in events()]


def ticks(schedule: dg.ScheduleDefinition, first: date, last: date) -> list[datetime]:
    """The moments at which Dagster itself would ask, from its own reading of the cron line."""
    from dagster._utils.schedules import cron_string_iterator

    start = datetime.combine(first, time(), LONDON)
    moments = cron_string_iterator(
        start.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    found = []
    for moment in moments:
        if moment.astimezone(LONDON).date() > last:
            return found
        found.append(moment)
    return found


def asked(
    definitions: dg.Definitions, name: str, first: date, last: date
) -> dict[date, dg.RunRequest]:
    """What the schedule asks for between two days, by the day."""
    schedule = definitions.resolve_schedule_def(name)
    found = {}
    for moment in ticks(schedule, first, last):
        with dg.build_schedule_context(scheduled_execution_time=moment.astimezone(UTC)) as context:
            answer = schedule(context)
        if isinstance(answer, dg.RunRequest):
            day = moment.astimezone(LONDON).date()
            assert day not in found
            found[day] = answer
    return found


def test_a_year_has_a_tick_every_morning_also_where_clocks_change(
    definitions: dg.Definitions,
) -> None:
    for name in EVENTS:
        schedule = definitions.resolve_schedule_def(name)
        moments = ticks(schedule, date(2025, 1, 1), date(2025, 12, 31))
        days = [moment.astimezone(LONDON).date() for moment in moments]
        assert days == [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
        assert {moment.astimezone(LONDON).hour for moment in moments} == {6}
        in_utc = {
            moment.astimezone(LONDON).date(): moment.astimezone(UTC).hour for moment in moments
        }
        assert (in_utc[date(2025, 3, 29)], in_utc[date(2025, 3, 30)]) == (6, 5)
        assert (in_utc[date(2025, 10, 25)], in_utc[date(2025, 10, 26)]) == (5, 6)


def test_the_days_of_2025(definitions: dg.Definitions) -> None:
    """Worked out by hand from the bank holidays of 2025 (Good Friday is 18 April, Easter Monday
    21 April, then 5 May; Christmas, and 1 January)."""
    expected = {
        # 2024-25 Q3 to 2025-26 Q2: quarters.csv has 29 January, 30 April, 28 July, 28 October.
        "returns_due": ["2025-01-29", "2025-04-30", "2025-07-28", "2025-10-28"],
        "returns_chase": ["2025-02-05", "2025-05-08", "2025-08-04", "2025-11-04"],
        "publish": ["2025-02-12", "2025-05-15", "2025-08-11", "2025-11-11"],
        # 1 March 2025 was a Saturday.
        "annual_rug": ["2025-03-03"],
        "narrative_due": ["2025-05-01"],
    }
    starts = ["2024-10-01", "2025-01-01", "2025-04-01", "2025-07-01"]
    for name, days in expected.items():
        found = asked(definitions, name, date(2025, 1, 1), date(2025, 12, 31))
        assert [str(day) for day in found] == days, name
        about = starts if len(days) == 4 else ["2024-10-01"]
        assert [request.partition_key for request in found.values()] == about, name


@pytest.mark.parametrize("name", EVENTS)
def test_over_the_whole_calendar_no_event_comes_twice_and_none_is_missed(
    definitions: dg.Definitions, name: str
) -> None:
    one = event(name)
    found = asked(definitions, name, date(2018, 4, 1), date(2028, 12, 31))
    assert list(found) == list(one.days)
    assert all(is_working_day(day) for day in found)
    keys = [request.run_key for request in found.values()]
    assert len(set(keys)) == len(keys)
    quarters = [Quarter.parse(request.partition_key) for request in found.values()]
    step = 1 if one.counts_from == "return_due" else 4
    assert all(later == earlier.shift(step) for earlier, later in pairwise(quarters))
    for day, request in found.items():
        quarter = Quarter.parse(request.partition_key)
        assert quarter.end < day, "a quarter that is not over cannot be run"
        assert request.tags["liia/event"] == name
        assert request.tags["liia/quarter"] == quarter.label
        assert str(day) in request.tags["liia/why"]
    if step == 1:
        labels = seed("reference/quarters")["quarter_label"]
        assert [quarter.label for quarter in quarters] == list(labels)
        late = [working_days(return_due(q), d) - 1 for d, q in zip(found, quarters, strict=True)]
        assert set(late) == {one.working_days}


def test_dagster_takes_the_request_for_a_run_of_its_quarter(definitions: dg.Definitions) -> None:
    """Tags and partition as Dagster gives them to the run."""
    moment = datetime(2025, 10, 28, 6, tzinfo=LONDON)
    with dg.build_schedule_context(
        scheduled_execution_time=moment, repository_def=definitions.get_repository_def()
    ) as context:
        data = definitions.resolve_schedule_def("returns_due").evaluate_tick(context)
    (request,) = data.run_requests or []
    assert request.tags["dagster/partition"] == "2025-07-01"
    assert request.tags["liia/why"] == "returns_due of 2025-26 Q2 is on 2025-10-28"


def test_an_annual_event_is_about_a_quarter_that_is_out(definitions: dg.Definitions) -> None:
    """In May the fourth quarter is over, and not yet for anybody to see."""
    published = {quarter: day for day, quarter in event("publish").days.items()}
    for name in ("annual_rug", "narrative_due"):
        for day, quarter in event(name).days.items():
            assert published[quarter] <= day < published[quarter.shift(1)]


def test_a_morning_on_which_nothing_is_due_says_when_the_next_is(
    definitions: dg.Definitions,
) -> None:
    def said(name: str, day: date) -> str | None:
        moment = datetime.combine(day, time(6), LONDON)
        with dg.build_schedule_context(scheduled_execution_time=moment) as context:
            answer = definitions.resolve_schedule_def(name)(context)
        assert isinstance(answer, dg.SkipReason)
        return answer.skip_message

    assert said("publish", date(2025, 11, 10)) == "The next publish is on 2025-11-11"
    assert said("publish", date(2025, 11, 12)) == "The next publish is on 2026-02-12"
    after = date(2035, 1, 1)
    assert "continue seeds/reference/quarters.csv" in str(said("publish", after))


def test_every_event_starts_a_job_that_there_is_and_nothing_runs_unasked(
    definitions: dg.Definitions,
) -> None:
    jobs = {one.name: one.job for one in events()}
    assert jobs == {
        "returns_due": "returns_in",
        "returns_chase": "returns_in",
        "publish": "quarter",
        "annual_rug": "annual",
        "narrative_due": "narratives_in",
    }
    for one in events():
        schedule = definitions.resolve_schedule_def(one.name)
        assert schedule.job_name == one.job
        assert definitions.resolve_job_def(one.job)
        assert one.description in (schedule.description or "")
        assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_freshness_follows_the_calendar(definitions: dg.Definitions) -> None:
    """A deadline comes after every day of the calendar it stands for, in the same quarter."""
    graph = definitions.resolve_asset_graph()

    def policy(*key: str) -> dg.FreshnessPolicy | None:
        return graph.get(dg.AssetKey(list(key))).freshness_policy

    returns, product = policy("raw", "return_values"), policy("outputs", "dfe")
    assert returns.deadline_cron == product.deadline_cron == "0 12 18 2,5,8,11 *"
    published = policy("raw", "published_values")
    assert published.deadline_cron == "0 12 3 3 *"
    assert policy("restricted", "annex_a_list_3") is None
    for quarter in (Quarter(2024, 4), Quarter(2025, 1), Quarter(2025, 2), Quarter(2025, 3)):
        out = {q: day for day, q in event("publish").days.items()}[quarter]
        deadline = datetime.combine(out.replace(day=18), time(12))
        opens = deadline - returns.lower_bound_delta
        assert opens <= datetime.combine(return_due(quarter), time(6)) < deadline
        assert datetime.combine(out, time(6)) < deadline
