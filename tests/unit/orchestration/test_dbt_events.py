"""dbt's events on their way to Dagster."""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestration.dbt_events import finished


def test_events_are_handed_on_once_all_have_come() -> None:
    source: Iterator[int] = iter([1, 2, 3])
    events = finished(source)
    assert next(events) == 1
    assert next(source, "nothing left") == "nothing left"
    assert list(events) == [2, 3]


def test_what_was_built_before_a_failure_is_handed_on_before_it() -> None:
    def fails() -> Iterator[Any]:
        yield "built"
        raise RuntimeError("dbt failed")

    events = finished(fails())
    assert next(events) == "built"
    with pytest.raises(RuntimeError, match="dbt failed"):
        next(events)
