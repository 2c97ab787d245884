"""Child-level data that have been kept long enough, and deleting them: `reference/retention.csv`.

Children stand in Annex A workbooks of the landing zone, in their quarantine copies, in what was
read from them (`raw/.parsed`, `raw/annex_a`) and in the warehouse; nowhere else. A workbook and its
rows go together: a run would read it again. Figures are kept first (`kept_figures`), ledger and
findings stay. Nothing outside the home and `annex_a/` of the landing zone is deleted, nor behind
links. No asking and no printing here; that no run is at work is the caller's promise.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion import kept_figures, landing, pipeline, quarantine
from ingestion.landing import LONDON, LandedFile
from ingestion.ledger import SUBJECT, Ledger
from ingestion.registry import seed
from ingestion.sources import chat_values
from ingestion.store import ledger_path, parsed_folder, write_parquet

EXTRACT, COPY, LEFT_OVER = "extract", "quarantine_copy", "left_over"
NOT_READ = "no run has read it yet"
NOT_COUNTED = "no run has counted its figures yet"


class BehindLink(Exception):
    """Something to delete lies behind a link, outside the places that are ours."""


@dataclass(frozen=True)
class Item:
    """What goes whole. `received` is unknown of a left-over: nothing is on record about it."""

    what: str
    # In the order in which they go: a workbook last but for its sidecar, so that an interrupted
    # purge finds it again.
    paths: tuple[Path, ...]
    received: date | None = None
    file_id: str | None = None
    # Why figures would be lost with it; None where they are safe, or there are none.
    unkept: str | None = None

    def age(self, day: date) -> int | None:
        return None if self.received is None else (day - self.received).days


def days_kept() -> dict[str, int]:
    """For how many days after receipt what is kept, by the rule's name."""
    rules = seed("reference/retention")
    return dict(zip(rules["what"], rules["days"].astype(int), strict=True))


def due(landing_zone: Path, home: Path, day: date) -> list[Item]:
    """All that has been kept longer than its rule says, on a day; left-overs at any time.

    Raises MixedZones where the landing zone is not this home's, by its kind.
    """
    pipeline.keep_apart(landing_zone, home)
    ledger = Ledger(ledger_path(home, "annex_a")).read()
    items = [
        *_landed_and_read(landing_zone, home, ledger),
        *_copies(home, ledger),
        *_temporary(home),
    ]
    kept = days_kept()
    return [item for item in items if (age := item.age(day)) is None or age > kept[item.what]]


def delete(items: Iterable[Item], landing_zone: Path, home: Path, now: datetime) -> list[str]:
    """Delete, in an order that may break off anywhere; returns what could not be deleted, and why.

    Figures are safe before the ledger says purged, and that stands before anything goes: a run
    after a break reads again what still lies in the landing zone, and counts what does not by its
    kept figures. What still lies anywhere is due again.
    """
    items = list(items)
    paths = [path for item in items for path in item.paths]
    _stay_inside(paths, landing_zone, home)
    read = {item.file_id for item in items if item.file_id}
    book = Ledger(ledger_path(home, "annex_a"))
    ledger = book.read()
    counting = ledger["file_id"].isin(read) & (ledger["state"] == "accepted")
    kept_figures.keep(ledger.loc[counting, "file_id"], home, now)
    if counting.any():
        # dbt takes the states from raw, and must not count rows that go in a moment as none.
        write_parquet(book.purge(read), home / "raw" / "annex_a_files.parquet")
    problems = []
    if read:
        problems += [_removed(path) for path in sorted((home / "warehouse").glob("*liia.duckdb*"))]
        for path in _lists(home):
            _without(path, read)
    problems += [_removed(path) for path in paths]
    return [problem for problem in problems if problem]


# --- what lies where ---


def _landed_and_read(zone: Path, home: Path, ledger: pd.DataFrame) -> list[Item]:
    """Extracts: landed workbooks, and rows of those that lie there no more; and rows of nobody."""
    files = landing.scan(zone, "annex_a")
    landed = {pipeline.id_of(file): file for file in files if not file.absolute.is_symlink()}
    states = ledger.set_index("file_id")["state"].to_dict()
    received = _Received(ledger)
    losing = _without_figures(ledger, landed, home)
    # Values read off ChAT are figures of an authority: no child stands in such a file.
    # By content too: a workbook of children may have been saved over it since.
    read_off = ledger[ledger["tables"] == chat_values.TABLE]
    contents = set(zip(read_off["path"], read_off["sha256"], strict=True))
    values = {name: file for name, file in landed.items() if (file.path, file.sha256) in contents}
    landed = {name: file for name, file in landed.items() if name not in values}
    items = []
    for file_id in [*landed, *sorted(_read(home) - landed.keys())]:
        file = landed.get(file_id)
        folder = parsed_folder(home) / file_id
        read = (folder,) if folder.is_dir() else ()
        if file is None and file_id not in states:
            items.append(Item(LEFT_OVER, read, file_id=file_id))
            continue
        unkept = NOT_COUNTED if file_id in losing else None
        if file and not file.refused and states.get(file_id) in (None, "withdrawn", "replaced"):
            unkept = NOT_READ
        paths = (*read, *(_with_sidecar(file.absolute) if file else ()))
        items.append(Item(EXTRACT, paths, received.of(file_id, file), file_id, unkept))
    known = {path for item in items for path in item.paths}
    kept = {path for file in values.values() for path in _with_sidecar(file.absolute)}
    return items + _clutter(zone, known | kept)


def _clutter(zone: Path, known: set[Path]) -> list[Item]:
    """What a scan passes over, such as half a copy or a program's own; by the file's own time."""
    found = (zone / landing.FOLDERS["annex_a"]).rglob("*")
    return [
        Item(EXTRACT, (path,), datetime.fromtimestamp(path.lstat().st_mtime, LONDON).date())
        for path in sorted(found)
        if path not in known and path.is_file() and not path.is_symlink()
    ]


def _with_sidecar(path: Path) -> tuple[Path, ...]:
    beside = path.with_name(f"{path.name}.yml")
    try:
        has_one = beside.is_file() and not beside.is_symlink()
    except OSError:  # the name would be too long for one
        has_one = False
    return (path, beside) if has_one else (path,)


def _read(home: Path) -> set[str]:
    """Ids of the files of which child-level rows are held, in `raw/.parsed` or `raw/annex_a`."""
    folders = {path.parent.name for path in parsed_folder(home).glob("*/*annex_a_*")}
    rows = (pc.unique(pq.read_table(path, columns=["file_id"])["file_id"]) for path in _lists(home))
    return folders.union(*(ids.to_pylist() for ids in rows))


def _lists(home: Path) -> list[Path]:
    return sorted((home / "raw" / "annex_a").glob("[!.]*.parquet"))


def _copies(home: Path, ledger: pd.DataFrame) -> list[Item]:
    """Quarantine copies; one whose file is in no ledger, or whose reason is gone, is left over."""
    known = set(zip(ledger["path"], ledger["sha256"], strict=True))
    folders = sorted((home / "quarantine" / "annex_a").glob("*"))
    return [_copy(path, known) for path in folders if path.is_dir() and not path.is_symlink()]


def _copy(folder: Path, known: set[tuple[str, str]]) -> Item:
    try:
        reason = json.loads((folder / quarantine.REASON).read_text(encoding="utf-8"))
        received = datetime.fromisoformat(reason["received_at"]).astimezone(LONDON).date()
        recorded = (reason["path"], reason["sha256"]) in known
    except (OSError, ValueError, KeyError, TypeError):
        recorded = False
    return Item(COPY, (folder,), received) if recorded else Item(LEFT_OVER, (folder,))


def _temporary(home: Path) -> list[Item]:
    """What a run that was killed had half written."""
    return [Item(LEFT_OVER, (path,)) for path in sorted((home / "raw/annex_a").glob(".*.tmp"))]


class _Received:
    """The day on which a file was received: as the ledger has it, else as the file says."""

    def __init__(self, ledger: pd.DataFrame) -> None:
        days = ledger.assign(day=ledger["received_at"].dt.date).sort_values("received_at")
        self._by_id = dict(zip(days["file_id"], days["day"], strict=True))
        self._by_path = dict(zip(days["path"], days["day"], strict=True))
        content = zip(days["path"], days["sha256"], strict=True)
        self._by_content = dict(zip(content, days["day"], strict=True))

    def of(self, file_id: str, file: LandedFile | None) -> date:
        if file is None:
            return self._by_id[file_id]
        described = file.path.removesuffix(".yml")
        if file.refused and described != file.path and described in self._by_path:
            # A sidecar that a purge left behind when it was cut short goes with its workbook.
            return self._by_path[described]
        known = self._by_id.get(file_id) or self._by_content.get((file.path, file.sha256))
        return known or file.received_at.astimezone(LONDON).date()


def _without_figures(ledger: pd.DataFrame, landed: Iterable[str], home: Path) -> set[str]:
    """Files that lack figures from a list of theirs that no newer file holds.

    Of those that count, and of those that were purged and are landed again.
    """
    counting = ledger[ledger["state"].isin(["accepted", "purged"])]
    lists = counting.assign(list_name=counting["tables"].str.split("|")).explode("list_name")
    lists = lists[lists["list_name"].isin(seed("registry/annex_a_measures")["list_name"])]
    lists = lists.sort_values("submission_number")
    newest = lists.drop_duplicates([*SUBJECT, "list_name"], keep="last")
    asked = (newest["state"] == "accepted") | newest["file_id"].isin(list(landed))
    told = newest.loc[asked, ["file_id", "list_name"]].merge(
        kept_figures.lists_with_figures(home), how="left", indicator=True
    )
    return set(told.loc[told["_merge"] == "left_only", "file_id"])


# --- taking away ---


def _stay_inside(paths: list[Path], landing_zone: Path, home: Path) -> None:
    """Raise before anything is deleted if a path leads elsewhere than its name says."""
    ours = (home.resolve(), landing_zone.resolve() / landing.FOLDERS["annex_a"])
    children = [home / "raw" / "annex_a" / "any", home / "warehouse" / "any"]
    for path in [*paths, *children]:
        real = path.parent.resolve() / path.name
        if not any(real.is_relative_to(place) for place in ours):
            raise BehindLink(f"{path} lies behind a link, at {real}: nothing was deleted")


def _without(path: Path, file_ids: set[str]) -> None:
    table = pq.read_table(path)
    rest = table.filter(~pc.field("file_id").isin(sorted(file_ids)))
    if rest.num_rows < table.num_rows:
        write_parquet(rest, path)


def _removed(path: Path) -> str | None:
    """None, or why it could not be removed; what has gone meanwhile is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            _remove_folder(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return None


def _remove_folder(path: Path) -> None:
    """Out of sight in one step: a run must never take half of what was read for the whole."""
    aside = path if path.name.startswith(".") else path.with_name(f".{path.name}.tmp")
    if aside != path:
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
    shutil.rmtree(aside)
