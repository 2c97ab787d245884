"""Putting finished files in place, and the safety of text that a spreadsheet will open.

Products hand over whole files; nothing about their content is decided here.
"""

import ctypes
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from exports.release.given import Publication
from ingestion.spreadsheet import FORMULA_STARTS


@dataclass(frozen=True)
class Content:
    """What a product holds: file name to content, and the releases its figures come from.

    publications: the figures in it, to be kept for each recipient.
    only_for: files that are for one recipient alone; all others are for everybody who may have the
        product.
    left_out: what could not be made on this machine, and what to do about it.
    """

    files: Mapping[str, str | bytes]
    releases: tuple[str, ...] = ()
    publications: Mapping[str, Publication] = field(default_factory=dict)
    only_for: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def releases_of(release_id: pd.Series) -> tuple[str, ...]:
    """The releases named in a column, each once and in order."""
    named = set(release_id.dropna()) - {"none"}  # the marts' word where nothing was returned
    return tuple(sorted(named))


def as_bytes(content: str | bytes) -> bytes:
    """Text is written as UTF-8, no byte order mark."""
    return content.encode("utf-8") if isinstance(content, str) else content


def lay_beside(dest: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a folder's whole new content beside it, on disk when this returns; `dest` stays."""
    new = _new(dest)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, content in files.items():
        with (new / name).open("wb") as file:
            file.write(as_bytes(content))
            file.flush()
            os.fsync(file.fileno())


def put_in_place(dest: Path) -> None:
    """Make what lies beside `dest` its content, all at once; whatever was in it goes.

    Where the system can swap two folders, a reader sees the old or the new at every moment.
    Elsewhere there are two renames: killed between them, `put_right` brings the old back.
    """
    if dest.exists() and exchange(_new(dest), dest):
        shutil.rmtree(_new(dest), ignore_errors=True)
        return
    if dest.exists():
        dest.rename(_old(dest))
    _new(dest).rename(dest)
    shutil.rmtree(_old(dest), ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux: renameat2, which Python has no name for).

    False where the system or the file system cannot; then nothing has changed.
    """
    swap = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if swap is None:
        return False
    here, both = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(swap(here, os.fsencode(one), here, os.fsencode(other), both) == 0)


def put_right(dest: Path) -> None:
    """Undo what a process that was killed left half done: `dest` is whole, nothing lies beside."""
    if _old(dest).exists() and not dest.exists():
        _old(dest).rename(dest)
    for left_over in (_old(dest), _new(dest)):
        shutil.rmtree(left_over, ignore_errors=True)


def _new(dest: Path) -> Path:
    return dest.with_name(f".{dest.name}.new")


def _old(dest: Path) -> Path:
    return dest.with_name(f".{dest.name}.old")


def publish(dest: Path, files: Mapping[str, str | bytes], owned: str) -> list[Path]:
    """Write `files` (name to content) into `dest`, each beside its place first and then renamed.

    `owned` is the glob of everything the product may leave there: what matches and is not written
    now is from an earlier run and is removed.
    """
    dest.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _beside(dest, name).write_bytes(as_bytes(content))
    for name in files:
        _beside(dest, name).replace(dest / name)
    for left_over in dest.glob(owned):
        if left_over.name not in files:
            left_over.unlink()
    return [dest / name for name in files]


def _beside(dest: Path, name: str) -> Path:
    return dest / f".{name}.part"


def formula_safe(text: pd.Series) -> pd.Series:
    """Text that no spreadsheet runs as a formula: a dangerous start gets an apostrophe before it.

    For text columns only; a negative number is no formula.
    """
    dangerous = text.str.startswith(FORMULA_STARTS).fillna(False)
    return text.mask(dangerous, "'" + text)


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV with line feeds, the same bytes on every system."""
    return frame.to_csv(index=False, lineterminator="\n")
