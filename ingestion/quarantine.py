"""Copies of files that were set aside, each with the reason beside it.

The sender may take a file away or write over it; what was refused, and why, stays here until
somebody, or `liia purge`, deletes it. Files are copied as bytes and never opened as what they claim
to be. Whether a file is set aside is decided by its findings, not here; so is whether it may be
copied at all.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from ingestion import agreements
from ingestion.findings import Finding
from ingestion.landing import LandedFile

# Larger files stay where they lie: no reader takes them, and twice of each would fill the disk.
MAX_COPY_BYTES = 500 * 1024 * 1024
REASON = "reason.json"
# Nobody has agreed that it be held: of an authority nobody knows, no agreement can be on record.
NOT_AGREED = "no agreement to hold it is on record"
_NOT_TO_BE_COPIED = {
    agreements.MISSING,
    "annex_a.authority.unknown",
    "chat.holds_lists",
    "chat.no_header",
    "chat.no_values",
}
_LONGEST = 120
_CHUNK = 1024 * 1024


def set_aside(file: LandedFile, findings: Sequence[Finding], home: Path) -> Path:
    """Copy `file` into `home/quarantine/<source>/<id>/` with a reason.json; returns that folder.

    The id is of path and content, so the same file again writes nothing. Of a link, of a file that
    is too large, and of child-level data without an agreement, only the reason is kept. Raises
    OSError where the copy cannot be made: the other files of the source can go on.
    """
    identity = hashlib.sha256(f"{file.path}\0{file.sha256}\0{file.size}".encode())
    folder = home / "quarantine" / file.source / identity.hexdigest()[:16]
    reason: dict[str, object] = {
        "path": file.path,
        "sha256": file.sha256,
        "size": file.size,
        "received_at": file.received_at.isoformat(),
        # What blocks, without what stood in the cell: an Annex A cell is about a child.
        "reasons": [
            {"rule_id": finding.rule_id, "message": finding.message}
            for finding in findings
            if finding.severity == "block"
        ],
    }
    agreed = not any(finding.rule_id in _NOT_TO_BE_COPIED for finding in findings)
    if folder.exists():
        kept = _reason(folder)
        if agreed == (kept.get("not_copied") != NOT_AGREED):
            _refresh(folder, kept, reason)
            return folder
        # An agreement has ended, or has come, since: what was kept before is not what to keep now.
        shutil.rmtree(folder)
    for level in (home / "quarantine", folder.parent):
        level.mkdir(parents=True, exist_ok=True)
        level.chmod(0o700)
    # Always the same name beside: what an interrupted run left is taken away by the next.
    beside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    try:
        reason |= _copied(file, beside) if agreed else {"copy": None, "not_copied": NOT_AGREED}
        _write(beside / REASON, reason)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def safe_name(name: str) -> str:
    """The name in letters, digits, dot, underscore, blank and hyphen, with its extension."""
    clean = re.sub(r"[^A-Za-z0-9._ -]", "_", name).lstrip(". -").rstrip(". ")
    stem, dot, extension = clean.rpartition(".")
    if not dot:
        stem, extension = clean, ""
    tail = f".{extension[:20]}" if extension else ""
    clean = (stem[: _LONGEST - len(tail)] or "file") + tail
    return f"file_{clean}" if clean.lower() == REASON else clean


def _copied(file: LandedFile, folder: Path) -> dict[str, object]:
    """Copy the file's bytes; what to add to the reason, where there is no copy."""
    if file.absolute.is_symlink():
        return {"copy": None, "not_copied": "a link; what it points to was not read"}
    if file.size > MAX_COPY_BYTES:
        return {"copy": None, "not_copied": f"too large; it lies at {file.absolute}"}
    name = safe_name(file.absolute.name)
    # Neither a link nor a pipe that took the file's place since it was scanned.
    flags = os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK")
    try:
        source = os.open(file.absolute, flags)
    except FileNotFoundError:
        return {"copy": None, "not_copied": "it was gone before it could be copied"}
    with os.fdopen(source, "rb") as reader:
        if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
            return {"copy": None, "not_copied": "not an ordinary file"}
        digest, left = hashlib.sha256(), MAX_COPY_BYTES
        with os.fdopen(_private(folder / name), "wb") as writer:
            while chunk := reader.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise OSError(f"{file.path} grew while it was copied")
                digest.update(chunk)
                writer.write(chunk)
    if file.sha256 and digest.hexdigest() != file.sha256:
        raise OSError(f"{file.path} changed while it was copied")
    return {"copy": name, "sha256": digest.hexdigest()}


def _reason(folder: Path) -> dict[str, object]:
    """What the reason says; nothing, where somebody deleted or damaged it."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / REASON).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _refresh(folder: Path, kept: dict[str, object], reason: dict[str, object]) -> None:
    """Rules may have changed since: the reason follows, the copy stays as it is."""
    path = folder / REASON
    merged = kept | {key: value for key, value in reason.items() if key != "sha256"}
    if merged != kept:
        beside = path.with_name(f".{REASON}.tmp")
        beside.unlink(missing_ok=True)
        _write(beside, merged)
        beside.replace(path)


def _write(path: Path, reason: dict[str, object]) -> None:
    with os.fdopen(_private(path), "w", encoding="utf-8") as handle:
        json.dump(reason, handle, indent=2, ensure_ascii=True)
        handle.write("\n")


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _flag(name: str) -> int:
    return int(getattr(os, name, 0))  # Windows has neither
