"""Notices after runs of the UI, of schedules and of sensors; `liia run` sends its own.

A sensor for each way in which a run can end. They need the process of `liia ui`.
"""

import dagster as dg

from orchestration import home as homes
from orchestration.defs.jobs import JOBS
from orchestration.notices import telling


def _sensor(name: str, status: dg.DagsterRunStatus, ended: str) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=status,
        name=name,
        monitored_jobs=JOBS,
        # On from the start: without notices.yml nothing is sent.
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Notices once a run {ended}, to those whom notices.yml names.",
    )
    def sensor(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        # Not by the resource: it would wait for the home until the next run has ended.
        place = homes.from_environment()
        run, instance = context.dagster_run, context.instance
        if not telling.claim(instance, run.run_id, telling.BY_SENSOR):
            return dg.SkipReason("It has been told of already.")
        for told in telling.after_run(place, instance, run.run_id):
            (context.log.warning if told.warning else context.log.info)(told.text)
        return None

    return sensor


SENSORS = [
    _sensor("notices_after_success", dg.DagsterRunStatus.SUCCESS, "succeeded"),
    _sensor("notices_after_failure", dg.DagsterRunStatus.FAILURE, "failed"),
]
