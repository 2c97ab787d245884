"""What runs beside a run from its start: helper processes, and dbt. No dagster import here."""

import contextlib
from collections.abc import Iterator

from ingestion import side_by_side
from orchestration import dbt_process


@contextlib.contextmanager
def helpers() -> Iterator[None]:
    """For reading files, for the gates, and dbt that waits for its command."""
    modules = ("expectations.engine", "expectations.gate", "ingestion.pipeline")
    with side_by_side.helpers(*modules), dbt_process.waiting():
        yield
