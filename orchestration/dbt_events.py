"""dbt's events on their way to Dagster: when they are handed on, not what is added to them."""

from collections.abc import Iterator
from typing import Any


def finished(events: Iterator[Any]) -> Iterator[Any]:
    """The same events, and the error that ended them if one did, once they have all come.

    What is added to them stands in the warehouse, where DuckDB lets nobody in before dbt is done.
    """
    seen: list[Any] = []
    failure: Exception | None = None
    try:
        seen.extend(events)
    except Exception as error:
        failure = error
    yield from seen
    if failure:
        raise failure
