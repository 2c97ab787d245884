"""Screening a small pair after a change, as its writer would."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.screening import Report, screen
from tests.screening_pairs import Pair, good_pair, write_dictionary

Screened = Callable[[Callable[[Pair], None]], Report]


@pytest.fixture
def screened(tmp_path: Path) -> Screened:
    """Change the pair without fault, write it, screen it."""
    lists = write_dictionary(tmp_path / "lists")
    folder = tmp_path / "pair"
    folder.mkdir()

    def run(change: Callable[[Pair], None]) -> Report:
        pair = good_pair()
        change(pair)
        data = pair.write(folder)
        return screen(data, folder / pair.meta_name if pair.meta_name else None, lists)

    return run
