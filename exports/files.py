"""Putting finished files in place, and the safety of text that a spreadsheet will open.

Products hand over whole files; nothing about their content is decided here.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ingestion.spreadsheet import FORMULA_STARTS


def publish(dest: Path, files: Mapping[str, str | bytes], owned: str) -> list[Path]:
    """Write `files` (name to content) into `dest`, each beside its place first and then renamed.

    `owned` is the glob of everything the product may leave there: what matches and is not written
    now is from an earlier run (a synthetic twin, say) and is removed. Text is written as UTF-8,
    no byte order mark.
    """
    dest.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        _beside(dest, name).write_bytes(data)
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
