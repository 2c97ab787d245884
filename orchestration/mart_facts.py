"""On the pages of the assets that dbt makes: where their columns come from, and marts' content.

What belongs here: adding to dbt's events what is in the Parquet files that it staged, and their
column lineage in words. What does not: rows, columns and that lineage itself, which they have.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.column_lineage import LINEAGE
from orchestration.table_facts import content_metadata, made_of


def with_content(events: Iterable[Any], staged: Path) -> Iterator[Any]:
    """The same events; those of marts with what their Parquet file holds, others stage none."""
    for event in events:
        if not isinstance(event, dg.Output):
            yield event
            continue
        told = dict(event.metadata)
        path = staged / f"{_name(event)}.parquet"
        if path.is_file():
            told |= content_metadata(path)
        lineage = getattr(told.get(LINEAGE), "value", None)
        if isinstance(lineage, dg.TableColumnLineage):
            told["made_of"] = made_of(lineage)
        yield event.with_metadata(told)


def _name(event: dg.Output[Any]) -> str:
    """The model's name, which dbt's id ends in."""
    return str(event.metadata["unique_id"].value).rpartition(".")[2]
