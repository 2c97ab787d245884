"""The quarter's job, and when it runs by itself."""

import dagster as dg

from orchestration.lib import QUARTERS

# Everything, in one run: unpartitioned raw and marts, and the outputs of one quarter.
quarter_job = dg.define_asset_job(
    "quarter",
    selection=dg.AssetSelection.all(),
    description="One quarter from landing zone to outputs, through all gates.",
)


@dg.schedule(
    name="quarterly",
    job=quarter_job,
    # Returns are due 20 working days after the quarter ends (inferred); a week later most are in.
    cron_schedule="0 6 7 2,5,8,11 *",
    execution_timezone="Europe/London",
    description="06:00 on 7 February, May, August and November: the quarter that ended last.",
)
def quarterly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    window = QUARTERS.get_prev_partition_window(context.scheduled_execution_time)
    if window is None:
        raise dg.DagsterInvariantViolationError("no quarter has ended yet")
    key = window.start.strftime("%Y-%m-%d")
    return dg.RunRequest(run_key=key, partition_key=key)
