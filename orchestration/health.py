"""`liia health`: whether an installation is well, line by line, with what to do where it is not.

Reads small files and Dagster's history, changes nothing, and never opens the warehouse. What is
found out by a run (faulty files, gates) is not asked again here.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from exports.release import egress
from exports.release.writing import Places
from ingestion.landing import LONDON
from ingestion.ledger import Ledger
from ingestion.lock import AtWork, alone_in
from ingestion.pipeline import SOURCES
from ingestion.store import ledger_path
from orchestration import home as homes
from orchestration import timetable
from orchestration.home import WORK, Home, SettingsError

if TYPE_CHECKING:
    import dagster as dg

_GIGABYTE = 1024**3
# Less free space than this stops a run of a full quarter; twice as much is time to act.
_LEAST_FREE = 2 * _GIGABYTE
# A run has the home after this at the latest, if nobody else has.
_STARTING = timedelta(minutes=10)
# Clocks of two machines that write to one place differ by so much without harm.
_CLOCKS_APART = timedelta(minutes=5)
# What was made before the platform was is a clock that has been set back to its beginning.
_FIRST_YEAR = 2025


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True)
class Line:
    """What was asked, how it stands, and what to do where it is not well."""

    name: str
    state: State
    found: str
    do: str = ""


def examine(place: Home, now: datetime, unattended: bool) -> list[Line]:
    """All lines, in order. `unattended`: daemon and runs by the calendar are expected."""
    lines = [
        line
        for check in (_home, _disk, _clock, _ledger, _key, _marts, _released, _log)
        for line in _asked(check, place, now)
    ]
    return [*lines, *_asked(_history, place, now, unattended)]


def as_json(place: Home, lines: list[Line]) -> dict[str, Any]:
    return {
        "healthy": healthy(lines),
        "home": str(place.root),
        "checks": [asdict(line) for line in lines],
    }


def healthy(lines: list[Line]) -> bool:
    return all(line.state is not State.FAULT for line in lines)


def _asked(check: Callable[..., Iterator[Line]], *about: object) -> Iterator[Line]:
    """A check's lines; one that breaks is a fault and holds up no other."""
    try:
        yield from check(*about)
    except Exception as error:  # whatever it is, the others are asked too
        name = check.__name__.strip("_")
        yield Line(name, State.FAULT, f"could not be asked ({type(error).__name__})", _ENGINEER)


_ENGINEER = "Tell an engineer."


def _home(place: Home, now: datetime) -> Iterator[Line]:
    if not os.access(place.root, os.R_OK | os.W_OK | os.X_OK):
        found = f"{place.root} cannot be written to"
        yield Line("home", State.FAULT, found, "Whose is it, and is its disk mounted read only?")
        return
    if place.root.stat().st_mode & 0o007:
        found = f"{place.root} is open to everybody on this machine"
        yield Line("home", State.NOTE, found, f"chmod 700 {place.root}")
    else:
        yield Line("home", State.OK, f"{place.root} can be written to")
    if place.landing.is_dir():
        yield Line("landing zone", State.OK, str(place.landing))
    elif not any(place.root.glob("ledger/*.parquet")):
        yield Line("landing zone", State.NOTE, f"none yet at {place.landing}")
    else:
        do = "Name it with --landing or LIIA_LANDING; is its share mounted?"
        yield Line("landing zone", State.FAULT, f"{place.landing} is not there", do)
    nobody = _nobody_has(place)
    held = "nobody is at work in the home" if nobody else "a run, purge or backup is at work in it"
    yield Line("held", State.OK, held)


def _disk(place: Home, now: datetime) -> Iterator[Line]:
    free = shutil.disk_usage(place.root).free
    found = f"{free / _GIGABYTE:.1f} GB free at {place.root}"
    do = f"Runs need {_LEAST_FREE // _GIGABYTE} GB. Enlarge the disk, or delete old backups on it."
    state = (
        State.FAULT if free < _LEAST_FREE else State.NOTE if free < 2 * _LEAST_FREE else State.OK
    )
    yield Line("disk", state, found, "" if state is State.OK else do)


def _clock(place: Home, now: datetime) -> Iterator[Line]:
    """Nothing that the platform noted itself can be later than now."""
    noted = [
        datetime.fromtimestamp(path.stat().st_mtime, LONDON)
        for path in [*place.root.glob("ledger/*.parquet"), *place.outputs.glob("*/run.json")]
    ]
    latest = max(noted, default=now)
    if now.year < _FIRST_YEAR or latest > now + _CLOCKS_APART:
        found = (
            f"it is {now:%Y-%m-%d %H:%M}, and the home was written to at {latest:%Y-%m-%d %H:%M}"
        )
        do = "Set the machine's clock (timedatectl): versions and deadlines go by it."
        yield Line("clock", State.FAULT, found, do)
    else:
        yield Line("clock", State.OK, f"{now:%Y-%m-%d %H:%M %Z}")


def _ledger(place: Home, now: datetime) -> Iterator[Line]:
    counted = {}
    for source in SOURCES:
        try:
            counted[source] = len(Ledger(ledger_path(place.root, source)).read())
        except Exception as error:  # of whichever library finds it broken
            found = f"that of {source} cannot be read ({type(error).__name__})"
            do = "Put ledger/ back from a backup: see Backup and restore in docs/deployment.md."
            yield Line("ledger", State.FAULT, found, do)
    if len(counted) == len(SOURCES):
        told = ", ".join(f"{rows} of {source}" for source, rows in counted.items())
        yield Line("ledger", State.OK, f"file versions: {told}")


def _key(place: Home, now: datetime) -> Iterator[Line]:
    path = place.key_file
    if homes.key_in_environment():
        yield Line("pseudonym key", State.OK, "in the environment")
    elif not path.exists():
        known = Ledger(ledger_path(place.root, "annex_a")).read()
        if (known["state"] == "accepted").any():
            do = "Put it back from where it is kept, or all child ids get other pseudonyms."
            yield Line("pseudonym key", State.FAULT, "it is gone", do)
        else:
            yield Line("pseudonym key", State.NOTE, "none yet; the first run makes one")
    elif (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        found = f"others can read it ({mode:04o})"
        yield Line("pseudonym key", State.FAULT, found, f"chmod 600 {path}, and who has read it?")
    else:
        yield Line("pseudonym key", State.OK, f"in {path.parent.name}/, for its owner alone")


def _marts(place: Home, now: datetime) -> Iterator[Line]:
    """Hashed, not read."""
    from orchestration.publish import noted_by_gate, published_hashes

    published = published_hashes(place)
    noted = noted_by_gate(place)
    if not published:
        yield Line("marts", State.NOTE, "none are published yet", "Run a quarter.")
    elif noted is None:
        found = "published; what their gate let pass is not on record"
        do = "Blocked since, or restored from a backup: run the quarter."
        yield Line("marts", State.NOTE, found, do)
    elif not (differing := [name for name in noted if noted[name] != published.get(name)]):
        yield Line("marts", State.OK, f"{len(noted)} published, as their gate let them pass")
    elif not _nobody_has(place):
        yield Line("marts", State.NOTE, "a run is between their gate and their publication")
    else:
        found = f"not as their gate let them pass: {', '.join(sorted(differing))}"
        yield Line("marts", State.FAULT, found, "Run the quarter, which publishes them anew.")


def _released(place: Home, now: datetime) -> Iterator[Line]:
    """Folders that a release wrote beside their place and never put there."""
    left = sorted(
        path.relative_to(place.outputs).as_posix()
        for path in place.outputs.glob("*/.*")
        if path.is_dir()
    )
    if left:
        found = f"unfinished, of a run that was killed: {', '.join(left)}"
        yield Line("outputs", State.NOTE, found, "Run the quarter: it puts them right.")
    else:
        yield Line("outputs", State.OK, "no unfinished release")


def _log(place: Home, now: datetime) -> Iterator[Line]:
    log = Places(place.marts, place.outputs, place.registers).log
    told = egress.verify(log)
    if told.problems:
        do = "Put the log back from a copy (docs/release.md); nothing is released until then."
        yield Line("egress log", State.FAULT, "; ".join(told.problems), do)
    else:
        yield Line("egress log", State.OK, f"whole, {told.lines} lines")


def _history(place: Home, now: datetime, unattended: bool) -> Iterator[Line]:
    """What Dagster knows; the only part that loads it."""
    if not place.dagster_settled:
        state = State.FAULT if unattended else State.NOTE
        yield Line("history", state, "none: nothing has run in this home", "Run a quarter.")
        return
    try:
        place.settle_dagster()
    except SettingsError as error:
        yield Line("history", State.FAULT, "its server is not named", str(error))
        return
    homes.export(place)
    import dagster as dg

    where = "on PostgreSQL" if place.history_on_server else "in files of the home"
    try:
        with dg.DagsterInstance.get() as instance:
            runs = instance.get_runs_count()
            yield Line("history", State.OK, f"{where}, {runs} runs")
            yield from _daemon(instance, now, unattended)
            yield from _stuck(instance, place, now)
            yield from _last_run(instance, now, unattended)
    except Exception as error:  # a driver's message may hold the address with its password
        do = (
            f"Does the server run (pg_isready), and is {homes.POSTGRES} right?"
            if place.history_on_server
            else f"Put {place.dagster} back from a backup, or delete it: its history is lost."
        )
        found = f"{where}, and cannot be read ({type(error).__name__})"
        yield Line("history", State.FAULT, found, do)


def _daemon(instance: "dg.DagsterInstance", now: datetime, unattended: bool) -> Iterator[Line]:
    needed = instance.get_required_daemon_types()
    statuses = instance.get_daemon_statuses(needed)
    silent = sorted(name for name, told in statuses.items() if not told.healthy)
    if not silent:
        yield Line("daemon", State.OK, f"{len(statuses)} parts are alive")
    elif unattended:
        found = f"not alive, or in error: {', '.join(silent).lower()}"
        do = "systemctl status liia-daemon liia-code; journalctl -u liia-daemon"
        yield Line("daemon", State.FAULT, found, do)
    else:
        found = "schedules, sensors and queue do not run"
        yield Line("daemon", State.NOTE, found, "They need `liia ui`, or the services.")


def _stuck(instance: "dg.DagsterInstance", place: Home, now: datetime) -> Iterator[Line]:
    import dagster as dg

    waiting = [
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.CANCELING,
    ]
    longest = timedelta(seconds=instance.run_monitoring_max_runtime_seconds or 14400)
    stuck = []
    records = instance.get_run_records(
        dg.RunsFilter(statuses=[*waiting, dg.DagsterRunStatus.STARTED])
    )
    free = _nobody_has(place)
    for record in records:
        run = record.dagster_run
        since = now - record.create_timestamp
        if run.status is dg.DagsterRunStatus.STARTED:
            since = now - datetime.fromtimestamp(record.start_time or now.timestamp(), LONDON)
        # A run has the home, or waits for who has it; if nobody does, its process is gone.
        gone = run.status is dg.DagsterRunStatus.STARTED and free and since > _STARTING
        if gone or since > longest:
            stuck.append(f"{run.job_name} {run.run_id[:8]} ({run.status.value.lower()})")
    if stuck:
        do = "In the UI: Runs, Terminate, and Mark as canceled. Then start the job again."
        yield Line("runs", State.FAULT, f"do not go on: {', '.join(sorted(stuck))}", do)
    else:
        yield Line("runs", State.OK, f"{len(records)} at work or waiting")


def _nobody_has(place: Home) -> bool:
    try:
        with alone_in(place.root, WORK):
            return True
    except AtWork:
        return False


def _last_run(instance: "dg.DagsterInstance", now: datetime, unattended: bool) -> Iterator[Line]:
    import dagster as dg

    from orchestration.notices.runs import PARTITION, quarter_of

    good = [dg.DagsterRunStatus.SUCCESS]
    last = instance.get_run_records(dg.RunsFilter(job_name="quarter", statuses=good), limit=1)
    if last:
        ended = datetime.fromtimestamp(last[0].end_time or 0, LONDON)
        quarter = quarter_of(last[0].dagster_run)
        label = quarter.label if quarter else "several quarters"
        found = f"{label}, {(now - ended).days} days ago"
    else:
        found = "none"
    days = timetable.event(timetable.PUBLISH).days
    day, due = max(((d, q) for d, q in days.items() if d < now.date()), default=(None, None))
    done = due is not None and instance.get_runs_count(
        dg.RunsFilter(job_name="quarter", statuses=good, tags={PARTITION: due.key})
    )
    if due is None or done:
        yield Line("last whole run", State.OK, found)
        return
    state = State.FAULT if unattended else State.NOTE
    found = f"{found}; {due.label} was to be published on {day} and is not"
    yield Line("last whole run", state, found, f"liia run --quarter {due.slug}")


def text(lines: list[Line]) -> Iterator[str]:
    """For a person: one line each, and what to do below it."""
    width = max(len(line.name) for line in lines)
    for line in lines:
        yield f"{line.state:<5}  {line.name:<{width}}  {line.found}"
        if line.do:
            yield f"{'':<5}  {'':<{width}}  {line.do}"
    faults = sum(line.state is State.FAULT for line in lines)
    yield f"{faults} fault{'s' * (faults != 1)}." if faults else "All is well."
