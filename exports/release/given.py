"""What each recipient was given before, kept so that nothing given later gives it away.

One file for each publication of figures and recipient, in the order in which they were given. What
is kept is what disclosure control returned: no hidden number, but which hidden counts are small, so
it is restricted like the raw data. Nothing is decided or hidden here.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

FOLDER = "given"


@dataclass(frozen=True)
class Publication:
    """Cells as given: which product of which quarter, and from which true ones (`made_from`)."""

    product_id: str
    quarter: str
    made_from: str
    cells: pd.DataFrame = field(repr=False)

    @property
    def stem(self) -> str:
        return f"{self.product_id}-{self.quarter.replace(' ', '-')}-{self.made_from}"


@dataclass(frozen=True)
class Given:
    """The publications kept in a folder, by recipient."""

    folder: Path

    def to(self, recipients: Iterable[str]) -> list[Publication]:
        """What any of the recipients was given, each publication once, oldest first.

        Recipients of one product are taken together: what one of them could work out must not be
        worked out by any.
        """
        files = [f for name in recipients for f in (self.folder / name).glob("*.parquet")]
        by_stem: dict[str, Path] = {}
        for file in sorted(files, key=lambda file: file.name):
            by_stem.setdefault(file.stem.split("-", 1)[1], file)
        return [_read(file) for file in by_stem.values()]

    def keep(self, recipient: str, publication: Publication) -> None:
        """Add a publication to what a recipient was given; one that is there already stays."""
        own = self.folder / recipient
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(own.glob(f"*-{publication.stem}.parquet")):
            return
        # Counted over all recipients, so that their publications can be put in one order.
        kept = [int(file.name.split("-", 1)[0]) for file in self.folder.glob("*/*.parquet")]
        number = max(kept, default=0) + 1
        place = own / f"{number:06d}-{publication.stem}.parquet"
        beside = own / f".{place.name}.part"
        publication.cells.to_parquet(beside, index=False)
        beside.replace(place)


def made_from(*parts: object) -> str:
    """A short hash of what a publication is made from: frames as CSV, all else as it prints."""
    digest = hashlib.sha256()
    for part in parts:
        text = part.to_csv(index=False) if isinstance(part, pd.DataFrame) else repr(part)
        digest.update(text.encode("utf-8"))
    return digest.hexdigest()[:16]


def _read(file: Path) -> Publication:
    _, product_id, *quarter, made = file.stem.split("-")
    cells = pd.read_parquet(file)
    return Publication(product_id, f"{'-'.join(quarter[:-1])} {quarter[-1]}", made, cells)
