"""`liia restore`: a copy that `backup.py` made, brought back into a new home.

Nothing is put in place before every file has been held against the manifest. What the copy does
not hold is built by the next run; what to do is said at the end.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ingestion.lock import alone_in
from ingestion.periods import Quarter
from ingestion.whole import sha256_of
from orchestration.backup import KEPT, KEY, MANIFEST, Manifest

_SHOWN = 5


class NotRestored(Exception):
    """The copy cannot be used, or the place not; nothing was put there."""


class HomeInUse(NotRestored):
    """The home that was named holds something already."""


def restore(source: Path, root: Path) -> Manifest:
    """Put a copy in place as the home `root`, all at once; returns what was in it.

    NotRestored where a file is missing, altered or not in the manifest; HomeInUse.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeInUse(f"{root} is not empty. A backup is restored into a new home.")
    manifest = _manifest(source)
    problems = list(_problems(source, manifest))
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise NotRestored(
            f"{source} is not as it was written: {'; '.join(problems[:_SHOWN])}{more}. Nothing was "
            "restored. Take another backup."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    beside = root.with_name(f".{root.name}.restoring")
    beside.mkdir(mode=0o700, exist_ok=True)
    with alone_in(beside, "restore"):
        try:
            _lay(source, beside, manifest)
            beside.rename(root)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EXDEV):
                raise
            raise NotRestored(
                f"{root} is a disk of its own and cannot be put in place at once. Name a folder on "
                "that disk."
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return manifest


def next_steps(manifest: Manifest, root: Path) -> Iterator[str]:
    """What is left to do, in order."""
    for left in manifest.left_out:
        yield f"Not in the backup: {left}."
    if KEY not in manifest.files:
        yield "Set LIIA_PSEUDONYM_KEY as it was: the key is not in the backup."
    quarters = [Quarter.find(path.split("/")[1]) for path in manifest.folders if "outputs/" in path]
    last = max((quarter for quarter in quarters if quarter), default=None)
    yield f"Run: liia run --quarter {last.slug if last else '...'} --home {root}"
    yield f"Then: liia purge --home {root}, since what was purged after {manifest.made_at} is back."
    yield f"Then: liia health --home {root}"


def _manifest(source: Path) -> Manifest:
    path = source / MANIFEST
    if not path.is_file():
        raise NotRestored(
            f"There is no {path}: name the folder liia-backup-... that `liia backup` wrote."
        )
    try:
        return Manifest.parse(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NotRestored(f"{path} cannot be used ({error}). Take another backup.") from error


def _problems(source: Path, manifest: Manifest) -> Iterator[str]:
    """What differs between the copy and its manifest."""
    for name in [*manifest.files, *manifest.folders]:
        own = PurePosixPath(name)
        in_home = any(own.is_relative_to(part) for part in KEPT)
        if ".." in own.parts or str(own) != name or not in_home:
            yield f"{name} is not of a home"
            return
    there = set()
    for folder, folders, files in os.walk(source):
        for entry in [*files, *(one for one in folders if (Path(folder) / one).is_symlink())]:
            there.add((Path(folder) / entry).relative_to(source).as_posix())
    there.discard(MANIFEST)
    for name in sorted(there - manifest.files.keys()):
        yield f"{name} is not in its manifest"
    for name, kept in manifest.files.items():
        path = source / name
        if name not in there:
            yield f"{name} is missing"
        elif path.is_symlink() or not path.is_file():
            yield f"{name} is no file"
        elif path.stat().st_size != kept.size or sha256_of(path) != kept.sha256:
            yield f"{name} is altered"


def _lay(source: Path, beside: Path, manifest: Manifest) -> None:
    """Write the home beside its place, with the times and permissions that it had."""
    for left in beside.iterdir():  # by a restore that was killed
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    for name in manifest.folders:
        (beside / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, kept in manifest.files.items():
        path = beside / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(source / name, path)
        # Times decide which of two returns is newer.
        os.utime(path, ns=(kept.modified_ns, kept.modified_ns))
        path.chmod(kept.mode & 0o777)
        if sha256_of(path) != kept.sha256:
            raise NotRestored(f"{source / name} changed while it was read. Nothing was restored.")
    for name, mode in reversed(manifest.folders.items()):
        (beside / name).chmod(mode & 0o777)
