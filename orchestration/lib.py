"""Names and small helpers that several definitions share.

Pure helpers, no assets. Child-level content never passes through here: counts only.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

# Dagster calls links to code beta; two lines for each asset on every start would tell nobody more.
warnings.filterwarnings("ignore", ".*(code_references|CodeReference)", dg.BetaWarning)

OWNERS = ["team:data-engineering"]
# The UI orders groups by name, so the way of a figure is numbered.
GROUPS = {
    stage: f"{number}_{stage}"
    for number, stage in enumerate(
        [
            "reference",
            "raw",
            "restricted",
            "staging",
            "intermediate",
            "marts",
            "published",
            "outputs",
        ],
        start=1,
    )
}
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


def data_docs(table: str) -> dict[str, str]:
    """What an asset's metadata says of the page on which its gate's results are."""
    return {"data_docs": f"data_docs/{table}/index.html in the home"}


def with_code(metadata: Mapping[str, Any], path: Path, label: str) -> dict[str, Any]:
    """An asset's metadata with one more file that says what it is, to open from its page."""
    key = "dagster/code_references"
    files = metadata[key].code_references if key in metadata else []
    one = dg.LocalFileCodeReference(file_path=str(path), label=label)
    return {**metadata, key: dg.CodeReferencesMetadataValue(code_references=[*files, one])}


def counts(values: Mapping[str, int]) -> dg.MetadataValue:
    lines = [f"| {name} | {value:,} |" for name, value in values.items()]
    return dg.MetadataValue.md("\n".join(["| | |", "|---|---:|", *lines]))
