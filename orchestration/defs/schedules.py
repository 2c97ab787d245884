"""One schedule for each event of the calendar: when its job starts by itself.

A tick every morning asks the calendar whether today is the day. A cron line could not: due days
follow working days. A process that was away makes up for the ticks of the last five days.
"""

import dagster as dg

from ingestion.landing import LONDON
from orchestration.timetable import Event, events

# After the hour at which clocks change, so that every day has it once.
MORNING = "0 6 * * *"


def schedule(event: Event) -> dg.ScheduleDefinition:
    assumed = " The day is inferred." if event.status == "inferred" else ""

    @dg.schedule(
        name=event.name,
        job_name=event.job,
        cron_schedule=MORNING,
        execution_timezone=str(LONDON),
        description=f"{event.description}.{assumed}",
        tags={"liia/event": event.name},
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.astimezone(LONDON).date()
        quarter = event.days.get(day)
        if quarter is None:
            return dg.SkipReason(_when(event, event.next_after(day)))
        return dg.RunRequest(
            # Asked for again, it is not run again.
            run_key=f"{event.name}:{quarter.slug}",
            partition_key=quarter.key,
            tags={
                "liia/event": event.name,
                "liia/quarter": quarter.label,
                "liia/why": f"{event.name} of {quarter.label} is on {day}",
            },
        )

    return tick


def _when(event: Event, day: object) -> str:
    if day is None:
        return f"No {event.name} is in the calendar any more; continue seeds/reference/quarters.csv"
    return f"The next {event.name} is on {day}"


SCHEDULES = [schedule(event) for event in events()]
