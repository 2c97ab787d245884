"""The helper processes of a run. No dagster import: they start first."""

from contextlib import AbstractContextManager

from ingestion import side_by_side


def helpers() -> AbstractContextManager[None]:
    """For reading files and for the gates."""
    return side_by_side.helpers("expectations.engine", "expectations.gate", "ingestion.pipeline")
