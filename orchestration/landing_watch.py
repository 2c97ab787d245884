"""What has changed in the landing zone, told by names, sizes and times; no file is opened.

Pure functions of what lies there and of the memory of the look before. Which run a change starts
is `defs/sensors.py`; what a file is and says, `ingestion`.
"""

import hashlib
import json
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from ingestion.landing import FOLDERS, is_clutter
from ingestion.periods import Quarter

# A file is copied within seconds, or grows all the time; so long it must have been the same.
STILL_SECONDS = 20
# What programs call a file while they write it; its real name comes when it is whole.
_UNFINISHED = re.compile(r"\.(part|partial|filepart|crdownload|tmp|temp)$", re.IGNORECASE)
# Of files that no quarter is told of by their path.
ANY_QUARTER = ""


def fingerprints(landing: Path, source: str) -> dict[str, str]:
    """A hash for each quarter's files of a source, by the quarter's slug.

    Published files are of no quarter. A sidecar whose file is not there (yet) is left aside.
    """
    folder = landing / FOLDERS[source]
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if any(is_clutter(part) for part in inside.parts) or _UNFINISHED.search(path.name):
            continue
        if path.suffix == ".yml" and not path.with_suffix("").exists():
            continue
        try:
            about = path.lstat()
        except FileNotFoundError:
            continue  # taken away since the folder was listed
        if not stat.S_ISDIR(about.st_mode):
            quarter = None if source == "published" else _quarter_of(inside)
            files = found.setdefault(quarter.slug if quarter else ANY_QUARTER, {})
            files[inside.as_posix()] = (about.st_size, about.st_mtime_ns)
    return {slug: _digest(sorted(files.items())) for slug, files in sorted(found.items())}


def _quarter_of(inside: Path) -> Quarter | None:
    """As the reader tells it from a path: the nearest folder first, then the file's name."""
    places = [*reversed(inside.parts[:-1]), inside.stem]
    return next((quarter for text in places if (quarter := Quarter.find(text))), None)


@dataclass
class Memory:
    """What is remembered from one look to the next; a sensor's cursor is its JSON.

    taken: the fingerprint of each quarter that a run was last asked for; waiting: one that differs
    from it, and since when (seconds); chain: a hash of all that was ever taken.
    """

    taken: dict[str, str]
    waiting: dict[str, tuple[str, float]] = field(default_factory=dict)
    chain: str = ""

    @classmethod
    def read(cls, cursor: str) -> Self:
        kept = json.loads(cursor)
        waiting = {slug: (digest, since) for slug, (digest, since) in kept["waiting"].items()}
        return cls(kept["taken"], waiting, kept["chain"])

    def written(self) -> str:
        return json.dumps(self.__dict__, sort_keys=True)

    def look(self, found: dict[str, str], now: float) -> list[str]:
        """The quarters whose files have changed and are still, in order; remembers the others."""
        changed = sorted(
            slug
            for slug in found.keys() | self.taken.keys()
            if found.get(slug, "") != self.taken.get(slug, "")
        )
        before, self.waiting = self.waiting, {}
        for slug in changed:
            digest = found.get(slug, "")
            same = slug in before and before[slug][0] == digest
            self.waiting[slug] = before[slug] if same else (digest, now)
        return [s for s in changed if now - self.waiting[s][1] >= STILL_SECONDS]

    def take(self, slugs: list[str]) -> str:
        """Note that these are dealt with; a key that the same change has, and no later one.

        Files put back as they were are a change too: the key speaks of all that was taken before.
        """
        for slug in slugs:
            digest, _ = self.waiting.pop(slug)
            self.taken[slug] = digest
            if not digest:
                del self.taken[slug]
            self.chain = _digest([self.chain, slug, digest])
        return self.chain


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
