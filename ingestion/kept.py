"""What a process makes once and keeps until it ends, left out of Python's search for garbage.

Belongs here: that, and nothing of what is made. Imports make millions of objects, and each search
goes through all of them: a fifth of what it takes to begin a run, and part of every step after it.
"""

import atexit
import contextlib
import gc
from collections.abc import Iterator

# At the end of a process libraries look for what is left of theirs, and tell of it as leaked.
atexit.register(gc.unfreeze)


@contextlib.contextmanager
def for_good() -> Iterator[None]:
    """Nothing is searched in the block, and what stands at its end is not searched later either."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()
