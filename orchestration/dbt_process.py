"""The process that dbt runs in, begun before there is something to build.

What belongs here: beginning `dbt_program.py` and handing it one command. What does not: what dbt is
asked to do, and what becomes of what it says. Python, dbt and all that dbt imports take two seconds
to begin, which on a second processor are over before the first gate is. No dagster import here.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from orchestration.home import PROJECT

# By name and from where this code is: another copy of the platform may be installed.
PROGRAM = [sys.executable, "-m", "orchestration.dbt_program"]
_waiting: list[subprocess.Popen] = []


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Have one that waits for its command until the block ends; within another block the same."""
    if _waiting:
        yield
        return
    _waiting.append(_begun())
    try:
        yield
    finally:
        while _waiting:
            # It reads that there is nothing to do.
            _waiting.pop().communicate()


def run(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> subprocess.Popen:
    """dbt with these arguments, in a folder; its events are lines of JSON on `stdout`."""
    process = _waiting.pop() if _waiting else _begun()
    process.args = ["dbt", *arguments]
    command = {"arguments": arguments, "environment": dict(environment), "folder": str(folder)}
    if process.stdin:
        # One that has ended by itself says why on its output.
        with contextlib.suppress(BrokenPipeError), process.stdin as told:
            told.write(json.dumps(command).encode())
    return process


def _begun() -> subprocess.Popen:
    return subprocess.Popen(
        PROGRAM,
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
