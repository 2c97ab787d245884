"""Parquet in and out, always written beside and then renamed; where ingestion keeps it in a home.

A reader sees the old file whole or the new file whole, never a part. No schema knowledge here.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.whole import Damaged


def write_parquet(frame: pd.DataFrame | pa.Table, path: Path) -> None:
    """Write a frame or Arrow table atomically, making folders as needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = (
        frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    )
    # Always the same name: what an interrupted run left is taken away by the next.
    beside = path.with_name(f".{path.name}.tmp")
    try:
        pq.write_table(table.replace_schema_metadata(None), beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_parquet(path: Path) -> pd.DataFrame:
    return read_table(path).to_pandas()


def read_table(path: Path, schema: pa.Schema | None = None) -> pa.Table:
    """A Parquet file of the home; Damaged where it is none, FileNotFoundError where there is none.

    Written for what no run can make anew: a run writes over all else before it reads it.
    """
    try:
        return pq.read_table(path, schema=schema)
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the system's word: not there, not allowed
            raise
        raise Damaged(f"{path} is damaged. Put it back from a backup.") from None


def ledger_path(home: Path, source: str) -> Path:
    return home / "ledger" / f"{source}.parquet"


def parsed_folder(home: Path) -> Path:
    """What each file gave when it was parsed: a folder for each file id."""
    return home / "raw" / ".parsed"
