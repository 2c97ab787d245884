"""Result objects to what the Dagster UI shows, and names used by several modules.

Pure helpers, no assets. Child-level content never passes through here: counts only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq

OWNERS = ["team:data-engineering"]
# The raw layer holds all quarters of a table in one file, so only outputs are partitioned.
QUARTERS = dg.TimeWindowPartitionsDefinition(
    start="2018-04-01", cron_schedule="0 0 1 1,4,7,10 *", fmt="%Y-%m-%d", timezone="Europe/London"
)
# The steps of the quarter's job in a person's words.
STEPS = {
    "ingest_return": "Reading returns",
    "ingest_annex_a": "Reading Annex A workbooks",
    "ingest_published": "Reading published statistics",
    "ingest_narrative": "Reading narratives",
    "raw_gate_return": "Gate: returns",
    "raw_gate_annex_a": "Gate: Annex A",
    "raw_gate_published": "Gate: published statistics",
    "raw_gate_narrative": "Gate: narratives",
    "transform": "Building marts",
    "marts_gate": "Gate: marts",
    "published__marts": "Publishing marts",
    "outputs__run_record": "Recording the run",
}


def step_name(step: str) -> str:
    return STEPS.get(step, step.replace("outputs__", "Writing output: "))


def table_metadata(path: Path) -> dict[str, Any]:
    """Row count, columns and place of a Parquet file, under the keys that the UI understands."""
    file = pq.ParquetFile(path)
    columns = [dg.TableColumn(field.name, str(field.type)) for field in file.schema_arrow]
    return {
        "dagster/row_count": dg.MetadataValue.int(file.metadata.num_rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns)),
        "dagster/uri": dg.MetadataValue.path(str(path)),
    }


def data_docs(table: str) -> dict[str, str]:
    """What an asset's metadata says of the page on which its gate's results are."""
    return {"data_docs": f"data_docs/{table}/index.html in the home"}


def counts(values: Mapping[str, int]) -> dg.MetadataValue:
    lines = [f"| {name} | {value:,} |" for name, value in values.items()]
    return dg.MetadataValue.md("\n".join(["| | |", "|---|---:|", *lines]))
