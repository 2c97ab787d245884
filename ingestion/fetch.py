"""DfE's files into `published/` of the landing zone, whole or not at all.

Belongs here: what is asked anew, whether an answer is one of DfE's CSV files, storing it with its
sidecar, and the record of what was fetched. Does not belong here: downloading (`download.py`),
addresses (`published_sources.py`), and reading the figures (`sources/published.py`).
"""

import csv
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from ingestion.download import Body, Progress, Version, discard, download
from ingestion.landing import FOLDERS, LONDON
from ingestion.lock import alone_in
from ingestion.published_sources import DataSet, Sources
from ingestion.web import Client, Failed, NotThere

# Hidden, as all that is no file for the platform: `landing.scan` passes them by.
RECORDS = ".fetched.json"
_NEEDED = {"time_period", "geographic_level"}
_HEADER_LIMIT = 64 * 1024


class Record(BaseModel):
    """What was stored, and from where. `sidecar_sha256` tells our sidecar from a person's."""

    address: str
    etag: str | None
    last_modified: str | None
    sha256: str
    size: int
    fetched_at: datetime
    sidecar_sha256: str | None

    @property
    def version(self) -> Version:
        return Version(self.address, self.etag, self.last_modified)


_RECORDS = TypeAdapter(dict[str, Record])


@dataclass(frozen=True)
class Outcome:
    """How it went with one data set; `size` of the file that stands there now."""

    file: str
    state: Literal["fetched", "resumed", "unchanged", "failed"]
    size: int
    notes: tuple[str, ...] = ()


class _Api(BaseModel):
    """What the API says of a data set: only what a person compares."""

    class Latest(BaseModel):
        class Periods(BaseModel):
            start: str
            end: str

        version: str
        title: str
        timePeriods: Periods

    latestVersion: Latest


@dataclass
class Fetcher:
    """Fetches into one landing zone. `source_file` is where a person changes ids."""

    landing: Path
    sources: Sources
    source_file: Path
    client: Client
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    @property
    def folder(self) -> Path:
        return self.landing / FOLDERS["published"]

    def plan(self, data_set: DataSet) -> str:
        """What would be asked, in words; nothing is."""
        record, kept = self._records().get(data_set.file), _sha256(self.folder / data_set.file)
        how = "only if changed" if self._held(data_set, record, kept) else "whole"
        return (
            f"{data_set.file}: {self.sources.address(data_set)}, {how}; "
            f"release {data_set.release} ({data_set.status})"
        )

    def fetch(
        self, data_sets: list[DataSet], progress: Callable[[str], Progress]
    ) -> Iterator[Outcome]:
        """Each data set in turn; one that fails stops none of the others."""
        with alone_in(self.landing, "liia fetch-published"):
            for data_set in data_sets:
                try:
                    yield self._one(data_set, progress(data_set.file))
                except NotThere as error:
                    yield self._failed(
                        data_set,
                        f"{error}. DfE gives a file a new id with each release, and withdraws "
                        f"files: find the id from {self.sources.publication_address(data_set)} "
                        f"and change it in {self.source_file}",
                    )
                except (Failed, OSError) as error:
                    yield self._failed(data_set, str(error))

    def _failed(self, data_set: DataSet, why: str) -> Outcome:
        return Outcome(data_set.file, "failed", 0, (why,))

    def _one(self, data_set: DataSet, progress: Progress) -> Outcome:
        target, part = self.folder / data_set.file, self.folder / f".{data_set.file}.part"
        record, kept = self._records().get(data_set.file), _sha256(target)
        notes = self._summary(data_set)
        if record and kept != record.sha256:
            done = "changed" if kept else "removed"
            notes.append(f"was {done} here since it was fetched, so it was asked for anew")
        held = self._held(data_set, record, kept)
        body = download(self.client, self.sources.address(data_set), part, held, progress)
        if body is None:
            return Outcome(data_set.file, "unchanged", target.stat().st_size, tuple(notes))
        try:
            _refuse_what_is_no_csv(body.path)
            sha256, size = _sha256(body.path) or "", body.path.stat().st_size
            sidecar_sha256 = record.sidecar_sha256 if record else None
            if sha256 != kept:
                # The sidecar first: stopped between the two, it is right once the file is fetched.
                sidecar_sha256, note = self._describe(data_set, target, sidecar_sha256)
                notes += [note] if note else []
                if kept and record is None:
                    notes.append("replaces a file that was put here by hand")
                body.path.replace(target)
        finally:
            discard(part)
        self._record(data_set, body, sha256, size, sidecar_sha256)
        if sha256 == kept:
            return Outcome(data_set.file, "unchanged", size, tuple(notes))
        if body.resumed:
            notes.append(f"went on after {body.resumed} bytes")
        state: Literal["resumed", "fetched"] = "resumed" if body.resumed else "fetched"
        return Outcome(data_set.file, state, size, tuple(notes))

    def _held(self, data_set: DataSet, record: Record | None, kept: str | None) -> Version | None:
        """The version that stands here as it was fetched, from the address of today."""
        if record is None or record.sha256 != kept:
            return None
        return record.version if record.address == self.sources.address(data_set) else None

    def _summary(self, data_set: DataSet) -> list[str]:
        """An API id stays while versions come and go: say which one this is."""
        if data_set.api_data_set_id is None:
            return []
        address = self.sources.summary_address(data_set)
        try:
            latest = _Api.model_validate(self.client.json(address)).latestVersion
        except ValidationError as error:
            raise Failed(f"{address} does not describe a data set as the API did") from error
        periods = f"{latest.timePeriods.start} to {latest.timePeriods.end}"
        return [f"version {latest.version} of {latest.title!r}, {periods}"]

    def _describe(
        self, data_set: DataSet, target: Path, ours: str | None
    ) -> tuple[str | None, str | None]:
        """Write the sidecar, unless a person has: its hash, and what there is to say."""
        sidecar = target.with_name(target.name + ".yml")
        there = _sha256(sidecar)
        if there is not None and there != ours:
            return ours, f"{sidecar.name} was written by hand and stays: is it still right?"
        received = self.now().astimezone(LONDON).isoformat(timespec="seconds")
        said = {"release": data_set.release, "received_at": received}
        _write(sidecar, yaml.safe_dump(said, sort_keys=False).encode())
        return _sha256(sidecar), None

    def _records(self) -> dict[str, Record]:
        """Without a usable record everything is fetched anew, and no sidecar overwritten."""
        try:
            return _RECORDS.validate_json((self.folder / RECORDS).read_bytes())
        except (FileNotFoundError, ValidationError):
            return {}

    def _record(
        self, data_set: DataSet, body: Body, sha256: str, size: int, sidecar: str | None
    ) -> None:
        record = Record(
            address=body.version.address,
            etag=body.version.etag,
            last_modified=body.version.last_modified,
            sha256=sha256,
            size=size,
            fetched_at=self.now().astimezone(LONDON).replace(microsecond=0),
            sidecar_sha256=sidecar,
        )
        records = {**self._records(), data_set.file: record}
        _write(self.folder / RECORDS, _RECORDS.dump_json(records, indent=2) + b"\n")


def _refuse_what_is_no_csv(path: Path) -> None:
    """Raises Failed unless the file begins as DfE's do: errors are served as pages with a 200."""
    with path.open("rb") as file:
        start = file.readline(_HEADER_LIMIT)
    text = "".join(start.decode("utf-8-sig", errors="replace").strip().splitlines()[:1])
    if not text:
        raise Failed("the answer is empty; what stood here stays")
    if text.startswith("<"):
        raise Failed("the answer is a web page and no CSV; what stood here stays")
    columns = set() if "\x00" in text else set(next(csv.reader([text])))
    if not columns >= _NEEDED:
        raise Failed(
            "the answer is no CSV of DfE's: its first line should name time_period and "
            f"geographic_level, and begins {text[:60]!r}; what stood here stays"
        )


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Beside, then renamed: a reader sees the old file whole or the new one."""
    beside = path.with_name(f".{path.name}.tmp")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
