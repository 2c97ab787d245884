"""Run as a process: a release that is killed (kill -9) before its nth step that reaches the disk.

Arguments are the marts, the home, the step (a number, or `half` to die with the log's line half
written) and `exchange` or `renames`, the way a folder is put in place. Ends with 0 where there is
no such step.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from exports.release import egress, writing
from ingestion import whole
from ingestion.landing import LONDON
from ingestion.periods import Quarter


def main(marts: str, home: str, step: str, way: str = "exchange") -> None:
    steps = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def counted(real):
        def call(*arguments):
            nonlocal steps
            steps += 1
            if str(steps) == step:
                die()
            return real(*arguments)

        return call

    def half(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().name == egress.NAME:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - 50)
            die()

    os.fsync = half if step == "half" else counted(os.fsync)
    # Systems that cannot swap two folders rename twice.
    whole.exchange = counted(whole.exchange) if way == "exchange" else lambda *_: False
    Path.rename = counted(Path.rename)
    Path.replace = counted(Path.replace)
    places = writing.Places(Path(marts), Path(home) / "outputs", Path(home) / "registers")
    now = datetime(2026, 1, 16, 9, 0, tzinfo=LONDON)
    writing.release("dfe", Quarter(2025, 2), places, "run-killed", now)


if __name__ == "__main__":
    main(*sys.argv[1:])
