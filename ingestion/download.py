"""One address into one file, which may take several attempts.

Belongs here: what was sent and of which version, going on after a break, gzip, the size limit.
Does not belong here: connections (`web.py`), what a file means and the landing zone (`fetch.py`).
"""

import gzip
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
from pydantic import TypeAdapter, ValidationError

from ingestion.web import BROKEN, Again, Client, Failed

_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Version:
    """What a server calls the version of a body it sent, and from which address."""

    address: str
    etag: str | None = None
    last_modified: str | None = None

    @property
    def exact(self) -> str | None:
        """What If-Range may name: a weak tag promises the same meaning, not the same bytes."""
        strong = self.etag and not self.etag.startswith("W/")
        return self.etag if strong else self.last_modified

    def differs(self, other: "Version") -> bool:
        """Whether the two say something different; one may say less."""
        pairs = (self.etag, other.etag), (self.last_modified, other.last_modified)
        return any(one and two and one != two for one, two in pairs)


_VERSION = TypeAdapter(Version)


@dataclass(frozen=True)
class Body:
    """A whole body, unpacked, at `path`; `resumed` bytes of what was sent had come earlier."""

    path: Path
    version: Version
    resumed: int


def download(
    client: Client, address: str, part: Path, held: Version | None, progress: Progress
) -> Body | None:
    """The body at `address`, or None where it is still the version `held`.

    `part` is where it grows. After a break it stays, with a note of its version beside it, and the
    next attempt, in this run or a later one, goes on from there. Raises Failed, and OSError for
    what the disk refuses.
    """
    return client.patiently(address, lambda: _attempt(client, address, part, held, progress))


def discard(part: Path) -> None:
    """Part, note and what was unpacked of it."""
    for path in (part, _note(part), _unpacked(part)):
        path.unlink(missing_ok=True)


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _unpacked(part: Path) -> Path:
    return part.with_name(part.name + ".unpacked")


def _attempt(
    client: Client, address: str, part: Path, held: Version | None, progress: Progress
) -> Body | None:
    begun = _begun(part, address)
    offset = part.stat().st_size if begun else 0
    headers: dict[str, str] = {}
    if begun and offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": str(begun.exact)}
    if held and held.etag:
        headers["If-None-Match"] = held.etag
    if held and held.last_modified:
        headers["If-Modified-Since"] = held.last_modified
    with client.ask(address, headers) as response:
        status, said = response.status_code, response.headers
        if status == 304 and held:
            discard(part)
            return None
        encoding = said.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            raise Failed(f"{address} sends the file packed as {encoding!r}, which was not asked")
        version = Version(address, said.get("ETag"), said.get("Last-Modified"))
        if status == 200:  # also where another version is there now, or ranges are not known
            offset, total = 0, _number(said.get("Content-Length"))
            discard(part)
            part.parent.mkdir(parents=True, exist_ok=True)
            _note(part).write_bytes(_VERSION.dump_json(version))
        elif status in (206, 416) and begun and offset:
            total = _total(said.get("Content-Range"), offset)
            if status == 416 or total is None or begun.differs(version):
                discard(part)
                raise Again(f"{address} does not go on where it broke off")
            version = begun  # an answer that goes on need not say all of it again
        else:
            raise Failed(f"{address} answers {status}, and a file was asked for")
        limit = int(client.rules.largest_megabytes * 1_000_000)
        _receive(response, part, offset, total, limit, progress)
    return Body(_plain(part, address, limit), version, offset)


def _begun(part: Path, address: str) -> Version | None:
    """The version of which `part` holds the beginning, if there is one that can be gone on with."""
    try:
        version = _VERSION.validate_json(_note(part).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return version if part.exists() and version.address == address and version.exact else None


def _receive(
    response: requests.Response,
    part: Path,
    done: int,
    total: int | None,
    limit: int,
    progress: Progress,
) -> None:
    _within(limit, total or 0, part)
    with part.open("ab" if done else "wb") as out:
        try:
            # As sent: a range counts these bytes, and so does the length.
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                done += out.write(chunk)
                _within(limit, done, part)
                progress(done, total)
        except BROKEN as error:
            raise Again(f"the connection broke off after {done} bytes") from error
        out.flush()
        os.fsync(out.fileno())
    if total is not None and done != total:
        raise Again(f"the connection broke off after {done} of {total} bytes")


def _plain(part: Path, address: str, limit: int) -> Path:
    """The file itself: what came, or what a gzip body holds, whatever the headers call it."""
    with part.open("rb") as start:
        if start.read(len(_GZIP)) != _GZIP:
            return part
    try:
        with gzip.open(part) as source, _unpacked(part).open("wb") as out:
            while chunk := source.read(_CHUNK):
                out.write(chunk)
                _within(limit, out.tell(), part)
            out.flush()
            os.fsync(out.fileno())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        discard(part)
        raise Again(f"{address} gives a damaged gzip file") from error
    return _unpacked(part)


def _within(limit: int, size: int, part: Path) -> None:
    if size > limit:
        discard(part)
        raise Failed(f"it is larger than {limit / 1_000_000:g} MB (largest_megabytes)")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _total(content_range: str | None, offset: int) -> int | None:
    """The whole length, where a range goes on at `offset` to the end; else None."""
    match = _RANGE.fullmatch(content_range or "")
    first, last, total = map(int, match.groups()) if match else (0, 0, 0)
    return total if match and (first, last) == (offset, total - 1) else None
