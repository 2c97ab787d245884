"""Two commands that write into one folder do not meet."""

import errno
import fcntl
import threading
from pathlib import Path

import pytest

from ingestion.lock import AtWork, alone_in


def test_the_second_is_told_who_is_at_work_and_where(tmp_path: Path) -> None:
    first, second = alone_in(tmp_path, "liia run"), alone_in(tmp_path, "liia run")
    with first, pytest.raises(AtWork) as told, second:
        pytest.fail("both are at work")
    assert str(told.value) == f"Another liia run is at work in {tmp_path}; wait for it to end."


def test_a_folder_is_free_once_the_first_has_ended_or_failed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), alone_in(tmp_path, "liia run"):
        raise ValueError("no")
    with alone_in(tmp_path, "liia run"):
        pass


def test_one_that_may_wait_waits_for_the_other_to_end(tmp_path: Path) -> None:
    order = []

    def second() -> None:
        with alone_in(tmp_path, "release", wait=True):
            order.append("second")

    waiting = threading.Thread(target=second)
    with alone_in(tmp_path, "release"):
        waiting.start()
        waiting.join(timeout=0.2)
        order.append("first")
    waiting.join(timeout=10)
    assert order == ["first", "second"]


def test_a_share_that_knows_no_locks_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    inside = []
    with alone_in(tmp_path, "liia run"):
        inside.append("first")
        with alone_in(tmp_path, "liia run"):
            inside.append("second")
    assert inside == ["first", "second"]
