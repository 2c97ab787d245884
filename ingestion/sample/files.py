"""What every file of the synthetic landing zone has in common: sidecar, time stamp, fixed dates.

Belongs here: how a file is described and dated. Does not belong here: what stands in it.
"""

import os
import zlib
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import yaml

LONDON = ZoneInfo("Europe/London")
SYNTHETIC = "SYNTHETIC: invented figures, not real data"


def generator(seed: int, *names: object) -> np.random.Generator:
    """A random stream of its own for a name, so that adding one measure leaves the others alone."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, names)).encode())])


def properties(title: str, created: datetime) -> dict[str, object]:
    """Office document properties; xlsxwriter would otherwise write the clock into the file."""
    return {
        "title": title,
        "comments": SYNTHETIC,
        "created": created.replace(tzinfo=None),
    }


def describe(path: Path, arrived: datetime, **fields: object) -> None:
    """Write `<file>.yml` beside a file and give both the time they arrived."""
    sidecar = path.with_name(path.name + ".yml")
    text = yaml.safe_dump(fields, sort_keys=False)
    sidecar.write_text(text, encoding="utf-8", newline="\n")
    for written in (path, sidecar):
        os.utime(written, (arrived.timestamp(), arrived.timestamp()))


def at_nine(day: date) -> datetime:
    """The morning of a day in London: when DfE's releases come out."""
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=LONDON)
