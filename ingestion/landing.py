"""What lies in the landing zone, and whose it is.

Finds a source's files with their sidecars and tells authority and quarter from sidecar, folder and
file name. What the content of a file says about itself is read by `sources/`, and compared there.
"""

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ingestion.headers import normalise
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

FOLDERS = {
    "return": "returns",
    "annex_a": "annex_a",
    "published": "published",
    "narrative": "narratives",
}
SYNTHETIC_MARK = "SYNTHETIC.txt"
LONDON = ZoneInfo("Europe/London")
LONGEST_NAME = 200
LONGEST_SIDECAR = 64 * 1024
LONGEST_VALUE = 200
# What a sidecar may say; text and dates only, but for `synthetic`.
_KEYS = (
    "la",
    "quarter",
    "received_at",
    "extract_date",
    "release",
    "revision_accepted",
    "sender",
    "synthetic",
)
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


def is_clutter(name: str) -> bool:
    """Whether a program left it there: hidden and lock files, thumbnails."""
    return bool(_CLUTTER.match(name))


def is_synthetic(landing: Path) -> bool:
    return (landing / SYNTHETIC_MARK).exists()


def scan(landing: Path, source: str) -> list[LandedFile]:
    """Every file of one source, in path order; sidecars and clutter are no files of their own."""
    folder = landing / FOLDERS[source]
    # A linked folder is listed, to be refused, and not entered.
    listed = (p for p in sorted(folder.rglob("*")) if p.is_symlink() or not p.is_dir())
    found = [p for p in listed if not is_clutter(p.name)]
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
        path=plain(path.relative_to(landing).as_posix()),
        absolute=path,
        sha256=digest,
        size=about.st_size,
        received_at=_london(_moment(sidecar.get("received_at")) or _modified(about.st_mtime)),
        sidecar=sidecar,
        sidecar_problems=problems,
        synthetic=synthetic or sidecar.get("synthetic") is True,
        refused=refused,
    )


def plain(name: str) -> str:
    """A file name as text: one in an old encoding would break whatever stores it."""
    return os.fsencode(name).decode("utf-8", "replace")


def _refusal(path: Path, landing: Path) -> str | None:
    if path.is_symlink():
        return "this is a link to a file or folder elsewhere; put the file itself here"
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
    """What the sidecar says that can be used, and what is wrong with the rest. Never raises."""
    sidecar = path.with_name(path.name + ".yml")
    name = plain(sidecar.name)
    try:
        about = sidecar.lstat()
    except OSError:  # none, or the name would be too long for one
        return {}, []
    if not stat.S_ISREG(about.st_mode):
        return {}, [f"{name} is no ordinary file; it is left aside"]
    if about.st_size > LONGEST_SIDECAR:
        return {}, [f"{name} is far longer than a few lines; it is left aside"]
    try:
        root = yaml.compose(sidecar.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except Exception as error:  # whatever it is, one sidecar stops nobody else's file
        why = _text(str(error)) if isinstance(error, yaml.YAMLError) else type(error).__name__
        return {}, [f"{name} is not readable as YAML ({why}); it is left aside"]
    if not isinstance(root, yaml.MappingNode):
        return {}, [f"{name} should hold lines such as 'la: {REGION.example}'; it is left aside"]
    content: dict[str, Any] = {}
    problems, unknown = [], []
    latest = max(about.st_mtime, path.lstat().st_mtime)
    # Lines are taken as written and only one deep: nothing a sidecar nests is ever built.
    for key, value in root.value:
        said = _text(key.value) if isinstance(key, yaml.ScalarNode) else "a list"
        if said not in _KEYS:
            unknown.append(said)
            continue
        if not isinstance(value, yaml.ScalarNode):
            problems.append(f"{name}: {said} is not a single value; it is left aside")
            continue
        if value.tag == "tag:yaml.org,2002:null":
            continue
        read, problem = _value(said, value, latest)
        if problem is None:
            content[said] = read
        else:
            problems.append(f"{name}: {said} {_text(value.value)!r} {problem}; it is left aside")
    if unknown:
        means = ", ".join(unknown)[:LONGEST_VALUE]
        problems.append(f"{name}: {means} means nothing here; is it misspelt?")
    return content, problems


def _value(key: str, node: yaml.ScalarNode, latest: float) -> tuple[Any, str | None]:
    """The value of a sidecar's line, or what is wrong with it; `latest` as a file's time."""
    text = _text(node.value)
    if key == "synthetic":
        flag = node.tag == "tag:yaml.org,2002:bool"
        value = flag and yaml.SafeLoader("").construct_yaml_bool(node)
        return value, None if flag else "should be true or false"
    if key in ("received_at", "extract_date"):
        dated = _dated(node)
        moment = _moment(dated)
        if moment is None:
            return None, "cannot be understood"
        # It was written down after the file had come; later, it would be the newest for ever.
        told = min(_modified(latest), datetime.now(tz=UTC)) + timedelta(days=1)
        if key == "received_at" and _london(moment) > told:
            return None, "is later than the files themselves, or than now"
        return dated, None
    understood = {
        "la": lambda: la_code(text) is not None,
        "quarter": lambda: _quarter(text) is not None,
    }
    return text, None if understood.get(key, lambda: True)() else "cannot be understood"


def _text(value: str) -> str:
    """Text that can be stored whatever it is, and not without end."""
    return value.encode("utf-8", "replace").decode("utf-8")[:LONGEST_VALUE]


def _dated(node: yaml.ScalarNode) -> object:
    """A date as YAML reads it, else the text as it stands."""
    if node.tag == "tag:yaml.org,2002:timestamp":
        try:
            return yaml.SafeLoader("").construct_yaml_timestamp(node)
        except (ValueError, OverflowError, AttributeError):
            pass  # 2025-09-31
    return _text(node.value)


def _london(moment: datetime) -> datetime:
    """Read as London time where it names no zone."""
    return moment.replace(tzinfo=LONDON) if moment.tzinfo is None else moment.astimezone(LONDON)


def _modified(seconds: float) -> datetime:
    """A file's own time; a clock that was far off gives the year 1970."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, tz=UTC)


def _moment(stated: object) -> datetime | None:
    """A date or time as YAML gives it: already one, or ISO text. None for any that cannot be."""
    try:
        moment = datetime.fromisoformat(str(stated))
        _london(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


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
    BAR are words too. Full names and GSS codes count anywhere. Two authorities tell none.
    """
    short, names, _ = _authorities()
    known = la_code(text)
    if known is not None:
        return known
    told = set(re.findall(r"E(?:0[6-9]|10)\d{6}", text.upper())) & set(short.values())
    padded = f" {normalise(text)} "
    for name, code in names:
        if f" {name} " in padded:
            told.add(code)
            # "Kingston" is not to be seen again in "Kingston upon Thames".
            padded = padded.replace(f" {name} ", " | ")
    if told:
        return told.pop() if len(told) == 1 else None
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
