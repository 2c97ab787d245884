"""One command at a time in a folder.

The operating system holds the lock, and lets go for a command that was killed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class AtWork(BlockingIOError):
    """Another command has the folder."""


@contextlib.contextmanager
def alone_in(folder: Path, command: str, wait: bool = False) -> Iterator[None]:
    """Hold a folder for the length of the block; raises AtWork where another command has it.

    With `wait` it waits for the other to end instead.

    The folder itself is locked: nothing is left in it. On a share that knows no locks, or none on
    folders, nothing is held.
    """
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            message = f"Another {command} is at work in {folder}; wait for it to end."
            raise AtWork(message) from None
        except OSError:
            pass  # a share that knows no locks
        yield
    finally:
        os.close(held)
