"""The egress log: what was released and delivered, to whom, on which basis. Append-only, chained.

A line without `kind` is a release; one of a delivery says so, and names the line of its release.

A line carries the hash of the one before and its own, so that one changed, removed or moved is
found; a small file beside holds the last, so that lines cut off the end are found too. Whoever can
write the folder can write both anew: keep the last hash elsewhere (each Dagster run has it) where
that matters. What is decided, and what a product holds, is no business of this module.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

NAME = "egress.jsonl"
_START = "0" * 64
DELIVERED = "delivered"
_KEYS = {"line", "previous", "hash", "product", "quarter"}

Entry = dict[str, Any]


class LogBroken(Exception):
    """The log is not as it was written; nothing is added to it, and so nothing is released."""


@dataclass(frozen=True)
class Verified:
    """What a look at the whole log found; without problems it is as it was written."""

    lines: int
    last_hash: str
    problems: tuple[str, ...]
    half_written: bool  # a last line that a crash cut short; the next release takes it away


def verify(log: Path) -> Verified:
    """Hold the log against its own hashes, and against the last line that was noted beside it."""
    return _verified(log.read_bytes() if log.exists() else b"", _noted(log))


def append(log: Path, entry: Mapping[str, Any]) -> Entry:
    """Add a line and return it; on disk when this returns. LogBroken where the log is not whole."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a+b") as file:
        _lock(file)
        file.seek(0)
        content = file.read()
        found = _verified(content, _noted(log))
        if found.problems:
            raise LogBroken(
                f"The egress log {log} is not as it was written: {'; '.join(found.problems)}. "
                "Nothing was released. Put the log back from a copy (docs/release.md)."
            )
        whole = content[: content.rfind(b"\n") + 1]
        if found.half_written:
            file.truncate(len(whole))
        line = _sealed({**entry, "line": found.lines + 1, "previous": found.last_hash})
        # One write: a reader beside us sees the line or does not.
        file.write(_text(line))
        file.flush()
        os.fsync(file.fileno())
        _note(log, line)
    return line


def last_of(log: Path, product: str, quarter: str) -> Entry | None:
    """The newest line of a release of a product and quarter."""
    releases = (entry for entry in reversed(lines(log)) if "kind" not in entry)
    return next((e for e in releases if (e["product"], e["quarter"]) == (product, quarter)), None)


def lines(log: Path) -> list[Entry]:
    """What the log says, oldest first; `verify` says whether that is what was written."""
    texts = (log.read_bytes() if log.exists() else b"").split(b"\n")[:-1]
    return [entry for entry in map(_entry, texts) if entry]


def _verified(content: bytes, noted: Entry | None) -> Verified:
    *texts, rest = content.split(b"\n")
    problems: list[str] = []
    before: Entry = {"line": 0, "hash": _START}
    places: dict[int, str] = {}
    for place, text in enumerate(texts, start=1):
        entry = _entry(text)
        if entry is None:
            problems.append(f"line {place} is not one that was written here")
            before = {"line": place, "hash": None}
            continue
        number = entry["line"]
        if _text(_sealed(entry)) != text + b"\n":
            problems.append(f"line {number} was changed")
        if number <= before["line"]:
            problems.append(f"line {number} stands after line {before['line']}")
        elif number > before["line"] + 1:
            problems.append(f"{_missing(before['line'] + 1, number - 1)} before line {number}")
        elif before["hash"] not in (None, entry["previous"]):
            problems.append(f"line {number} does not follow from line {before['line']}")
        places[number] = entry["hash"]
        before = entry
    if noted and places.get(noted["line"], noted["hash"]) != noted["hash"]:
        problems.append(f"line {noted['line']} is not the one that was noted when it was written")
    if noted and noted["line"] > before["line"]:
        problems.append(f"{_missing(before['line'] + 1, noted['line'])} at the end")
    return Verified(len(texts), str(before["hash"]), tuple(problems), bool(rest))


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def _sealed(entry: Mapping[str, Any]) -> Entry:
    content = {key: value for key, value in entry.items() if key != "hash"}
    return {**content, "hash": hashlib.sha256(_text(content)).hexdigest()}


def _text(entry: Mapping[str, Any]) -> bytes:
    compact = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return compact.encode("utf-8") + b"\n"


def _entry(text: bytes) -> Entry | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    whole = isinstance(entry, dict) and entry.keys() >= _KEYS
    return entry if whole and isinstance(entry["line"], int) else None


def _head(log: Path) -> Path:
    return log.with_suffix(".last.json")


def _noted(log: Path) -> Entry | None:
    """The last line as noted beside the log: its number and hash."""
    head = _head(log)
    return json.loads(head.read_text(encoding="utf-8")) if head.exists() else None


def _note(log: Path, line: Entry) -> None:
    part = _head(log).with_suffix(".part")
    with part.open("wb") as file:
        file.write(_text({"line": line["line"], "hash": line["hash"]}))
        file.flush()
        os.fsync(file.fileno())
    part.replace(_head(log))


def _lock(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # a share that knows no locks
        fcntl.flock(file, fcntl.LOCK_EX)
