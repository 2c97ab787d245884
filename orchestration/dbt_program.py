"""dbt, with the project as it was parsed for Dagster's graph.

What belongs here: handing dbt the manifest that it wrote, which its programmatic interface takes as
it is. What does not: what dbt is asked to do (`orchestration/defs/transform.py`). The command comes
on standard input, once all is imported (`orchestration/dbt_process.py`).

dbt parses the whole project again when the address of its database is another than that of the last
parse, thus for every home but one: a third of the time of a run in which one file is new. Nothing
that is parsed hangs on the home. No dagster import here: it would cost what is gained.
"""

import json
import os
import sys
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ingestion.kept import for_good
from orchestration import warehouse
from orchestration.home import DBT_PROJECT

with for_good():
    from dbt.cli.main import cli
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SeedNode
    from dbt.parser.manifest import extended_mashumuro_decoder


def main() -> None:
    parsed()  # while there is nothing to do yet
    told = sys.stdin.read()
    if not told:
        return
    command = json.loads(told)
    sys.argv[1:] = command["arguments"]
    os.environ.update(command["environment"])
    os.chdir(command["folder"])
    manifest = parsed()
    if not manifest:
        # What is of no use to us is of none to dbt's own partial parsing, which asks less of it.
        os.environ["DBT_PARTIAL_PARSE"] = "false"
    cli(obj={"manifest": manifest})


def parsed() -> Manifest | None:
    """The manifest of the last parse; None where dbt is to parse for itself.

    That is after a change of the project, even while Dagster ran, of its place, and of dbt.
    """
    path = DBT_PROJECT / "target" / "partial_parse.msgpack"
    if not warehouse.is_newer_than_project(path):
        return None
    try:
        written = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None  # taken away meanwhile
    with for_good():
        return _read(path, written)


@lru_cache(maxsize=1)
def _read(path: Path, _written: int) -> Manifest | None:
    try:
        manifest: Any = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception:
        return None  # of another dbt, or half written by one that parses now
    places = {node.root_path for node in manifest.nodes.values() if isinstance(node, SeedNode)}
    if manifest.metadata.dbt_version != version("dbt-core") or places != {str(DBT_PROJECT)}:
        return None
    # What dbt does with a manifest that it finds unchanged.
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


if __name__ == "__main__":
    main()
