"""A server and a landing zone for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ingestion.fetching.place import Place
from tests.web_server import Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as started:
        yield started


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    (tmp_path / "landing").mkdir()
    return Place(tmp_path / "landing", server)
