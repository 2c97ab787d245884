"""What is kept for good is searched neither while it is made nor later; all else is, as before."""

import gc
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
