"""What is kept for good is searched neither while it is made nor later; all else is, as before."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ingestion.kept import for_good


class Loop:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_was_made_in_the_block_is_not_searched_later() -> None:
    with for_good():
        assert not gc.isenabled()
        kept = Loop()
    assert gc.isenabled()
    assert not any(one is kept for one in gc.get_objects())


def test_what_is_made_after_it_is_searched() -> None:
    with for_good():
        pass
    later = Loop()
    assert any(one is later for one in gc.get_objects())


def test_a_block_in_another_and_an_error_leave_it_as_it_was() -> None:
    with for_good():
        with pytest.raises(ValueError, match="wrong"), for_good():
            raise ValueError("wrong")
        assert not gc.isenabled()
    assert gc.isenabled()


def test_at_the_end_of_the_process_no_library_finds_anything_leaked() -> None:
    code = (
        "from ingestion.kept import for_good\n"
        "with for_good():\n"
        "    import duckdb\n"
        "    duckdb.sql('select 1').fetchall()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
