"""When notices go: once after a run of the quarter, and when somebody asks (`liia notify`)."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from exports.marts import MartError
from exports.notices.blocked import blocked
from exports.notices.missing import missing
from exports.notices.notice import Kind, Notice
from exports.notices.published import published
from exports.release.egress import LogBroken
from exports.release.writing import Places
from ingestion.landing import LONDON, is_synthetic
from ingestion.periods import Quarter
from orchestration import home as homes
from orchestration.home import Home
from orchestration.notices import runs
from orchestration.notices.sending import Sleep, mail, mails, post
from orchestration.notices.settings import Settings, SettingsError, read

# Tag of a run: who tells of it. Set before anything is sent, so that nobody is told twice.
TOLD_BY = "liia/notices"
BY_COMMAND, BY_SENSOR = "command", "sensor"


@dataclass(frozen=True)
class Told:
    """One line on what became of notices, for a person; `warning` where something did not go."""

    text: str
    warning: bool = False


def claim(instance: dg.DagsterInstance, run_id: str, by: str) -> bool:
    """Whether nobody has told of the run yet; if so, it is noted that `by` does."""
    run = instance.get_run_by_id(run_id)
    if run is None or _is_told(run):
        return False
    instance.add_run_tags(run_id, {TOLD_BY: f"{by} {run_id}"})
    return True


def _is_told(run: dg.DagsterRun) -> bool:
    """A run that is begun again has its parent's tags: what they say is of the parent."""
    told = run.tags.get(TOLD_BY, "")
    return told.endswith(run.run_id) or (told == BY_COMMAND and run.parent_run_id is None)


def after_run(
    place: Home, instance: dg.DagsterInstance, run_id: str, sleep: Sleep = time.sleep
) -> list[Told]:
    """Send what a run gives to tell. Never raises: a run does not fail for its notices.

    What became of them is also an event of the run, for the UI.
    """
    run = None
    try:
        run = instance.get_run_by_id(run_id)
        told = list(_after_run(place, instance, run, sleep)) if run else []
    except SettingsError as error:
        told = [Told(f"No notices were sent. {error}", warning=True)]
    except Exception as error:  # whatever it is, it is no fault of the run
        told = [Told(f"Notices broke off: {type(error).__name__}.", warning=True)]
    for line in told:
        instance.report_engine_event(f"Notices: {line.text}", run)
    return told


def _after_run(
    place: Home, instance: dg.DagsterInstance, run: dg.DagsterRun, sleep: Sleep
) -> Iterator[Told]:
    quarter = runs.quarter_of(run)
    if quarter is None:
        return
    settings = settings_of(place)
    if settings is None:
        yield Told(f"No notices are sent: there is no {place.notices}.")
        return
    blocks, got_to_marts = runs.blocks(instance, run)
    synthetic = _synthetic(place)
    made = [blocked(quarter, blocks, got_to_marts, run.run_id, synthetic)]
    if got_to_marts:
        today = datetime.now(LONDON).date()
        makers: dict[Kind, Callable[[], Notice | None]] = {
            Kind.MISSING: lambda: missing(place.marts, quarter, today, synthetic),
            Kind.PUBLISHED: lambda: published(_places(place), quarter, synthetic, run.run_id),
        }
        if runs.SOURCE in run.tags:
            # A file that landed is no occasion to remind all others of theirs.
            del makers[Kind.MISSING]
        for kind, make in makers.items():
            # What cannot be told of one holds up no other: a broken log is what `blocked` tells.
            try:
                made.append(make())
            except (MartError, LogBroken, ValueError) as error:
                yield Told(f"{kind}: not sent. {error}", warning=True)
    yield from send([one for one in made if one], settings, run.run_id, sleep)


def asked(place: Home, quarter: Quarter, kind: Kind) -> tuple[Notice | None, str]:
    """The notice of a kind as things stand, and what it is sent for; None: nothing to tell.

    MartError, LogBroken and ValueError where it cannot be told how things stand.
    """
    synthetic = _synthetic(place)
    now = datetime.now(LONDON)
    by_hand = f"liia notify {now.isoformat(timespec='seconds')}"
    if kind is Kind.MISSING:
        return missing(place.marts, quarter, now.date(), synthetic), by_hand
    if kind is Kind.PUBLISHED:
        return published(_places(place), quarter, synthetic), by_hand
    if not place.dagster.is_dir():
        return None, by_hand
    place.settle_dagster()
    homes.export(place)
    with dg.DagsterInstance.get() as instance:
        run = runs.last_of(instance, quarter)
        if run is None:
            return None, by_hand
        found, got_to_marts = runs.blocks(instance, run)
    return blocked(quarter, found, got_to_marts, run.run_id, synthetic), by_hand


def send(
    notices: Sequence[Notice], settings: Settings, sent_for: str, sleep: Sleep = time.sleep
) -> Iterator[Told]:
    """Each notice to the roles that get its kind, and to the webhook; a line for each."""
    letters = [
        ((notice.kind, role.name), message)
        for notice in notices
        for role in settings.roles
        if settings.server and notice.kind in role.kinds
        for message in mails(notice, role.to, settings.server, sent_for)
    ]
    if settings.server and letters:
        became: dict[tuple[Kind, str], list[str]] = {}
        whys = mail([message for _, message in letters], settings.server, sleep)
        for (whose, _), why in zip(letters, whys, strict=True):
            became.setdefault(whose, []).append(why)
        for (kind, role), each in became.items():
            yield _told(f"{kind} to {role} by e-mail", each)
    for notice in notices:
        if settings.webhook and notice.kind in settings.webhook_kinds:
            why = post(notice, settings.webhook, sent_for, sleep)
            yield _told(f"{notice.kind} to the webhook", [why])


def _told(what: str, whys: Sequence[str]) -> Told:
    lost = [why for why in whys if why]
    if not lost:
        return Told(f"{what}: sent")
    share = f"{len(lost)} of {len(whys)} not sent" if len(whys) > 1 else "not sent"
    return Told(f"{what}: {share}: {'; '.join(dict.fromkeys(lost))}", warning=True)


def readers(notice: Notice, settings: Settings | None) -> list[str]:
    """Who would get a notice: roles with their addresses, and the webhook without its own."""
    if settings is None:
        return []
    roles = [role for role in settings.roles if notice.kind in role.kinds]
    by_mail = [f"{role.name}: {', '.join(role.to)}" for role in roles]
    return by_mail + ["the webhook"] * (notice.kind in settings.webhook_kinds)


def settings_of(place: Home) -> Settings | None:
    """As they stand now; None where there are none. SettingsError."""
    return read(place.notices, homes.notice_environment())


def _places(place: Home) -> Places:
    return Places(place.marts, place.outputs, place.registers)


def _synthetic(place: Home) -> bool:
    """What the home holds; before its first run, what its landing zone does."""
    kind = place.root / "landing_kind"
    return kind.read_text() == "synthetic" if kind.exists() else is_synthetic(place.landing)
