"""Where Definitions are put together; no asset, check or schedule is written here."""

import dagster as dg

from orchestration import home


def build(allow_withdrawals: bool = False) -> dg.Definitions:
    """All definitions for the home that the environment names."""
    place = home.from_environment()
    home.export(place)
    place.prepare()

    from dagster_dbt import DbtCliResource

    from orchestration.defs import gates, ingest, notices, outputs, schedules, transform
    from orchestration.resources import Platform

    return dg.Definitions(
        assets=[
            *ingest.ASSETS,
            transform.TRANSFORM,
            outputs.published_marts,
            *outputs.PRODUCT_ASSETS,
            outputs.run_record,
        ],
        asset_checks=gates.CHECKS,
        jobs=[schedules.quarter_job],
        schedules=[schedules.quarterly],
        sensors=notices.SENSORS,
        resources={
            "platform": Platform(
                root=str(place.root),
                landing=str(place.landing),
                allow_withdrawals=allow_withdrawals,
            ),
            "dbt": DbtCliResource(project_dir=transform.project()),
        },
        # One process: a step per process costs about three seconds each on two cores.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    return build()
