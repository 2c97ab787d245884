"""Files and folders that are old or new whole at every moment, also for whoever is killed.

Content is laid beside its place and takes it in one step. Nothing is known here of what it is.
Always the same name beside: what an interrupted run left is taken away by the next.
"""

import ctypes
import hashlib
import os
import shutil
from pathlib import Path


class Damaged(Exception):
    """A file of the home is not what was written; the message says which, and what to do.

    Raised from nothing: what a library said of it would be all that a person is told.
    """


def sha256_of(path: Path) -> str:
    """The hash by which a file is known to be what was written."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a file whole, on disk when this returns; `mode` as for `os.open`."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.unlink(missing_ok=True)
    try:
        created = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(created, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def beside(dest: Path) -> Path:
    """An empty folder beside `dest` for its whole new content; `dest` stays as it is."""
    new = _new(dest)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    return new


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
