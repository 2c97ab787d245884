"""`make bench`: a whole quarter by `liia run`, and what one re-sent return costs after it.

Wanted on two cores: a demo quarter in 120 seconds, less than a quarter of it orchestration; after a
re-sent return marts and DfE's CSV new in 25 seconds. As in `bench` nothing passes or fails. The
yardstick is the same work in the same run without Dagster: plain calls, and dbt by itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.table import Table

from exports.catalogue import PRODUCTS
from exports.release.writing import Places, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.pipeline import SOURCES, ingest, raw_path, tables_of
from ingestion.sample import write_landing_zone
from ingestion.sample.annex_a import bench_workbook
from ingestion.sample.figures import london_authorities
from orchestration.helped import helpers
from orchestration.home import DBT_PROJECT, Home
from tests.conftest import liia

QUARTER = Quarter(2025, 2)
ROWS = 1_500  # of an authority's Annex A workbook
AUTHORITY = "CAM"


def main(console: Console) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home", Path(folder) / "home" / "landing")
        _land(home.landing)
        whole = _run(home)
        console.print(_steps(home, "`liia run`, everything new"))
        bare = _bare(Home(Path(folder) / "bare", home.landing))
        console.print(
            f"By the clock {whole:.0f} s, start-up included. The same work without Dagster:"
            f" {bare:.0f} s. Orchestration: {(whole - bare) / whole:.0%}."
        )
        again = _run(home)
        console.print(f"Nothing new: {again:.0f} s, {again / whole:.2f} of the first.")
        _send_again(home.landing, Path(folder) / "other")
        before = time.time()
        _run(home, "--source", "return")
        stands = _ended(home)["outputs__dfe"] - before
        console.print(
            _steps(home, f"One return sent again, `liia run --source return` ({AUTHORITY})")
        )
        console.print(f"From the command to marts and DfE’s CSV: {stands:.1f} s.")


def _land(zone: Path) -> None:
    """Eight quarters of returns, all published files, and a workbook of each authority."""
    write_landing_zone(zone, annex_a_las=())
    for number, code in enumerate(london_authorities()["short_code"]):
        path = zone / "annex_a" / QUARTER.slug / code / "lists.xlsx"
        path.parent.mkdir(parents=True)
        bench_workbook(path, ROWS, seed=number)
        path.with_name(f"{path.name}.yml").write_text("extract_date: 2025-10-02\n")


def _send_again(zone: Path, other: Path) -> None:
    """Another sample's return in the place of one that was sent."""
    write_landing_zone(other, quarters=1, annex_a_las=(), seed=1)
    place = Path("returns") / QUARTER.slug / AUTHORITY
    shutil.rmtree(zone / place)
    shutil.copytree(other / place, zone / place)


def _run(home: Home, *options: str) -> float:
    """Seconds by the clock of the command."""
    where = ("--landing", home.landing, "--home", home.root)
    started = time.perf_counter()
    done = liia("run", "--quarter", QUARTER.slug, *where, *options)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return time.perf_counter() - started


def _events(home: Home, kind: dg.DagsterEventType) -> dict[str, float]:
    """When something last happened to each step of the newest run."""
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(limit=1)
        return {
            str(entry.step_key): entry.timestamp
            for entry in instance.all_logs(run.run_id, of_type=kind)
        }


def _ended(home: Home) -> dict[str, float]:
    return _events(home, dg.DagsterEventType.STEP_SUCCESS)


def _steps(home: Home, title: str) -> Table:
    table = Table("Step", "s", title=title)
    started = _events(home, dg.DagsterEventType.STEP_START)
    took = {step: at - started[step] for step, at in _ended(home).items()}
    for step, seconds in took.items():
        table.add_row(step, f"{seconds:.1f}")
    table.add_row("all steps", f"{sum(took.values()):.1f}")
    return table


def _bare(home: Home) -> float:
    """Seconds by the clock of the same work by plain calls, in one process and dbt's own."""
    from expectations import gate
    from orchestration import publish
    from orchestration.defs.transform import LEFT_OUT

    home.prepare()
    now = datetime.now(LONDON)
    places = Places(home.marts, home.outputs, home.registers)

    def read() -> None:
        for source in SOURCES:
            ingest(source, home.landing, home.root, b"bench", now)

    def raw_gates() -> None:
        for source in SOURCES:
            tables = {table: raw_path(home.root, table) for table in tables_of(source)}
            gate.check_all_raw(tables, home.data_docs, now.date())

    def build() -> None:
        dbt = str(Path(sys.executable).with_name("dbt"))
        command = [dbt, "--quiet", "build", "--full-refresh"]
        options = [*LEFT_OUT, "--profiles-dir", "."]
        target = ["--target-path", str(home.root / "target")]
        environment = {**os.environ, "LIIA_HOME": str(home.root)}
        subprocess.run([*command, *options, *target], cwd=DBT_PROJECT, env=environment, check=True)

    def marts_gate() -> None:
        gate.check_marts(home.staged_marts, home.raw, home.data_docs, now.date())
        publish.let_pass(home)

    def products() -> None:
        for product in PRODUCTS:
            release(product, QUARTER, places, "bench", now)

    work: list[Callable[[], object]] = [
        *(read, raw_gates, build, marts_gate, lambda: publish.publish(home), products)
    ]
    started = time.perf_counter()
    with helpers():
        for part in work:
            part()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(Console())
