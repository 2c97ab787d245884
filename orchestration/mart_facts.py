"""Published marts' content on the pages of the assets that dbt makes: hash, how new, a few rows.

What belongs here: adding to dbt's events what is in the Parquet files that it staged. What does
not: rows, columns and lineage, which those events have already.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.table_facts import content_metadata


def with_content(events: Iterable[Any], staged: Path) -> Iterator[Any]:
    """The same events, those of marts with what their Parquet file holds; others stage none."""
    for event in events:
        path = staged / f"{_name(event)}.parquet" if isinstance(event, dg.Output) else None
        if path is not None and path.is_file():
            yield event.with_metadata({**event.metadata, **content_metadata(path)})
        else:
            yield event


def _name(event: dg.Output[Any]) -> str:
    """The model's name, which dbt's id ends in."""
    return str(event.metadata["unique_id"].value).rpartition(".")[2]
