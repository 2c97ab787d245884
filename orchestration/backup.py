"""`liia backup`: a copy of what a home holds and cannot build again, whole or not at all.

Taken while nobody else has the home, written beside and renamed, with a manifest that has the hash
of every file. Bringing a copy back is `restore.py`. What is built again (raw tables, warehouse,
Data Docs) is left out, but for marts and outputs: people go on reading those meanwhile.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from ingestion.lock import AtWork, alone_in
from ingestion.whole import sha256_of
from orchestration.home import WORK, Home

MANIFEST = "manifest.json"
# Of the manifest; a copy in another form is refused.
FORMAT = 1
LANDING = "landing"
KEY = "secrets/pseudonym.key"
# What of a home is copied, files and folders; docs/runbook.md says what each is.
KEPT = (
    LANDING,
    "landing_kind",
    "secrets",
    "ledger",
    "quarantine",
    "raw/.parsed",
    "raw/chat_kept.parquet",
    "marts",
    "analyst.duckdb",
    "outputs",
    "registers",
    "delivery.yml",
    "notices.yml",
    "dagster",
)
# Where rows about children are, or files with them.
_CHILD_LEVEL = (f"{LANDING}/annex_a", "quarantine/annex_a", "raw/.parsed")
_NAME = re.compile(r"liia-backup-\d{8}T\d{6}Z")
_SQLITE = b"SQLite format 3\0"
# What SQLite keeps beside a database is in the copy that SQLite makes of it.
_BESIDE_SQLITE = (".db-wal", ".db-shm", ".db-journal")
# A file that somebody writes, to be renamed; of a killed process, rubbish.
_UNFINISHED = re.compile(r"\..+\.tmp")
_CHUNK = 1024 * 1024


class NoBackup(Exception):
    """Nothing was copied; the message says why and what to do."""


@dataclass(frozen=True)
class Kept:
    """One file of a copy: what it has to be, and how it lay in the home."""

    sha256: str
    size: int
    mode: int
    modified_ns: int


@dataclass
class Manifest:
    """What a copy holds. Paths are the home's own, with slashes."""

    made_at: str
    home: str
    platform: str
    left_out: list[str] = field(default_factory=list)
    child_level: list[str] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)
    files: dict[str, Kept] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def size(self) -> int:
        return sum(kept.size for kept in self.files.values())

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, text: str) -> "Manifest":
        """Raises ValueError where it is none, or of another form."""
        try:
            manifest = TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            raise ValueError(f"it is no manifest: {error.errors()[0]['msg']}") from error
        if manifest.format != FORMAT:
            raise ValueError(f"its form is {manifest.format}, and this version reads {FORMAT}")
        return manifest


def backup(
    place: Home, to: Path, now: datetime, without_landing: bool = False, wait: bool = False
) -> tuple[Path, Manifest]:
    """Copy the home into a new folder below `to`; returns that folder and what is in it.

    Raises AtWork where somebody else has the home (`wait`: waits for them), and NoBackup.
    """
    for own in (place.root, place.landing):
        if to.resolve().is_relative_to(own):
            raise NoBackup(f"{to} lies in {own} itself; name a folder elsewhere, on another disk.")
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = to / f"liia-backup-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    with alone_in(place.root, WORK, wait=wait):
        if made.exists():
            raise NoBackup(f"{made} is there already.")
        _clear(to)
        beside = to / f".{made.name}.part"
        beside.mkdir(mode=0o700)
        try:
            with alone_in(beside, "backup"):
                manifest = Manifest(
                    made_at=now.isoformat(timespec="seconds"),
                    home=str(place.root),
                    platform=version("liia-platform"),
                )
                _copy(place, beside, manifest, without_landing)
                _write(beside / MANIFEST, manifest.text())
                beside.rename(made)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return made, manifest


def forget(to: Path, place: Home, days: int, now: datetime) -> list[Path]:
    """Delete this home's copies in `to` that are older than so many days; returns them."""
    gone = []
    for folder in sorted(to.iterdir()):
        if not _NAME.fullmatch(folder.name) or folder.is_symlink():
            continue
        try:
            manifest = Manifest.parse((folder / MANIFEST).read_text(encoding="utf-8"))
            made_at = datetime.fromisoformat(manifest.made_at)
        except (OSError, ValueError):
            continue  # none of ours, or broken: a person looks at it
        if manifest.home == str(place.root) and now - made_at > timedelta(days=days):
            shutil.rmtree(folder)
            gone.append(folder)
    return gone


def _clear(to: Path) -> None:
    """Take away what a backup that was killed left; child-level data may be in it."""
    for left in to.glob(".liia-backup-*.part"):
        with contextlib.suppress(AtWork), alone_in(left, "backup"):
            shutil.rmtree(left)


def _copy(place: Home, beside: Path, manifest: Manifest, without_landing: bool) -> None:
    kept = set(KEPT)
    if place.landing != place.root / LANDING:
        manifest.left_out.append(f"the landing zone {place.landing}: it is not in the home")
        kept.discard(LANDING)
    elif without_landing:
        manifest.left_out.append("the landing zone: --without-landing")
        kept.discard(LANDING)
    if place.history_on_server:
        manifest.left_out.append("the run history: it is on PostgreSQL (pg_dump)")
    for own in (place.addresses, place.notices):
        if own.is_file() and own.parent != place.root:
            manifest.left_out.append(f"{own}: it is not in the home")
    for name in KEPT:
        if name in kept:
            for path in _below(place.root / name):
                _take(path, path.relative_to(place.root).as_posix(), beside, manifest)
    held = [part for part in _CHILD_LEVEL if any(f.startswith(f"{part}/") for f in manifest.files)]
    manifest.child_level = held


def _below(top: Path) -> Iterator[Path]:
    """The path itself and all below it, a folder before what is in it; links are not followed."""
    if not top.exists():
        return
    yield top
    if top.is_dir():
        for folder, folders, files in os.walk(top, onerror=_raise):
            folders.sort()
            yield from (Path(folder) / name for name in sorted([*folders, *files]))


def _raise(error: OSError) -> None:
    raise error


def _take(source: Path, name: str, beside: Path, manifest: Manifest) -> None:
    """Copy one file or folder; what is neither is named as left out."""
    in_landing = name.startswith(f"{LANDING}/")
    if not in_landing and (_UNFINISHED.fullmatch(source.name) or name.endswith(_BESIDE_SQLITE)):
        return
    top = name in KEPT  # a part of the home may lie on another disk, behind a link
    if (source.is_symlink() and not top) or not (source.is_dir() or source.is_file()):
        manifest.left_out.append(f"{name}: neither a file nor a folder")
        return
    dest = beside / name
    dest.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if source.is_dir():
        dest.mkdir(exist_ok=True, mode=0o700)
        manifest.folders[name] = source.stat().st_mode & 0o777
        return
    try:
        manifest.files[name] = _copied(source, dest)
    except FileNotFoundError:
        if not in_landing:
            raise
        manifest.left_out.append(f"{name}: taken away meanwhile")


def _copied(source: Path, dest: Path) -> Kept:
    with source.open("rb") as file:
        about = os.fstat(file.fileno())
        if file.read(len(_SQLITE)) == _SQLITE:
            _copy_database(source, dest)
            return _kept(dest, about)
    with source.open("rb") as file, _new(dest) as out:
        shutil.copyfileobj(file, out, _CHUNK)
    return _kept(dest, about)


def _kept(copy: Path, about: os.stat_result) -> Kept:
    """Of the copy as it lies there: a file that grows meanwhile is what was copied of it."""
    return Kept(sha256_of(copy), copy.stat().st_size, about.st_mode & 0o777, about.st_mtime_ns)


def _copy_database(source: Path, dest: Path) -> None:
    """By SQLite itself: the daemon notes its ticks at any time."""
    _new(dest).close()
    try:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=60)) as database,
            contextlib.closing(sqlite3.connect(dest)) as copy,
        ):
            database.backup(copy)
            (sound,) = copy.execute("pragma quick_check(1)").fetchone()
            if sound != "ok":
                raise sqlite3.DatabaseError(sound.splitlines()[-1])
    except sqlite3.DatabaseError as error:
        raise NoBackup(
            f"{source} cannot be copied ({error}). If it is damaged, put it back from a backup, or"
            " delete it: the history in it is lost."
        ) from error


def _new(path: Path) -> IO[bytes]:
    """A new file for the owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write(path: Path, text: str) -> None:
    with _new(path) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
