"""Putting files at an address so that they are surely there: sent, read back, tried again.

Any address that fsspec knows. Whether somebody may have the files, and what is logged, is decided
elsewhere.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

T = TypeVar("T")

# Seconds before each new try: a store that is busy or a line that dropped.
_PAUSES = (1, 3, 9)
# What no second try will change.
_LASTING = (
    PermissionError,
    FileNotFoundError,
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
    NotImplementedError,
)


class NotSent(Exception):
    """Files could not be put at an address; the message says which, why, and holds no secret."""


class _OtherBytes(Exception):
    """What was read back is not what was sent."""


class Target:
    """The folder at an address. It must be there already: one that is mistyped is never made."""

    def __init__(self, address: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.address, self._pause = address, pause
        try:
            self._fs, self._root = fsspec.core.url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise NotSent(f"{address} cannot be reached from here: {_plain(error)}.") from error
        self._fs.invalidate_cache()

    def put(self, name: str, content: bytes) -> bool:
        """Have these bytes there under a name; whether they had to be sent for that."""
        path = f"{self._root}/{name}"
        if self._surely(name, lambda: self._read(path)) == content:
            return False
        self._surely(name, lambda: self._write(path, content))
        return True

    def replace(self, name: str, content: bytes) -> bool:
        """As `put`, for a file that is read meanwhile: its readers see the old whole or the new.

        Object stores replace whole objects; in a folder it takes a file beside and a rename.
        """
        if not isinstance(self._fs, LocalFileSystem):
            return self.put(name, content)
        path = Path(self._root) / name
        if self._surely(name, lambda: self._read(str(path))) == content:
            return False
        beside = path.with_name(f".{path.name}.part")
        self.put(beside.relative_to(self._root).as_posix(), content)
        self._surely(name, lambda: beside.replace(path))
        return True

    def _read(self, path: str) -> bytes | None:
        try:
            return self._fs.cat_file(path)
        except FileNotFoundError:
            return None

    def _write(self, path: str, content: bytes) -> None:
        try:
            self._fs.pipe_file(path, content)
        except FileNotFoundError:
            # A folder has to be made first; an object store without the bucket is no such folder.
            if not self._fs.isdir(self._root):
                raise
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(path, content)
        if self._fs.cat_file(path) != content:
            raise _OtherBytes("what is read back is not what was sent")

    def _surely(self, name: str, act: Callable[[], T]) -> T:
        for pause in (*_PAUSES, None):
            try:
                return act()
            except Exception as error:  # stores have no errors in common
                if pause is None or isinstance(error, _LASTING):
                    said = f"{name} did not get to {self.address}: {_plain(error)}."
                    if isinstance(error, FileNotFoundError):
                        said += " The folder or bucket must be there already: is the address right?"
                    raise NotSent(said) from error
                self._pause(pause)
        raise AssertionError("the last try returns or raises")


def _plain(error: Exception) -> str:
    """The error in a line, without what stands after a ? in addresses: there signatures are."""
    text = re.sub(r"\?\S*", "", " ".join(str(error).split()))[:300].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
