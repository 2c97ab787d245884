"""Parts of one step of a run, done side by side by helper processes, one for each processor.

What belongs here: the processes, and doing the same to each of many things with them. What does
not: what is done. A thing that is done so writes to a place of its own or gives back what it found,
so that it makes no difference in which process it was, or in which order.

Without `helpers` around it `each` is a plain loop in this process; a run has them from its start,
a command that only checks a file never.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_pool: ProcessPoolExecutor | None = None


@contextlib.contextmanager
def helpers(*modules: str, processors: int | None = None) -> Iterator[None]:
    """Have helpers until the block ends; a block within another changes nothing.

    modules: what takes long to import; one process imports them, in the background, for all.
    """
    global _pool
    count = processors or _processors()
    if _pool is not None or count < 2:
        yield
        return
    # Not forked from this process: its threads and open databases are no helper's business.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    forkserver.ensure_running()
    _pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    try:
        yield
    finally:
        _pool.shutdown(cancel_futures=True)
        _pool = None


def each(do: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """What `do` gives for each of the things, in their order.

    `do`, the things and what it gives travel between processes, so all must pickle. The first error
    is raised as a loop would raise it. Where a helper was killed, as a machine short of memory
    does, this process does the rest by itself, one after the other.
    """
    if _pool is None:
        yield from map(do, things)
        return
    things = list(things)
    futures = [_pool.submit(do, thing) for thing in things]
    for thing, future in zip(things, futures, strict=True):
        try:
            done = future.result()
        except BrokenProcessPool:
            done = do(thing)
        yield done


def _processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def _begin() -> None:
    """Ctrl-C is for the process that began all; without it a helper has nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    began = multiprocessing.parent_process()

    def wait() -> None:
        if began:
            began.join()
        os._exit(1)

    threading.Thread(target=wait, name="without-parent", daemon=True).start()
