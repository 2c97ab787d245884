"""The `liia` command: help, exit codes, messages, and a light start."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, liia


def test_help_lists_the_commands() -> None:
    done = liia("--help")
    assert done.returncode == 0
    for command in ("demo", "run", "check", "sql", "ui"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--quarter", "2025-27-Q2"], "is not a quarter; write it like 2025-26-Q2"),
        (["run", "--quarter", "Q2"], "is not a quarter"),
        (["run", "--quarter", "2025-26-Q2", "--landing", "nowhere"], "There is no landing zone at"),
        (["check", "nowhere.xlsx"], "There is no file nowhere.xlsx"),
        (["check", str(PROJECT / "README.md"), "--as", "guess"], "--as takes one of"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_sentence(arguments: list[str], says: str) -> None:
    done = liia(*arguments)
    assert done.returncode == 2
    assert says in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("quarter", ["2035-36-Q1", "2017-18-Q4"])
def test_a_quarter_that_cannot_be_run_is_exit_2_with_the_range(
    tmp_path: Path, quarter: str
) -> None:
    (tmp_path / "landing").mkdir()
    done = liia("run", "--quarter", quarter, "--home", tmp_path)
    assert done.returncode == 2
    assert "from 2018-19 Q1 to the one that ended last" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout + done.stderr


def test_two_runs_in_one_home_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = liia("run", "--quarter", "2025-26-Q2", "--home", tmp_path)
    assert done.returncode == 1
    assert "Another liia run is at work" in done.stdout


def test_sql_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    done = liia("sql", "select 1", "--home", tmp_path)
    assert done.returncode == 1
    assert "liia run --quarter" in done.stderr.replace("\n", " ")


def test_demo_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = liia("demo", "--dest", tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_check_accepts_a_good_return_and_stores_nothing(tmp_path: Path) -> None:
    from ingestion.sample import write_landing_zone

    write_landing_zone(tmp_path / "zone", quarters=2, annex_a_las=())
    (path,) = (tmp_path / "zone" / "returns" / "2025-26-Q2" / "CAM").glob("*.xlsx")
    before = sorted(tmp_path.rglob("*"))
    done = liia("check", path, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["kind"] == "return"
    assert result["accepted"] is True
    assert result["tables"]["return_values"]["rows"] > 40
    columns = result["tables"]["return_values"]["columns"]
    assert columns["Value"] == {"to": "value", "how": "exact", "score": 100.0}
    assert sorted(tmp_path.rglob("*")) == before


def test_check_of_a_file_that_blocks_is_exit_1_and_names_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook")
    done = liia("check", path, "--json")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["accepted"] is False
    assert result["findings"][0]["severity"] == "block"
    assert set(result["findings"][0]) >= {"rule_id", "sheet", "cell", "value", "expected", "count"}


def test_check_starts_without_the_heavy_libraries(tmp_path: Path) -> None:
    """An authority's laptop has neither dagster nor dbt, and should not wait for them."""
    path = tmp_path / "empty.csv"
    path.write_text("a,b\n1,2\n")
    code = (
        "import sys\n"
        "from orchestration.cli import app\n"
        f"app(['check', {str(path)!r}], standalone_mode=False)\n"
    )
    probe = code + (
        "heavy = [m for m in ('dagster', 'dbt', 'great_expectations', 'plotly', 'duckdb')"
        " if m in sys.modules]\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
