"""`liia run`: the quarter's job in this process, told to a person line by line.

Everything is recorded in the home's Dagster instance, so the same run is in the UI afterwards.
"""

import contextlib
import time
import uuid
from collections import Counter
from pathlib import Path

import dagster as dg
from rich.console import Console

from exports.release.writing import MANIFEST, README
from ingestion.kept import for_good
from ingestion.lock import AtWork, alone_in
from ingestion.periods import Quarter
from orchestration import home as homes
from orchestration import interrupt, warehouse
from orchestration.history import kept_open
from orchestration.home import WORK, Home
from orchestration.lib import QUARTERS, step_name
from orchestration.notices import telling
from orchestration.trouble import in_words

# Of a product with more files than this, the end of a run names the index alone.
_LISTED = 5
# By this tag the UI knows of which job a run is: without it no job's page has it. The name is
# Dagster's own, the location is that of workspace.yaml.
_LOCATION = ".dagster/repository"


class Progress:
    """Prints one line per step, and what failed, as Dagster's events come in."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started: dict[str, float] = {}
        self.checks: Counter[bool] = Counter()
        self.done: set[str] = set()
        self.failed: list[str] = []
        self.undelivered = False
        self.said: set[str | None] = set()

    def handle(self, entry: dg.EventLogEntry, _cursor: str | None = None) -> None:
        event = entry.dagster_event
        if event is None:
            return
        step = event.step_key or ""
        kind = event.event_type
        if kind == dg.DagsterEventType.STEP_START:
            self.started[step] = time.monotonic()
        elif kind == dg.DagsterEventType.STEP_SUCCESS:
            self.done.add(step)
            seconds = time.monotonic() - self.started.get(step, time.monotonic())
            self.console.print(f"  [green]done[/]  {step_name(step)}  [dim]{seconds:.1f} s[/]")
        elif kind == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            root = error
            while root is not None and root.cause is not None:
                root = root.cause
            said = root.message.strip() if root else "failed"
            self.failed.append(f"{step_name(step)}: {in_words(said) or said}")
            self.console.print(f"  [red]failed[/]  {step_name(step)}")
        elif kind == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            self.checks[check.passed] += 1
            is_error = not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
            self.undelivered |= is_error and check.check_name == "delivery"
            # What holds of several products alike (an agreement under review) is said once.
            again = check.description is not None and check.description in self.said
            if not check.passed and not again:
                self.said.add(check.description)
                colour = "red" if is_error else "yellow"
                where = check.asset_key.to_user_string()
                self.console.print(f"  [{colour}]check[/]  {where} {check.check_name}: ", end="")
                self.console.print(check.description or "see the Dagster UI", markup=False)


def run_quarter(
    place: Home,
    quarter: Quarter,
    console: Console,
    allow_withdrawals: bool = False,
    source: str | None = None,
) -> int:
    """Run the quarter, or of it what one source's files touch.

    Returns 0, 1 when something blocked it or was not delivered, 2 when it is not yet over or there
    is nothing that a source's files could touch.
    """
    if not QUARTERS.has_partition_key(quarter.key):
        first = Quarter.parse(QUARTERS.get_first_partition_key() or "")
        last = Quarter.parse(QUARTERS.get_last_partition_key() or "")
        console.print(
            f"{quarter.label} is not a quarter that can be run: from {first.label} to the one that"
            f" ended last, {last.label}."
        )
        return 2
    if source and not any(place.marts.glob("*.parquet")):
        console.print(f"Nothing is published in {place.root} yet: run the whole quarter first.")
        return 2
    place.prepare()
    try:
        with alone_in(place.root, WORK):
            return _run(place, quarter, console, allow_withdrawals, source)
    except AtWork as error:
        console.print(str(error), markup=False)
        return 1


def _run(
    place: Home, quarter: Quarter, console: Console, allow_withdrawals: bool, source: str | None
) -> int:
    homes.export(place)
    console.print(f"[bold]{quarter.label}[/] from {place.landing} into {place.root}")
    started = time.monotonic()
    with for_good():
        from orchestration.definitions import build
        from orchestration.defs.jobs import BY_SOURCE, QUARTER
        from orchestration.defs.transform import seed_keys

        definitions = build(allow_withdrawals, held=True)
        job = definitions.resolve_job_def(BY_SOURCE[source].name if source else QUARTER.name)
    progress = Progress(console)
    # dbt and Dagster write hundreds of lines; a person wants a dozen. The rest stays in the log.
    with (
        dg.DagsterInstance.get() as instance,
        kept_open(instance),
        place.last_log.open("w", encoding="utf-8") as sink,
        contextlib.redirect_stdout(sink),
    ):
        _end_killed(instance)
        run_id = str(uuid.uuid4())
        instance.add_event_listener(run_id, progress.handle)
        # Seeds that stand as the project has them are not loaded and tested again.
        unchanged = seed_keys() if warehouse.stands(place) else set()
        assets = set(job.asset_layer.executable_asset_keys) - unchanged
        result = job.execute_in_process(
            instance=instance,
            partition_key=quarter.key,
            asset_selection=sorted(assets),
            run_id=run_id,
            raise_on_error=False,
            tags={
                telling.TOLD_BY: telling.BY_COMMAND,
                "liia/quarter": quarter.label,
                _LOCATION: "__repository__@liia",
            },
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if interrupt.asked():
        raise KeyboardInterrupt
    code = _say(result.success, progress, place, quarter, time.monotonic() - started, console)
    with dg.DagsterInstance.get() as instance:
        for told in telling.after_run(place, instance, run_id):
            style = "yellow" if told.warning else None
            console.print(told.text, style=style, markup=False, soft_wrap=True)
    return code


def _end_killed(instance: dg.DagsterInstance) -> None:
    """Say of runs of this command whose process was killed that they have ended.

    Whoever has the home to itself, as we have, is the only such run. Queue and sensors would wait
    for the others.
    """
    tags = {telling.TOLD_BY: telling.BY_COMMAND}
    for run in instance.get_runs(dg.RunsFilter(tags=tags, statuses=[dg.DagsterRunStatus.STARTED])):
        instance.report_run_failed(run, "The process of this run was ended before it was done.")


def _say(
    success: bool,
    progress: Progress,
    place: Home,
    quarter: Quarter,
    seconds: float,
    console: Console,
) -> int:
    """The end of the run on the screen; its exit code."""
    checks = f"{progress.checks[True]} checks passed, {progress.checks[False]} did not"
    if not success:
        for line in progress.failed:
            console.print(line, markup=False)
        stands = (
            "The marts are published, the outputs are not complete"
            if "published__marts" in progress.done
            else "What was published before stands"
        )
        console.print(
            f"[red]Blocked[/] after {seconds:.0f} s: {checks}. {stands}; the whole log is "
            f"{place.last_log}."
        )
        return 1
    done = "[red]Not all was delivered[/]" if progress.undelivered else "[green]Done[/]"
    console.print(f"{done} in {seconds:.0f} s: {checks}.")
    for line in _written(place.outputs / quarter.slug):
        console.print(f"  {line}", markup=False, soft_wrap=True)
    console.print(f"  {place.marts}", markup=False, soft_wrap=True)
    console.print(f"  {place.analyst}", markup=False, soft_wrap=True)
    return 1 if progress.undelivered else 0


def _written(folder: Path) -> list[str]:
    """The outputs to open first: of a product in many files, its index and how many more.

    What every product has beside its own files (manifest, page for the receiver) is not named.
    """
    lines = []
    for product in sorted(folder.glob("[!.]*")):
        found = sorted(path for path in product.rglob("*") if path.is_file())
        files = [path for path in found if path.name not in (MANIFEST, README)] or [product]
        if len(files) <= _LISTED:
            lines += [str(path) for path in files]
        else:
            first = next((path for path in files if path.name == "index.html"), files[0])
            lines.append(f"{first} (and {len(files) - 1} more)")
    return lines
