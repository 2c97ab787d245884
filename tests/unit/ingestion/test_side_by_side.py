"""Helper processes: the same results in the same order, and nobody is left behind."""

import multiprocessing
import os
import signal
import time

import pytest

from ingestion.side_by_side import each, helpers
from tests.conftest import left_behind


def place(number: int) -> tuple[int, int]:
    time.sleep(0.02 * (3 - number % 3))
    return number, os.getpid()


def refuses_two(number: int) -> int:
    if number >= 2:
        raise ValueError(f"{number} is refused")
    return number


def killed_where_it_helps(_: int) -> int:
    if multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def survives_ctrl_c(_: int) -> bool:
    os.kill(os.getpid(), signal.SIGINT)
    return True


def test_without_helpers_it_is_a_loop() -> None:
    assert list(each(place, range(3))) == [(n, os.getpid()) for n in range(3)]


def test_with_helpers_the_order_is_that_of_the_things() -> None:
    with helpers(processors=2), helpers(processors=2):
        done = list(each(place, range(12)))
    assert [number for number, _ in done] == list(range(12))
    processes = {process for _, process in done}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert list(each(place, [1])) == [(1, os.getpid())]


def test_on_one_processor_there_are_none() -> None:
    with helpers(processors=1):
        assert list(each(place, [1])) == [(1, os.getpid())]


@pytest.mark.parametrize("processors", [1, 2])
def test_the_first_error_is_raised_after_what_came_before_it(processors: int) -> None:
    with helpers(processors=processors):
        done = each(refuses_two, range(5))
        assert [next(done), next(done)] == [0, 1]
        with pytest.raises(ValueError, match="2 is refused"):
            next(done)


def test_what_a_killed_helper_did_is_done_here() -> None:
    with helpers(processors=2):
        assert set(each(killed_where_it_helps, range(4))) == {os.getpid()}
        # The helpers are gone; what is asked next is done here too.
        assert list(each(place, [1])) == [(1, os.getpid())]


def test_ctrl_c_is_not_for_helpers() -> None:
    with helpers(processors=2):
        assert list(each(survives_ctrl_c, [1])) == [True]


def test_helpers_end_with_the_process_that_began_them() -> None:
    code = (
        "import time; from ingestion.side_by_side import each, helpers\n"
        "from tests.unit.ingestion.test_side_by_side import place\n"
        "with helpers(processors=2):\n"
        "    print(*{process for _, process in each(place, range(12))}, flush=True)\n"
        "    time.sleep(60)\n"
    )
    assert left_behind(code, 2) == set()
