"""`make bench`, second part: all marts rebuilt for all of England, and what analysts ask of them.

Wanted on two cores: 20 seconds from the first model to the last, 3 GiB, no more than four times
what a quarter of the periods takes, and each query of the cookbook under 0.2 seconds. As in `bench`
nothing passes or fails; on a busy machine look at processor time, and at the ratio to a plain read
of the same Parquet in the same run. What the models read is made by `bench_england`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from orchestration import analyst
from orchestration.home import DBT_PROJECT, PROJECT, Home
from tests import bench_england
from tests.bench import seconds

COOKBOOK = PROJECT / "docs" / "sql_cookbook.md"
SLOWEST = 10
PERIODS = (bench_england.PERIODS // 4, bench_england.PERIODS)


@dataclass(frozen=True)
class Rebuilt:
    """One `dbt run --full-refresh`: by the clock and by the processor, in seconds."""

    models: float  # from the first to the last
    by_model: dict[str, float]
    start_up: float  # dbt's own, before the first
    processor: float
    peak_mib: int


def main(console: Console) -> None:
    # One line per measurement: twelve columns do not fit a terminal.
    table = Table("", *(f"{periods} periods" for periods in PERIODS))
    with tempfile.TemporaryDirectory() as folder:
        rebuilt, columns = {}, []
        for periods in PERIODS:
            home = Home(Path(folder) / f"{periods} periods", Path(folder) / "landing")
            bench_england.write(home.root, periods)
            now = rebuilt[periods] = rebuild(home)
            raw, marts = _read(home.raw), _read(home.staged_marts)
            columns.append(
                {
                    "rows of fct_measure": f"{_rows(home, 'fct_measure'):,}",
                    "rows of fct_indicator": f"{_rows(home, 'fct_indicator'):,}",
                    "rows of fct_comparison": f"{_rows(home, 'fct_comparison'):,}",
                    "first model to last, s": f"{now.models:.1f}",
                    "sum of the models, s": f"{sum(now.by_model.values()):.1f}",
                    "processor, s": f"{now.processor:.1f}",
                    "peak memory, MiB": str(now.peak_mib),
                    "raw Parquet read, s": f"{raw:.2f}",
                    "times as long": f"{now.models / raw:.0f}",
                    "marts' Parquet read, s": f"{marts:.2f}",
                    "times as long as that": f"{now.models / marts:.0f}",
                }
            )
        for what in columns[0]:
            table.add_row(what, *(column[what] for column in columns))
        fewer, all_ = rebuilt.values()
        console.print("All marts rebuilt, 153 authorities, 46 indicators, three sources:")
        console.print(table)
        console.print(
            f"Four times the periods take {all_.models / fewer.models:.1f} times as long"
            f" (processor time {all_.processor / fewer.processor:.1f}); dbt’s own start,"
            f" {all_.start_up:.1f} s, is not in it. Slowest: {_slowest(all_)}."
        )
        console.print(_cookbook(home))


def rebuild(home: Home) -> Rebuilt:
    """Seeds, then every model from nothing, in a process of its own whose memory can be told."""
    home.prepare()
    target = home.root / "target"
    environment = {**os.environ, "LIIA_HOME": str(home.root)}
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet"]
    options = ["--profiles-dir", ".", "--target-path", str(target)]
    subprocess.run([*dbt, "seed", *options], cwd=DBT_PROJECT, env=environment, check=True)
    command = [*dbt, "run", "--full-refresh", *options]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=DBT_PROJECT, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    return Rebuilt(
        results["elapsed_time"],
        {r["unique_id"].split(".")[-1]: r["execution_time"] for r in results["results"]},
        wall - results["elapsed_time"],
        used.ru_utime + used.ru_stime,
        used.ru_maxrss // 1024,
    )


def _read(folder: Path) -> float:
    """Seconds by the clock to read every value of a folder's Parquet files, and do nothing else."""

    def everything() -> None:
        with duckdb.connect() as connection:
            for path in sorted(folder.glob("*.parquet")):
                source = str(path).replace("'", "''")
                connection.execute(f"select max(columns(*)) from read_parquet('{source}')")  # noqa: S608

    return seconds(everything, clock=time.perf_counter)


def _rows(home: Home, mart: str) -> int:
    return pq.read_metadata(home.staged_marts / f"{mart}.parquet").num_rows


def _slowest(rebuilt: Rebuilt) -> str:
    ordered = sorted(rebuilt.by_model.items(), key=lambda model: -model[1])
    return ", ".join(f"{name} {took:.1f} s" for name, took in ordered[:SLOWEST])


def _cookbook(home: Home) -> str:
    """How long each query of the cookbook takes on these marts."""
    if not COOKBOOK.exists():
        return f"There is no {COOKBOOK.name}: no query was timed."
    manifest = json.loads((home.root / "target" / "manifest.json").read_text(encoding="utf-8"))
    marts = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }

    def write() -> None:
        with analyst.written(home.analyst, home.staged_marts, marts):
            pass

    writing = seconds(write, 1, time.perf_counter)
    text = COOKBOOK.read_text(encoding="utf-8")
    queries = re.findall(r"^## (.+?)\n.*?```sql\n(.+?)```", text, re.MULTILINE | re.DOTALL)
    with duckdb.connect(str(home.analyst), read_only=True) as connection:
        took = {
            question: seconds(
                lambda: connection.execute(query).fetchall(),  # noqa: B023
                clock=time.perf_counter,
            )
            for question, query in queries
        }
    slowest = max(took, key=lambda question: took[question])
    return (
        f"analyst.duckdb of them: {writing:.1f} s to write,"
        f" {home.analyst.stat().st_size >> 20} MiB. The cookbook’s {len(took)} queries:"
        f" {sum(took.values()):.2f} s together; slowest {took[slowest]:.3f} s, “{slowest}”."
    )


if __name__ == "__main__":
    main(Console())
