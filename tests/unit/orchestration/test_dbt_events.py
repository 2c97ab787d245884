"""dbt's events on their way to Dagster."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from dagster_dbt import DbtCliInvocation

from orchestration.dbt_events import finished

BUILD = cast(DbtCliInvocation, None)


def test_events_are_handed_on_once_all_have_come() -> None:
    source: Iterator[int] = iter([1, 2, 3])
    events = finished(source, BUILD)
    assert next(source, "nothing left") == "nothing left"
    assert list(events) == [1, 2, 3]


def test_what_was_built_before_a_failure_is_handed_on_before_it() -> None:
    def fails() -> Iterator[Any]:
        yield "built"
        raise RuntimeError("dbt failed")

    events = finished(fails(), BUILD)
    assert next(events) == "built"
    with pytest.raises(RuntimeError, match="dbt failed"):
        next(events)
