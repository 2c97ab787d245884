"""What a gate has let pass, by hash: whoever goes on takes these files and no others.

Blocking checks hold within one run. Somebody who materialises one asset alone, or a run that is
about another source, would otherwise go on with what a gate held back.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from ingestion import whole


class GateNotPassed(Exception):
    """The files that a step would take are not those that their gate let pass."""


def hashes(files: Mapping[str, Path]) -> dict[str, str]:
    """The hash of each file by name; one that is not there has none."""
    return {name: whole.sha256_of(path) for name, path in files.items() if path.exists()}


def note(record: Path, files: Mapping[str, Path]) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    whole.write_text(record, json.dumps(hashes(files)))


def forget(record: Path) -> None:
    record.unlink(missing_ok=True)


def noted(record: Path) -> dict[str, str] | None:
    """The hash of each file as it was let pass; None where nothing has passed since."""
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else None


def holds(record: Path, files: Mapping[str, Path]) -> bool:
    """All of these files are there as they were let pass."""
    now = hashes(files)
    return now.keys() == files.keys() and noted(record) == now
