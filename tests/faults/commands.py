"""`liia` in a process of its own, and what may befall it at one moment."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.conftest import PROJECT, ctrl_c_reaches_it

QUARTER = "2025-26-Q2"
INJECTED = Path(__file__).with_name("injected")
# Far more than any run here takes: what hangs fails.
LONGEST = 900


@dataclass(frozen=True)
class At:
    """A moment in a process, as `injected/sitecustomize.py` has it."""

    event: str
    text: str
    nth: int = 1
    after: bool = False
    group: bool = True
    signal_name: str = "SIGKILL"


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    output: str

    @property
    def line(self) -> str:
        """All it said, as one line: where a terminal breaks it is no matter here."""
        return " ".join(self.output.split())

    def told(self, *parts: str) -> None:
        """It was stopped by a fault, said so in words, and ended with 1."""
        assert self.code == 1, self.output
        assert "Traceback" not in self.output, self.output
        for part in parts:
            assert re.search(part, self.line), self.output

    def killed(self) -> None:
        assert self.code == -signal.SIGKILL, self.output


def start(
    command: Sequence[object],
    at: At | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a command in a process group of its own, as a shell does."""
    told = {**os.environ, **(env or {})}
    if at is not None:
        told["LIIA_FAULT"] = json.dumps(asdict(at))
        told["PYTHONPATH"] = os.pathsep.join(
            [str(INJECTED), *filter(None, [told.get("PYTHONPATH")])]
        )
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=PROJECT,
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=ctrl_c_reaches_it,
    )


def end(process: subprocess.Popen[str], within: float = LONGEST) -> Ended:
    try:
        output, _ = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        raise AssertionError(f"not over after {within} seconds: {output}") from None
    return Ended(process.returncode, output)


def run_command(landing: Path, home: Path, quarter: str = QUARTER) -> list[object]:
    liia = [sys.executable, "-m", "orchestration.cli"]
    return [*liia, "run", "--quarter", quarter, "--landing", landing, "--home", home]


def run(
    landing: Path,
    home: Path,
    at: At | None = None,
    before: Sequence[object] = (),
    env: Mapping[str, str] | None = None,
) -> Ended:
    """`liia run`; `before` is a command that runs it (as another user, say)."""
    return end(start([*before, *run_command(landing, home)], at, env))


def call(code: str, *arguments: object, at: At | None = None) -> Ended:
    """A few lines of Python in a process of their own."""
    return end(start([sys.executable, "-c", code, *arguments], at))
