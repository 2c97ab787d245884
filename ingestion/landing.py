"""What lies in the landing zone, and whose it is.

Finds a source's files with their sidecars and tells authority and quarter from sidecar, folder and
file name. What the content of a file says about itself is read by `sources/`, and compared there.
"""

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ingestion.headers import normalise
from ingestion.periods import Quarter
from ingestion.registry import seed

FOLDERS = {"return": "returns", "annex_a": "annex_a", "published": "published"}
SYNTHETIC_MARK = "SYNTHETIC.txt"
LONDON = ZoneInfo("Europe/London")
LONGEST_NAME = 200
# Signs that make a name read as another one ("gpj.xlsx" for "xslx.jpg") or break a line or a path.
_DECEIVING = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u202a-\u202e\u2066-\u2069]")
# Left behind by Excel, LibreOffice and operating systems; never a submission.
_CLUTTER = re.compile(r"^(~\$|\.|thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@dataclass(frozen=True)
class LandedFile:
    """One file as it lies in the landing zone; `path` below it, with forward slashes."""

    source: str
    path: str
    absolute: Path
    sha256: str
    size: int
    received_at: datetime
    sidecar: dict[str, Any] = field(default_factory=dict)
    sidecar_problems: list[str] = field(default_factory=list)
    synthetic: bool = False
    # Why the file is not to be opened at all; None for any ordinary file.
    refused: str | None = None

    @property
    def places(self) -> list[str]:
        """Folder names below the source folder, nearest first, then the file name's stem."""
        parts = self.path.split("/")
        return [*reversed(parts[1:-1]), Path(parts[-1]).stem]


def is_synthetic(landing: Path) -> bool:
    return (landing / SYNTHETIC_MARK).exists()


def scan(landing: Path, source: str) -> list[LandedFile]:
    """Every file of one source, in path order; sidecars and clutter are no files of their own."""
    folder = landing / FOLDERS[source]
    found = [p for p in sorted(folder.rglob("*")) if not p.is_dir() and not _CLUTTER.match(p.name)]
    names = set(found)
    data = [p for p in found if not (p.suffix == ".yml" and p.with_suffix("") in names)]
    synthetic = is_synthetic(landing)
    files = []
    for path in data:
        try:
            files.append(landed(path, landing, source, synthetic))
        except FileNotFoundError:
            continue  # taken away since the folder was listed: as if it had gone a moment earlier
    return files


def landed(path: Path, landing: Path, source: str, synthetic: bool = False) -> LandedFile:
    """One file with what its sidecar says. Raises FileNotFoundError where it has gone."""
    sidecar, problems = _sidecar(path)
    about = path.lstat()
    refused = _refusal(path, landing)
    digest = "" if refused else _digest(path)
    return LandedFile(
        source=source,
        # A name in an old encoding would break whatever stores it as text.
        path=os.fsencode(path.relative_to(landing).as_posix()).decode("utf-8", "replace"),
        absolute=path,
        sha256=digest,
        size=about.st_size,
        received_at=_received(sidecar.get("received_at"), about.st_mtime),
        sidecar=sidecar,
        sidecar_problems=problems,
        synthetic=synthetic or bool(sidecar.get("synthetic")),
        refused=refused,
    )


def _refusal(path: Path, landing: Path) -> str | None:
    if path.is_symlink():
        return "this is a link to a file elsewhere; put the file itself here"
    if not stat.S_ISREG(path.lstat().st_mode):
        return "this is no ordinary file but a device or a pipe; put the file itself here"
    name = next((p for p in path.relative_to(landing).parts if _DECEIVING.search(p)), None)
    if name is not None:
        return f"the name {name!a} has signs that do not show or mislead; rename it"
    if len(path.name) > LONGEST_NAME:
        return f"the name {path.name[:60]!a}… is longer than {LONGEST_NAME} signs; shorten it"
    if path.suffix.lower() in (".yml", ".yaml"):
        return "this describes a file that is not here; a sidecar is called <file name>.yml"
    return None


def _digest(path: Path) -> str:
    """The content's hash; empty where the file may not be read, which its reader then reports."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except PermissionError:
        return ""


def _sidecar(path: Path) -> tuple[dict[str, Any], list[str]]:
    sidecar = path.with_name(path.name + ".yml")
    if not sidecar.exists():
        return {}, []
    try:
        content = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return {}, [f"{sidecar.name} is not readable as YAML ({error}); it is left aside"]
    if not isinstance(content, dict):
        return {}, [f"{sidecar.name} should hold lines such as 'la: CAM'; it is left aside"]
    readable = {
        "la": lambda value: la_code(str(value)) is not None,
        "quarter": lambda value: _quarter(str(value)) is not None,
        "received_at": lambda value: _moment(value) is not None,
        "extract_date": lambda value: _moment(value) is not None,
    }
    problems = [
        f"{sidecar.name}: {key} {content[key]!r} cannot be understood; it is left aside"
        for key, understood in readable.items()
        if key in content and not understood(content[key])
    ]
    known = {*readable, "release", "sender", "synthetic"}
    unknown = [str(key) for key in content if key not in known]
    if unknown:
        problems.append(f"{sidecar.name}: {', '.join(unknown)} means nothing here; is it misspelt?")
    return content, problems


def _received(stated: object, modified: float) -> datetime:
    """The sidecar's time, read as London time where it names no zone; else the file's own time."""
    moment = _moment(stated) or datetime.fromtimestamp(modified, tz=UTC)
    return moment.replace(tzinfo=LONDON) if moment.tzinfo is None else moment.astimezone(LONDON)


def _moment(stated: object) -> datetime | None:
    """A date or time as YAML gives it: already one, or ISO text."""
    try:
        return datetime.fromisoformat(str(stated))
    except ValueError:
        return None


def _quarter(text: str) -> Quarter | None:
    try:
        return Quarter.parse(text)
    except ValueError:
        return None


def quarter_of(file: LandedFile) -> Quarter | None:
    """The quarter that sidecar, folders or file name state, in that order."""
    stated = _quarter(str(file.sidecar.get("quarter", "")))
    found = (Quarter.find(text) for text in file.places)
    return stated or next((quarter for quarter in found if quarter), None)


@lru_cache(maxsize=1)
def _authorities() -> tuple[dict[str, str], list[tuple[str, str]], dict[str, str]]:
    las = seed("reference/local_authorities")
    las = las[las["is_london"] == "true"]
    short = dict(zip(las["short_code"], las["new_la_code"], strict=True))
    names = [
        (normalise(name), code)
        for code, la_name, aliases in las[["new_la_code", "la_name", "name_aliases"]].itertuples(
            index=False
        )
        for name in [la_name, *filter(None, aliases.split("|"))]
    ]
    # Longest first, so that "Kingston upon Thames" is seen before "Kingston".
    return short, sorted(names, key=lambda pair: -len(pair[0])), dict(names)


def la_code(text: str) -> str | None:
    """A London authority named by one whole value: GSS code, short code, name or known alias."""
    short, _, names = _authorities()
    text = text.strip()
    if text.upper() in short:
        return short[text.upper()]
    if text.upper() in short.values():
        return text.upper()
    return names.get(normalise(text))


def la_in_name(text: str, whole: bool) -> str | None:
    """A London authority told by a folder (`whole`) or file name.

    Short codes count only as a whole folder name or a file name's first token, since NEW, RED and
    BAR are words too. Full names and GSS codes count anywhere.
    """
    short, names, _ = _authorities()
    known = la_code(text)
    if known is not None:
        return known
    gss = re.search(r"E09\d{6}", text.upper())
    if gss and gss.group() in short.values():
        return gss.group()
    padded = f" {normalise(text)} "
    for name, code in names:
        if f" {name} " in padded:
            return code
    tokens = normalise(text).upper().split()
    if not whole and tokens and tokens[0] in short:
        return short[tokens[0]]
    return None


def la_of(file: LandedFile) -> str | None:
    """The authority that sidecar, folders or file name state, in that order, as a GSS code."""
    stated = la_code(str(file.sidecar.get("la", "")))
    if stated is not None:
        return stated
    *folders, stem = file.places
    for folder in folders:
        found = la_in_name(folder, whole=True)
        if found is not None:
            return found
    return la_in_name(stem, whole=False)


def la_name(code: str) -> str:
    las = seed("reference/local_authorities")
    return str(las.loc[las["new_la_code"] == code, "la_name"].iloc[0])
