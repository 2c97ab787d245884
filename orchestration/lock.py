"""One `liia run` or `liia purge` at a time in a home.

The operating system lets go for a command that was killed. What runs from the UI does not ask here.
"""

import contextlib
import fcntl
from collections.abc import Iterator

from orchestration.home import Home


class AtWork(Exception):
    """Another command has the home."""


@contextlib.contextmanager
def alone_in(place: Home) -> Iterator[None]:
    """Hold the home for the length of the block; raises AtWork where somebody else does."""
    with (place.root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AtWork(
                f"Another liia run is at work in {place.root}; wait for it to end."
            ) from None
        yield
