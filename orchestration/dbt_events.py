"""dbt's events on their way to Dagster: when they are handed on, not what is added to them."""

from collections.abc import Iterator
from typing import Any

from dagster_dbt import DbtCliInvocation
from dagster_dbt.core.dbt_event_iterator import DbtEventIterator


def finished(events: Iterator[Any], build: DbtCliInvocation) -> DbtEventIterator[Any]:
    """The same events, and the error that ended them if one did, once they have all come.

    DuckDB lets nobody else in before dbt is done, so dagster-dbt waits for it in any case, but in a
    loop without a pause that takes a processor from dbt.
    """
    seen: list[Any] = []
    failure: Exception | None = None
    try:
        seen.extend(events)
    except Exception as error:
        failure = error

    def again() -> Iterator[Any]:
        yield from seen
        if failure:
            raise failure

    return DbtEventIterator(again(), build)
