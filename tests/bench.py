"""`make bench`: how fast reading is, against the plainest reading of the same files. The models at
the size of England are `bench_marts`.

Seconds differ between machines; the ratio to a bare calamine or CSV read in the same run does not
much. Nothing here passes or fails: a timed test would fail on a busy machine.
"""

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table

from ingestion import landing
from ingestion.pipeline import SOURCES, ingest, raw_path
from ingestion.registry import seed
from ingestion.sample import write_landing_zone
from ingestion.sample.annex_a import bench_workbook
from ingestion.sample.figures import london_authorities
from ingestion.sources import annex_a, published, returns
from orchestration.home import DBT_PROJECT, Home
from tests.conftest import SHARED


def seconds(
    work: Callable[[], object],
    repeats: int = 3,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Processor time (or by another clock) of the best of a few goes."""
    best = float("inf")
    for _ in range(repeats):
        started = clock()
        work()
        best = min(best, clock() - started)
    return best


def bare_workbook(path: Path) -> None:
    book = CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()


def bare_text(path: Path) -> None:
    with path.open(newline="", encoding="utf-8-sig") as file:
        list(csv.reader(file))


def main(console: Console) -> None:
    table = Table("what", "files", "rows", "bare read, s", "ours, s", "ratio", "rows/s")
    with tempfile.TemporaryDirectory() as folder:
        zone = Path(folder) / "landing"
        write_landing_zone(zone, quarters=1)
        seed("registry/measures")  # start-up is not what is measured
        key = b"bench"
        parsers = {
            "return": (returns.parse, bare_workbook),
            "annex_a": (lambda file: annex_a.parse(file, key), bare_workbook),
            "published": (published.parse, bare_text),
        }
        for source, (parse, bare) in parsers.items():
            files = landing.scan(zone, source)
            rows = sum(len(t) for file in files for t in parse(file).tables.values())
            plain = seconds(lambda: [bare(f.absolute) for f in files])  # noqa: B023
            ours = seconds(lambda: [parse(f) for f in files])  # noqa: B023
            table.add_row(
                source,
                str(len(files)),
                f"{rows:,}",
                f"{plain:.2f}",
                f"{ours:.2f}",
                f"{ours / plain:.1f}",
                f"{rows / ours:,.0f}",
            )
        home = Path(folder) / "home"
        now = datetime.now(landing.LONDON)

        def whole() -> None:
            for source in parsers:
                ingest(source, zone, home, key, now)

        first, again = seconds(whole, repeats=1), seconds(whole, repeats=1)
        returns_alone = seconds(lambda: _read_and_check(zone, Path(folder) / "of returns"), 1)
        real = _real_files(Path(folder))
        lists = _annex_a(Path(folder))
    console.print(table)
    console.print(f"33 authorities’ returns, read and checked and stored: {returns_alone:.2f} s.")
    console.print(lists)
    if real:
        console.print(real)
    console.print(
        f"Landing to raw, everything new {first:.2f} s, nothing new {again:.2f} s"
        f" (ratio {again / first:.2f});"
        f" peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB."
    )


def _read_and_check(zone: Path, home: Path) -> None:
    ingest("return", zone, home, b"bench", datetime.now(landing.LONDON))


def _real_files(folder: Path) -> str | None:
    """DfE's own files of two releases, where they are at hand: read, compared and stored."""
    if not SHARED.is_dir():
        return None
    zone = folder / "real"
    (zone / "published").mkdir(parents=True)
    files = [p for name in ("published", "published_next") for p in (SHARED / name).glob("*.csv")]
    for path in files:
        shutil.copyfile(path, zone / "published" / path.name)
    plain = seconds(lambda: [bare_text(path) for path in files])
    home, now = folder / "real home", datetime.now(landing.LONDON)
    for source in set(SOURCES) - {"published"}:  # nothing of theirs: empty tables for the models
        ingest(source, zone, home, b"bench", now)
    started = time.perf_counter()
    ours = seconds(lambda: ingest("published", zone, home, b"bench", now), 1)
    wall = time.perf_counter() - started
    models = _models(home, "+fct_indicator", "+fct_measure")
    values = pq.read_metadata(raw_path(home, "published_values")).num_rows
    return (
        f"DfE’s own {len(files)} files, read, held against the release before and stored: "
        f"{ours:.2f} s ({wall:.2f} s by the clock), {ours / plain:.1f} times a bare read; "
        f"{values:,} values. Their models after that: {models:.2f} s by dbt’s clock."
    )


def _annex_a(folder: Path) -> str:
    """A workbook of eleven lists and 15,120 rows; then 33 of them, up to the measures."""
    zone = folder / "lists"
    paths = [
        zone / "annex_a" / "2025-26-Q2" / la / "bench.xlsx"
        for la in london_authorities()["short_code"]
    ]
    for path in paths:
        path.parent.mkdir(parents=True)
    bench_workbook(paths[0])
    for path in paths[1:]:
        shutil.copyfile(paths[0], path)
    for path in paths:
        path.with_name(f"{path.name}.yml").write_text("extract_date: 2025-10-02\n")
    file = landing.landed(paths[0], zone, "annex_a")
    rows = sum(len(t) for name, t in annex_a.parse(file, b"bench").tables.items() if "list" in name)
    plain = seconds(lambda: bare_workbook(paths[0]))
    ours = seconds(lambda: annex_a.parse(file, b"bench"))
    peak = subprocess.run(
        [sys.executable, "-m", "tests.bench", str(paths[0]), str(zone)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    home, now = folder / "lists home", datetime.now(landing.LONDON)
    for source in set(SOURCES) - {"annex_a"}:
        ingest(source, zone, home, b"bench", now)
    started = time.perf_counter()
    ingest("annex_a", zone, home, b"bench", now)
    wall = time.perf_counter() - started
    models = _models(home, "+int_measures__chat")
    return (
        f"An Annex A workbook of eleven lists and {rows:,} rows, read, typed, checked and "
        f"pseudonymised: {ours:.2f} s, {ours / plain:.1f} times a bare read, in {peak} MiB. "
        f"{len(paths)} of them ({rows * len(paths):,} rows) stored: {wall:.1f} s by the clock;"
        f" their measures after that: {models:.1f} s by dbt’s clock."
    )


def _peak_memory(path: Path, zone: Path) -> int:
    """MiB of a process that reads one workbook and nothing else."""
    annex_a.parse(landing.landed(path, zone, "annex_a"), b"bench")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _models(home: Path, *models: str) -> float:
    """Seconds from the first model to the last, as dbt itself measures them."""
    Home(home, home / "landing").prepare()
    dbt = partial(subprocess.run, cwd=DBT_PROJECT, env={**os.environ, "LIIA_HOME": str(home)})
    target = home / "target"
    command = [Path(sys.executable).with_name("dbt"), "--quiet", "--no-partial-parse"]
    options = ["--profiles-dir", ".", "--target-path", str(target)]
    dbt([*command, "seed", *options], check=True)
    dbt([*command, "run", "--select", *models, *options], check=True)
    return json.loads((target / "run_results.json").read_text(encoding="utf-8"))["elapsed_time"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(_peak_memory(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201 - how it answers
    else:
        main(Console())
