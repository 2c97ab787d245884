"""`liia purge` on a screen: what is due, line by line, and then what became of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from rich.console import Console

from ingestion import retention
from ingestion.landing import LONDON, plain
from ingestion.lock import AtWork, alone_in
from ingestion.pipeline import MixedZones
from ingestion.retention import BehindLink, Item
from orchestration.home import WORK, Home

_NAMES = {
    retention.EXTRACT: ("extract", "extracts"),
    retention.COPY: ("quarantine copy", "quarantine copies"),
    retention.LEFT_OVER: ("left-over", "left-overs"),
}


def purge(place: Home, day: date, dry_run: bool, without_figures: bool, console: Console) -> int:
    """List what is due and delete it; 0, or 1 where something due had to stay."""
    try:
        with alone_in(place.root, WORK):
            return _purge(place, day, dry_run, without_figures, console)
    except (AtWork, BehindLink, MixedZones) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 1


def _purge(place: Home, day: date, dry_run: bool, without_figures: bool, console: Console) -> int:
    items = retention.due(place.landing, place.root, day)
    staying = [] if without_figures else [item for item in items if item.unkept]
    going = [item for item in items if item not in staying]
    for item in going:
        _say(item, day, place, console)
    for item in staying:
        _say(item, day, place, console, f"stays, {item.unkept}: ")
    if dry_run:
        problems = []
        console.print(f"Due on {day}: {_counted(going)}. Nothing was deleted (--dry-run).")
    else:
        problems = retention.delete(going, place.landing, place.root, datetime.now(LONDON))
        for problem in problems:
            console.print(f"could not be deleted: {plain(problem)}", markup=False, soft_wrap=True)
        console.print(f"Deleted, due on {day}: {_counted(going)}.")
        if any(item.file_id for item in going):
            console.print("The warehouse went with them: the next run builds it anew.")
    if staying:
        console.print(
            f"Left in place: {_counted(staying)}. Their figures would be lost: run the quarter"
            " first, or purge with --without-figures.",
            soft_wrap=True,
        )
    return 0 if dry_run or not (staying or problems) else 1


def _say(item: Item, day: date, place: Home, console: Console, before: str = "") -> None:
    name = _NAMES[item.what][0]
    if item.received is None:
        why = "on no record"
    else:
        kept = retention.days_kept()[item.what]
        why = f"received {item.received}, {item.age(day)} days ago, kept for {kept}"
    where = [_shown(path, place) for path in item.paths] or [
        f"rows of {item.file_id} in raw/annex_a"
    ]
    for path in where:
        console.print(f"{before}{name}, {why}: {path}", markup=False, soft_wrap=True)


def _shown(path: Path, place: Home) -> str:
    """The path below the landing zone or the home, in letters that can be printed."""
    root = place.landing if path.is_relative_to(place.landing) else place.root
    return plain(str(path.relative_to(root)))


def _counted(items: Sequence[Item]) -> str:
    counts = Counter(item.what for item in items)
    words = [f"{n} {_NAMES[what][n != 1]}" for what, n in sorted(counts.items())]
    paths = sum(len(item.paths) for item in items)
    return f"{', '.join(words)} ({paths} path{'s' * (paths != 1)})" if words else "nothing"
