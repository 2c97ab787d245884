"""What a run left to be told, read from its events in the home's Dagster instance.

The same for `liia run`, a run from the UI and a scheduled one. Of a check its name, table and rules
are taken, never its description: that quotes rows.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from exports.notices.blocked import Block
from ingestion.periods import Quarter
from orchestration.lib import step_name

PARTITION = "dagster/partition"
# Dagster's own names for a run of a range of partitions.
FIRST, LAST = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
# Which source's files started a run (`defs/sensors.py`).
SOURCE = "liia/source"
_MARTS = dg.AssetKey(["published", "marts"])
_EVENTS = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
}


def quarter_of(run: dg.DagsterRun) -> Quarter | None:
    """The quarter of a run, the last one of a run of several; None of one of none."""
    key = run.tags.get(PARTITION) or run.tags.get(LAST)
    return Quarter.parse(key) if key else None


def last_of(instance: dg.DagsterInstance, quarter: Quarter) -> dg.DagsterRun | None:
    """The newest run of the quarter's job for a quarter that is over."""
    over = [
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.CANCELED,
    ]
    filters = dg.RunsFilter(job_name="quarter", statuses=over, tags={PARTITION: quarter.key})
    return next(iter(instance.get_runs(filters, limit=1)), None)


def blocks(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[list[Block], bool]:
    """What stopped in a run, and whether it published its marts."""
    by_step: dict[str, list[Block]] = {}
    failed: list[str] = []
    published = False
    for entry in instance.all_logs(run.run_id, of_type=_EVENTS):
        event = entry.dagster_event
        if event is None:
            continue
        step = event.step_key or ""
        if event.event_type is dg.DagsterEventType.STEP_FAILURE:
            failed.append(step)
        elif event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            published |= event.asset_key == _MARTS
        else:
            by_step.setdefault(step, []).extend(_of_check(event.asset_check_evaluation_data))
    found = [block for told in by_step.values() for block in told]
    # A check that blocks fails its step too: told once.
    found += [Block("step", step_name(step)) for step in failed if not by_step.get(step)]
    if not (found or run.is_success):
        found = [Block("interrupted", "The run")]
    return found, published


def _of_check(check: dg.AssetCheckEvaluation) -> Iterator[Block]:
    if check.passed or check.severity is not dg.AssetCheckSeverity.ERROR:
        return
    name = check.asset_key.path[-1]
    told: dict[str, Any] = {key: value.value for key, value in check.metadata.items()}
    if check.check_name == "gate":
        yield Block(
            "gate", f"Table {name}", tuple((r["rule"], r["why"]) for r in told.get("rules", ()))
        )
    elif check.check_name == "release":
        yield Block(str(told.get("cause", "refused")), name)
    elif check.check_name == "delivery":
        yield Block("delivery", name)
    else:
        yield Block("test", f"Table {name}", ((check.check_name, ""),))
