"""One sensor for each source: files that came, changed or went start what they touch.

At most one run at a time and source, once the files are still. It writes anew what stands for the
quarter already and releases nothing for the first time: that is the calendar's.
"""

import time

import dagster as dg

from exports.catalogue import PRODUCTS
from ingestion.periods import Quarter
from ingestion.pipeline import SOURCES
from orchestration import home as homes
from orchestration.defs.jobs import BY_SOURCE, FILES, path_of
from orchestration.home import Home
from orchestration.landing_watch import ANY_QUARTER, Memory, fingerprints
from orchestration.lib import QUARTERS
from orchestration.notices import runs

# Shows who is missing, for LIIA itself, so it is written before the quarter is published too.
_ALWAYS = {"return": {"returns"}}
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

Touched = tuple[Quarter, set[str]]


def landing_sensor(source: str) -> dg.SensorDefinition:
    job = BY_SOURCE[source]

    @dg.sensor(
        name=job.name,
        job=job,
        minimum_interval_seconds=30,
        description=f"{FILES[source].capitalize()} that came, changed or went, once they are still "
        "for 20 seconds: read, and what stands for their quarter is written anew.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        place = homes.from_environment()
        reason = _not_now(context.instance, job.name, place)
        if reason:
            return dg.SkipReason(reason)
        found = fingerprints(place.landing, source)
        if context.cursor is None:
            context.update_cursor(Memory(found).written())
            return dg.SkipReason("Took stock of what lies there; what changes from now on is run")
        memory = Memory.read(context.cursor)
        if memory.taken and not found:
            return dg.SkipReason(
                f"No {FILES[source]} are left in {place.landing}. If it is no lost share, run a "
                "quarter with --allow-withdrawals"
            )
        answer = _answer(source, memory, memory.look(found, time.time()), place)
        context.update_cursor(memory.written())
        return answer

    return look


def _not_now(instance: dg.DagsterInstance, job_name: str, place: Home) -> str | None:
    if not place.landing.is_dir():
        return f"There is no landing zone at {place.landing}"
    if not any(place.marts.glob("*.parquet")):
        return "Nothing is published in this home; run a quarter first"
    running = dg.RunsFilter(job_name=job_name, statuses=_UNFINISHED)
    if instance.get_runs_count(running):
        return "The run for the change before is not over; what has come since waits for its end"
    return None


def _answer(
    source: str, memory: Memory, still: list[str], place: Home
) -> dg.RunRequest | dg.SkipReason:
    if not still:
        coming = ", ".join(map(_named, memory.waiting))
        return dg.SkipReason(f"Still coming: {coming}" if coming else "Nothing has changed")
    looked_up = {slug: _touched(source, slug, place) for slug in still}
    touched = {slug: what for slug, what in looked_up.items() if what}
    idle = [slug for slug in still if slug not in touched]
    if idle:
        memory.take(idle)
        names = ", ".join(map(_named, idle))
        return dg.SkipReason(f"Nothing is written of it yet, so it waits for the calendar: {names}")
    chosen = _first_range(touched)
    (first, products), (last, _) = touched[chosen[0]], touched[chosen[-1]]
    return dg.RunRequest(
        run_key=f"{source}:{memory.take(chosen)}",
        partition_key=first.key if first == last else None,
        asset_selection=path_of(source, sorted(products)),
        tags={
            **({} if first == last else {runs.FIRST: first.key, runs.LAST: last.key}),
            runs.SOURCE: source,
            "liia/why": f"{FILES[source]} came, changed or went: {', '.join(map(_named, chosen))}",
        },
    )


def _touched(source: str, slug: str, place: Home) -> Touched | None:
    """The quarter that is written anew, and its products; None where there are none."""
    if slug == ANY_QUARTER:
        standing = (Quarter.find(path.name) for path in place.outputs.glob("*"))
        quarter = max((q for q in standing if q and _standing(q, place)), default=None)
    else:
        quarter = Quarter.parse(slug)
    if quarter is None or not QUARTERS.has_partition_key(quarter.key):
        return None
    products = _standing(quarter, place) | _ALWAYS.get(source, set())
    return (quarter, products) if products else None


def _standing(quarter: Quarter, place: Home) -> set[str]:
    return {path.name for path in (place.outputs / quarter.slug).glob("*")} & PRODUCTS.keys()


def _first_range(touched: dict[str, Touched]) -> list[str]:
    """Of the quarters that follow each other and have the same products, the first ones."""
    chosen: list[str] = []
    for slug, (quarter, products) in touched.items():
        if chosen and (quarter.shift(-1), products) != touched[chosen[-1]]:
            break
        chosen.append(slug)
    return chosen


def _named(slug: str) -> str:
    return slug or "files of no one quarter"


SENSORS = [landing_sensor(source) for source in SOURCES]
