"""Python loads this at start where a test has this folder on PYTHONPATH: a signal at one moment.

LIIA_FAULT is JSON: `event` and `text`, an audit event and a pattern on what it is told (the paths
of an open or a rename, the arguments of a command); `nth`, which of those that match; `after`, once
the event is over instead of before it; `signal`; `group`, to all processes of the group or to this
one alone. dbt inherits it, so its moments count too.
"""

import json
import os
import re
import signal
import sys


def install(
    event: str,
    text: str,
    nth: int = 1,
    after: bool = False,
    group: bool = True,
    signal_name: str = "SIGKILL",
) -> None:
    pattern, seen = re.compile(text), 0
    number = signal.Signals[signal_name]

    def strike(*_: object) -> None:
        sys.setprofile(None)
        (os.killpg if group else os.kill)(os.getpgrp() if group else os.getpid(), number)

    def hook(name: str, arguments: tuple) -> None:
        nonlocal seen
        if name != event:
            return
        if pattern.search(" ".join(map(str, arguments))):
            seen += 1
            if seen == nth:
                # The next thing that Python does is then the end of this one.
                sys.setprofile(strike) if after else strike()

    sys.addaudithook(hook)


if "LIIA_FAULT" in os.environ:
    install(**json.loads(os.environ["LIIA_FAULT"]))
