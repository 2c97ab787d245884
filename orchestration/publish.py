"""Marts from the warehouse to their readers: Parquet files and `analyst.duckdb`, old or new whole.

Reads the Parquet that dbt staged, never the warehouse file, which only dbt opens. Runs after the
gate on the marts; nothing is computed here.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from expectations.waivers import Waiver
from exports.release.accepted import NAME as ACCEPTED
from ingestion import whole
from orchestration import analyst, passed
from orchestration.home import DBT_PROJECT, Home
from orchestration.passed import GateNotPassed


def mart_names() -> list[str]:
    """The marts of the dbt project as it is now; a Parquet file left by a removed one is not."""
    return list(_marts())


def let_pass(home: Home) -> None:
    """Note what the gate has seen: publication takes these files and no others."""
    passed.note(home.gate_record, _staged(home))


def hold_back(home: Home) -> None:
    passed.forget(home.gate_record)


def accept(home: Home, gate: str, waivers: Sequence[Waiver]) -> None:
    """Note under which waivers a gate let pass; publication tells of those of all gates."""
    home.gate_waivers.mkdir(parents=True, exist_ok=True)
    told = [asdict(waiver) for waiver in dict.fromkeys(waivers)]
    content = json.dumps(told, indent=2, default=str) + "\n"
    whole.write_text(home.gate_waivers / f"{gate}.json", content)


def _accepted(home: Home) -> str:
    """The waivers of all gates, each once."""
    texts = [path.read_text("utf-8") for path in sorted(home.gate_waivers.glob("*.json"))]
    by_id = {told["waiver_id"]: told for text in texts for told in json.loads(text)}
    return json.dumps([by_id[name] for name in sorted(by_id)], indent=2) + "\n"


def _staged(home: Home) -> dict[str, Path]:
    return {name: home.staged_marts / f"{name}.parquet" for name in mart_names()}


def noted_by_gate(home: Home) -> dict[str, str] | None:
    """The hash of each mart as the gate let it pass; None where nothing has passed since."""
    return passed.noted(home.gate_record)


def published_hashes(home: Home) -> dict[str, str]:
    return passed.hashes({path.stem: path for path in sorted(home.marts.glob("[!.]*.parquet"))})


def _marts() -> dict[str, dict[str, Any]]:
    """The manifest's nodes of the marts, by name."""
    nodes = _manifest()["nodes"].values()
    marts = [n for n in nodes if n["resource_type"] == "model" and n["fqn"][1] == "marts"]
    return {node["name"]: node for node in sorted(marts, key=lambda node: node["name"])}


def _manifest() -> dict[str, Any]:
    path = DBT_PROJECT / "target" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def publish(home: Home) -> dict[str, int]:
    """Put every staged mart in its readers' place; returns rows by mart.

    The folder is written beside its place and takes it in one step, then `analyst.duckdb` does: a
    reader sees the old marts or the new ones, never some of each. Raises GateNotPassed when the
    staged files are not those the gate passed.
    """
    if not passed.holds(home.gate_record, _staged(home)):
        raise GateNotPassed(
            "The marts waiting for publication have not passed their gate; run the whole quarter,"
            " or the marts with their checks, before publishing"
        )
    whole.put_right(home.marts)
    new = whole.beside(home.marts)
    (new / ACCEPTED).write_text(_accepted(home), encoding="utf-8")
    rows = {}
    for name, source in _staged(home).items():
        shutil.copyfile(source, new / source.name)
        rows[name] = pq.read_metadata(source).num_rows
    # What takes long, and the room on the disk, before anything changes for readers.
    with analyst.written(home.analyst, new, _marts()):
        whole.put_in_place(home.marts)
    return rows
