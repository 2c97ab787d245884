"""Ctrl-C: a command ends within seconds, whatever it is in the middle of.

Libraries make exceptions of the signal that other libraries swallow. So a thread waits for it too,
and ends the process where it has not ended by itself: what a run writes is old or new whole at
every moment, and a run may end at any.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

# What a shell gives a command that Ctrl-C ended.
EXIT_CODE = 128 + signal.SIGINT
# For dbt to let go of the warehouse, and for Dagster to note that the run has ended.
GRACE = 10.0

_asked = threading.Event()


def asked() -> bool:
    """Whether somebody has asked this command to stop."""
    return _asked.is_set()


@contextlib.contextmanager
def ends_soon(say: Callable[[], object], grace: float = GRACE) -> Iterator[None]:
    """Ctrl-C in the block calls `say` once and ends the process with 130, at latest after `grace`.

    For the main thread, as signals are.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    done = threading.Event()

    def wait() -> None:
        with os.fdopen(reader, "rb", buffering=0) as signals:
            while numbers := signals.read(64):
                if signal.SIGINT in numbers:
                    _asked.set()
                    if not done.wait(grace):
                        say()
                        os._exit(EXIT_CODE)

    threading.Thread(target=wait, name="ctrl-c", daemon=True).start()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
    except BaseException as error:
        # What the signal was made into, by whom, is of no use to a person.
        if not (isinstance(error, KeyboardInterrupt) or asked()):
            raise
        done.set()
        say()
        raise SystemExit(EXIT_CODE) from None
    finally:
        done.set()
        signal.set_wakeup_fd(before)
        os.close(writer)
