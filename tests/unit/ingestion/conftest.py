"""A landing zone to put files in."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingestion import landing
from tests.unit.ingestion.builders import Rows, write_book


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """An empty landing zone."""
    for folder in landing.FOLDERS.values():
        (tmp_path / "landing" / folder).mkdir(parents=True)
    return tmp_path / "landing"


@pytest.fixture
def land(zone: Path) -> Callable[..., landing.LandedFile]:
    """Put a file below the landing zone and scan it: text, bytes or sheets, with a sidecar."""

    def put(
        path: str, content: str | bytes | Mapping[str, Rows], sidecar: str | None = None
    ) -> landing.LandedFile:
        target = zone / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            target.write_text(content, encoding="utf-8")
        elif isinstance(content, bytes):
            target.write_bytes(content)
        else:
            write_book(target, content)
        if sidecar is not None:
            target.with_name(target.name + ".yml").write_text(sidecar, encoding="utf-8")
        source = next(s for s, f in landing.FOLDERS.items() if f == path.split("/")[0])
        return landing.landed(target, zone, source)

    return put
