"""Putting finished files in place, and the safety of text that a spreadsheet will open.

Products hand over whole files; nothing about their content is decided here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from exports.release.given import Publication
from ingestion import whole
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
    new = whole.beside(dest)
    for name, content in files.items():
        with (new / name).open("wb") as file:
            file.write(as_bytes(content))
            file.flush()
            os.fsync(file.fileno())


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
