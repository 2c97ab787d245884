"""Where Definitions are put together; no asset, check or schedule is written here."""

import dagster as dg

from orchestration import home
from orchestration.home import DBT_PROJECT


def build(allow_withdrawals: bool = False, held: bool = False) -> dg.Definitions:
    """All definitions for the home that the environment names.

    held: the caller holds the home for its runs, so that they do not ask for it.
    """
    place = home.from_environment()
    home.export(place)
    place.prepare()

    from orchestration.defs import (
        gates,
        ingest,
        jobs,
        notices,
        outputs,
        schedules,
        sensors,
        transform,
    )
    from orchestration.resources import Dbt, Platform

    return dg.Definitions(
        assets=[
            transform.TRANSFORM,
            *dg.with_source_code_references(
                [
                    *ingest.ASSETS,
                    outputs.published_marts,
                    *outputs.PRODUCT_ASSETS,
                    outputs.run_record,
                ]
            ),
        ],
        asset_checks=gates.CHECKS,
        jobs=jobs.JOBS,
        schedules=schedules.SCHEDULES,
        sensors=[*sensors.SENSORS, *notices.SENSORS],
        resources={
            "platform": Platform(
                root=str(place.root),
                landing=str(place.landing),
                allow_withdrawals=allow_withdrawals,
                held=held,
            ),
            "dbt": Dbt(project_dir=str(DBT_PROJECT)),
        },
        # One process: a step per process costs about three seconds each on two cores.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    return build()
