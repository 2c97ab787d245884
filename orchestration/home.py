"""Where this platform keeps its things, and the only reader of the environment.

LIIA_HOME names the home (default `.liia` in the current folder), LIIA_LANDING a landing zone kept
elsewhere, LIIA_DELIVERY the file of addresses, LIIA_NOTICES that of who gets which notice,
LIIA_SMTP_* and LIIA_NOTICES_WEBHOOK how notices go, LIIA_PSEUDONYM_KEY the key that replaces child
ids, LIIA_DAGSTER_POSTGRES_URL the server of Dagster's history (default: files in the home),
LIIA_CODE_PORT where the process listens that has loaded the code.
No dagster import here: the light commands of `liia` use it too.
"""

import os
import secrets
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ingestion import whole
from ingestion.whole import Damaged

PROJECT = Path(__file__).parent.parent
DBT_PROJECT = PROJECT / "dbt_project"

# Counts up when a home is laid out so that an earlier version of the platform would lose something
# of it. What a home lacks of a later one is made by the next run.
LAYOUT = 1

# What a home is held for, as it is told to whoever comes second.
WORK = "run or purge"

# Files for the machine that runs it: settings, service units, a reverse proxy.
DEPLOYMENT = Path(__file__).parent / "deployment"
# The variable that chooses Dagster's storage, and the only address of it that its driver takes:
# without the driver's name SQLAlchemy looks for another one.
POSTGRES = "LIIA_DAGSTER_POSTGRES_URL"
_POSTGRES_SCHEME = "postgresql+psycopg2://"
# How the settings begin that are ours to bring up to date.
_OURS = "# Written by `liia`"


class SettingsError(Exception):
    """The environment does not say what the home needs; the message says what to do."""


class HomeTooNew(Exception):
    """A later version of the platform has worked here; this one might lose what it cannot know."""


@dataclass(frozen=True)
class Home:
    """The folders of one installation; see docs/runbook.md for what each holds."""

    root: Path
    landing: Path

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def staged_marts(self) -> Path:
        """Marts as dbt left them, before the gate and publication."""
        return self.root / "warehouse" / "published"

    @property
    def gate_record(self) -> Path:
        """The hashes of the staged marts that their gate let pass."""
        return self.staged_marts / "passed_the_gate.json"

    def raw_gate_record(self, source: str) -> Path:
        """The same of the raw tables of a source."""
        return self.root / "warehouse" / "passed" / f"{source}.json"

    @property
    def gate_waivers(self) -> Path:
        """Under which waivers each gate let pass, a file for each."""
        return self.root / "warehouse" / "waivers"

    @property
    def warehouse(self) -> Path:
        """Only dbt opens it, and Dagster's step of it once dbt has ended."""
        return self.root / "warehouse" / "liia.duckdb"

    @property
    def marts(self) -> Path:
        return self.root / "marts"

    @property
    def analyst(self) -> Path:
        return self.root / "analyst.duckdb"

    @property
    def data_docs(self) -> Path:
        return self.root / "data_docs"

    @property
    def dbt_docs(self) -> Path:
        return self.root / "dbt_docs" / "index.html"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    @property
    def registers(self) -> Path:
        """What the release gate keeps: the egress log."""
        return self.root / "registers"

    @property
    def addresses(self) -> Path:
        """Where recipients' products are delivered; without this file nothing is."""
        return Path(os.environ.get("LIIA_DELIVERY") or self.root / "delivery.yml").resolve()

    @property
    def notices(self) -> Path:
        """Who gets which notice; without this file nobody does."""
        return Path(os.environ.get("LIIA_NOTICES") or self.root / "notices.yml").resolve()

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def _dagster_settings(self) -> Path:
        return self.dagster / "dagster.yaml"

    @property
    def dagster_settled(self) -> bool:
        return self._dagster_settings.exists()

    @property
    def history_on_server(self) -> bool:
        """Whether Dagster's history is on PostgreSQL; else it is in files below `dagster/`."""
        settings = self._dagster_settings
        return settings.exists() and POSTGRES in settings.read_text(encoding="utf-8")

    @property
    def last_log(self) -> Path:
        return self.dagster / "last_run.log"

    def prepare(self) -> None:
        """Make the folders that other programs expect to be there, and Dagster's settings.

        Raises HomeTooNew before anything is written where the home is not this version's to write.
        """
        self._take_layout()
        for folder in (self.raw, self.staged_marts, self.marts, self.outputs, self.dagster):
            folder.mkdir(parents=True, exist_ok=True)
        # Child-level rows lie in the raw layer and in the warehouse: for the owner alone.
        for folder in (self.raw, self.staged_marts.parent):
            folder.chmod(0o700)
        self.settle_dagster()

    def settle_dagster(self) -> None:
        """Make Dagster's settings those of this version and of the storage the environment names.

        SettingsError where its history is on a server and nothing says where: another history
        would be begun beside it.
        """
        settings = self._dagster_settings
        present = settings.read_text(encoding="utf-8") if settings.exists() else ""
        address = _postgres_address()
        if self.history_on_server and not address:
            raise SettingsError(
                f"The run history of {self.root} is on PostgreSQL, and {POSTGRES} does not say"
                " where. Set it as the services have it (docs/deployment.md), or delete"
                f" {settings} to go back to files."
            )
        if present and not present.startswith(_OURS):
            return
        parts = ["dagster.yaml", *(["dagster_postgres.yaml"] if address else [])]
        wanted = "".join((DEPLOYMENT / part).read_text(encoding="utf-8") for part in parts)
        if wanted != present:
            self.dagster.mkdir(parents=True, exist_ok=True)
            whole.write_text(settings, wanted)

    def _take_layout(self) -> None:
        stamp = self.root / "layout"
        known = stamp.read_text(encoding="utf-8").strip() if stamp.exists() else "0"
        if not known.isdigit() or int(known) > LAYOUT:
            raise HomeTooNew(
                f"{self.root} was written by a later version of the platform (its file `layout` "
                f"says {known!r}, and this version knows {LAYOUT}). Use that version, or another "
                "--home. Nothing was changed."
            )
        if int(known) < LAYOUT:
            self.root.mkdir(parents=True, exist_ok=True)
            whole.write_text(stamp, f"{LAYOUT}\n")

    @property
    def key_file(self) -> Path:
        """The key of the child-id hash, where the environment has none."""
        return self.root / "secrets" / "pseudonym.key"

    def pseudonym_key(self) -> bytes:
        """The key of the child-id hash: from the environment, else a 0600 file made once."""
        stated = key_in_environment()
        if stated:
            return stated.encode()
        path = self.key_file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            whole.write_text(path, secrets.token_hex(32), 0o600)
        key = path.read_bytes()
        if not key:
            raise Damaged(
                f"{path} is empty. Put the key back from where you keep it; if this home has read "
                "no Annex A workbook yet, delete the file."
            )
        return key


def from_environment(home: Path | None = None, landing: Path | None = None) -> Home:
    """The home that options, else the environment, name; paths made absolute."""
    root = (home or Path(os.environ.get("LIIA_HOME", ".liia"))).resolve()
    stated = landing or (Path(os.environ["LIIA_LANDING"]) if "LIIA_LANDING" in os.environ else None)
    return Home(root, stated.resolve() if stated else root / "landing")


def key_in_environment() -> str | None:
    return os.environ.get("LIIA_PSEUDONYM_KEY") or None


def _postgres_address() -> str:
    """Where Dagster's storage is, if on a server. Never in a message: the password is in it."""
    address = os.environ.get(POSTGRES, "")
    if address and not address.startswith(_POSTGRES_SCHEME):
        raise SettingsError(
            f"{POSTGRES} has to begin with {_POSTGRES_SCHEME} (user:password@host:port/database)."
        )
    if address and find_spec("dagster_postgres") is None:
        raise SettingsError(
            f"{POSTGRES} is set, and dagster-postgres is not installed: it is in the extra"
            " `server`; `make setup` installs it."
        )
    return address


def notice_environment() -> dict[str, str]:
    """How notices go, as the environment has it: secrets among it, for no log."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("LIIA_SMTP_") or name == "LIIA_NOTICES_WEBHOOK"
    }


def code_port() -> str:
    """Where the process listens that has loaded the code, for web server and daemon."""
    return os.environ.get("LIIA_CODE_PORT") or "4266"


def export(home: Home) -> None:
    """Tell child processes (dbt, dagster) where the home is, and where this Python's tools are."""
    os.environ["LIIA_HOME"] = str(home.root)
    os.environ["LIIA_LANDING"] = str(home.landing)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # A mail server and a webhook that hang take 53 s each to be given up; Dagster waits for 60.
    os.environ.setdefault("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", "180")
    os.environ["LIIA_CODE_PORT"] = code_port()
    os.environ.setdefault("DBT_USE_COLORS", "false")  # its messages end up in ours
    tools = str(Path(sys.executable).parent)
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", "")])
