"""The figures of Annex A extracts whose child-level rows are deleted: `raw/chat_kept.parquet`.

Marts are rebuilt whole from raw at every run, so what was counted from an extract is copied out of
what dbt handed over of its last build (`COUNTED`) before its rows go. Counts of an authority, no
child. Whose file it was, its release and its dates stay in the ledger, by file id; when to keep is
`retention`'s business.
"""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.registry import seed
from ingestion.store import read_table, write_parquet

TABLE = "chat_kept"
# Where dbt leaves what it counted (`int_measures__chat`), below the home.
COUNTED = "warehouse/chat_measures.parquet"
SCHEMA = pa.schema(
    [
        ("file_id", pa.string()),
        ("measure_code", pa.string()),
        ("new_la_code", pa.string()),
        ("period_type", pa.string()),
        ("period_label", pa.string()),
        ("period_end", pa.date32()),
        ("value", pa.float64()),
        ("value_status", pa.string()),
        ("is_proxy", pa.bool_()),
        ("is_base", pa.bool_()),
        ("source_address", pa.string()),
        ("kept_at", pa.timestamp("us", tz="Europe/London")),
    ]
)
_COPIED = [name for name in SCHEMA.names if name != "kept_at"]


def hand_over(home: Path) -> None:
    """See to it that the table is there for dbt and whole, empty where nothing was ever kept."""
    if _path(home).exists():
        _kept(home)
    else:
        write_parquet(SCHEMA.empty_table(), _path(home))


def keep(file_ids: Collection[str], home: Path, now: datetime) -> None:
    """Copy what was counted from these files; what was kept of them before gives way."""
    kept, fresh = _kept(home), _counted(home)
    fresh = fresh[fresh["file_id"].isin(file_ids)].assign(kept_at=pd.Timestamp(now))
    if fresh.empty:
        return
    rest = kept[~kept["file_id"].isin(fresh["file_id"])]
    frames = [frame for frame in (rest, fresh) if not frame.empty]
    table = pa.Table.from_pandas(
        pd.concat(frames)[SCHEMA.names], schema=SCHEMA, preserve_index=False
    )
    write_parquet(table, _path(home))


def lists_with_figures(home: Path) -> pd.DataFrame:
    """Of which lists of which files there are figures, counted or kept: file_id, list_name."""
    both = [_kept(home), _counted(home)]
    figures = pd.concat([frame[["file_id", "measure_code"]] for frame in both])
    lists = seed("registry/annex_a_measures")[["measure_code", "list_name"]]
    return figures.merge(lists, on="measure_code")[["file_id", "list_name"]].drop_duplicates()


def _kept(home: Path) -> pd.DataFrame:
    path = _path(home)
    table = read_table(path, SCHEMA) if path.exists() else SCHEMA.empty_table()
    return table.to_pandas()


def _counted(home: Path) -> pd.DataFrame:
    """What the last build counted from extracts, with the bases that no mart shows."""
    path = home / COUNTED
    if not path.exists():
        return SCHEMA.empty_table().to_pandas()[_COPIED]
    return pq.read_table(path, columns=_COPIED).to_pandas()


def _path(home: Path) -> Path:
    return home / "raw" / f"{TABLE}.parquet"
