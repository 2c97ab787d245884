"""The benchmarking marts over a given fct_indicator, without raw files and what is before it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import yaml

from orchestration.home import DBT_PROJECT

MODELS = [
    "dim_comparison_group",
    "dim_indicator",
    "dim_local_authority",
    "intermediate.comparisons",
    "fct_comparison",
    "fct_exception",
    "fct_change",
    "mart_headline",
]
MARTS = MODELS[-4:]
TABLE = "marts.fct_indicator"


def copied_project(folder: Path) -> Path:
    """A copy of the dbt project whose seeds may be changed; it asks for no raw files."""
    copy = folder / "dbt_project"
    shutil.copytree(DBT_PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs", ".user.yml"))
    path = copy / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    del settings["on-run-start"]  # views of the raw files
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return copy


def build(project: Path, home: Path, fct_indicator: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The marts by name. The home may have been built before, with the same seeds."""
    warehouse = home / "warehouse" / "liia.duckdb"
    first = not warehouse.exists()
    (home / "warehouse" / "published").mkdir(parents=True, exist_ok=True)
    load(project, warehouse, fct_indicator)
    if first:
        dbt(project, home, "seed")
    dbt(project, home, "run", "--select", *MODELS)
    published = home / "warehouse" / "published"
    return {name: pd.read_parquet(published / f"{name}.parquet") for name in MARTS}


def load(project: Path, warehouse: Path, fct_indicator: pd.DataFrame) -> None:
    """Rows into marts.fct_indicator, with the types of its contract."""
    contract = project / "models" / "marts" / "core" / "_core__models.yml"
    models = yaml.safe_load(contract.read_text(encoding="utf-8"))["models"]
    (model,) = (model for model in models if model["name"] == "fct_indicator")
    columns = {column["name"]: column["data_type"] for column in model["columns"]}
    typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
    with duckdb.connect(str(warehouse)) as connection:
        connection.register("given", fct_indicator)
        connection.execute("create schema if not exists marts")
        connection.execute(f"create or replace table {TABLE} as select {typed} from given")  # noqa: S608


def dbt(project: Path, home: Path, *command: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *command, "--profiles-dir", "."],
        cwd=project,
        env={**os.environ, "LIIA_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
