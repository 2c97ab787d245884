"""A PostgreSQL server of the machine's own package, on 127.0.0.1 and in a folder that goes away.

The server refuses to run as root: as root it is started as Debian's user `postgres`.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PASSWORD = "not-for-any-log"  # noqa: S105


def _programs() -> Path:
    """The newest version's folder; without one a test is skipped, but never in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if not found:
        reason = "PostgreSQL is not installed (Debian: apt install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database, as LIIA_DAGSTER_POSTGRES_URL wants it."""
    programs = _programs()
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with socket.socket() as free, TemporaryDirectory(prefix="pg", dir="/tmp") as name:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if as_user:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres")

        def do(program: str, *options: object) -> None:
            command = [*as_user, str(programs / program), "-D", str(folder / "data")]
            subprocess.run(
                [*command, *map(str, options)],
                check=True,
                cwd=folder,
                stdout=subprocess.DEVNULL,  # the server keeps a pipe open
                stderr=subprocess.DEVNULL,
            )

        do("initdb", "-U", "liia", "-A", "scram-sha-256", "--pwfile", folder / "password", "-N")
        listens = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        do("pg_ctl", "start", "-w", "-o", listens, "-l", folder / "log")
        try:
            address = f"liia:{PASSWORD}@127.0.0.1:{port}/postgres?connect_timeout=5"
            yield f"postgresql+psycopg2://{address}"
        finally:
            do("pg_ctl", "stop", "-m", "immediate")
