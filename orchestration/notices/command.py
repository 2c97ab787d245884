"""`liia notify` on a screen: what would be sent to whom, or what became of it."""

from rich.console import Console

from exports.marts import MartError
from exports.notices.notice import Kind
from exports.release.egress import LogBroken
from ingestion.periods import Quarter
from orchestration.home import Home
from orchestration.notices import telling


def notify(place: Home, quarter: Quarter, kind: Kind, dry_run: bool, console: Console) -> int:
    """Send a notice, or print it; 0, or 1 where it did not get to somebody. SettingsError."""

    def say(line: str = "") -> None:
        console.print(line, markup=False, soft_wrap=True)

    settings = telling.settings_of(place)
    try:
        notice, sent_for = telling.asked(place, quarter, kind)
    except (MartError, LogBroken, ValueError) as error:
        say(str(error))
        return 1
    if notice is None:
        say(f"{quarter.label}: nothing to tell ({kind}).")
        return 0
    readers = telling.readers(notice, settings)
    if dry_run:
        for reader in readers or [f"nobody: see {place.notices}"]:
            say(f"To {reader}")
        say(f"Subject: {notice.subject}")
        say()
        say(notice.text)
        return 0
    if settings is None or not readers:
        say(f"Nobody gets it: {place.notices} names nobody for {kind}.")
        return 1
    told = list(telling.send([notice], settings, sent_for))
    for one in told:
        say(one.text)
    return 1 if any(one.warning for one in told) else 0
