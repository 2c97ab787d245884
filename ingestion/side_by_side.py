"""Parts of one step of a run, done side by side by helper processes, one for each processor.

What belongs here: the processes, and doing the same to each of many things with them. What does
not: what is done. A thing that is done so writes to a place of its own or gives back what it found,
so that it makes no difference in which process it was, or in which order.

Without `helpers` around it `each` is a plain loop in this process; a run has them from its start,
a command that only checks a file never.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import zip_longest
from multiprocessing import forkserver, resource_tracker
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
    # Ctrl-C is for this process: helpers never hear of it, not even while Python starts. The
    # tracker comes first, as beginning it unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    threading.Thread(target=_wake, args=(_pool, count), name="wake", daemon=True).start()
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
    things = list(things)
    futures = _submitted(do, things)
    try:
        for thing, future in zip_longest(things, futures):
            yield _result(future, partial(do, thing))
    finally:
        for future in futures:
            future.cancel()


def _submitted(do: Callable[[T], R], things: list[T]) -> list[Future[R]]:
    """What helpers have taken on: all, or nothing where there are none, or none any more."""
    try:
        return [_pool.submit(do, thing) for thing in things] if _pool else []
    except BrokenProcessPool:
        return []


def _result(future: Future[R] | None, do: Callable[[], R]) -> R:
    with contextlib.suppress(BrokenProcessPool):
        if future:
            return future.result()
    return do()


def _processors() -> int:
    """Those that this process may use."""
    may_use = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(may_use(0)) if may_use else os.cpu_count() or 1


def _wake(pool: ProcessPoolExecutor, count: int) -> None:
    """Begin the processes before there is something to do: that waits for the imports."""
    with contextlib.suppress(RuntimeError):  # over already
        for _ in range(count):
            pool.submit(int)


def _begin() -> None:
    """A helper says nothing but what it gives back, and ends with the process that began it."""
    logging.getLogger().addHandler(logging.NullHandler())
    began = multiprocessing.parent_process()

    def wait() -> None:
        if began:
            began.join()
        os._exit(1)

    threading.Thread(target=wait, name="without-parent", daemon=True).start()
