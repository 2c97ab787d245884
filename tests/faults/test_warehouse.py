"""The warehouse file at the start of a build: whatever it is, and whoever has it open."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse import WarehouseInUse, begin

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "liia.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table built_before as select 1 as a")
    return path


def holder(warehouse: Path, way: str) -> subprocess.Popen[str]:
    """Another program that has the warehouse open until its input ends."""
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(warehouse), way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout.readline() == "open\n"
    return held


@pytest.mark.parametrize("content", [b"", b"not a warehouse", b"\0" * 8 + b"DUCK" + b"\xff" * 5000])
def test_what_is_no_warehouse_is_out_of_the_way_at_once(warehouse: Path, content: bytes) -> None:
    warehouse.write_bytes(content)
    warehouse.with_name("liia.duckdb.wal").write_bytes(b"not a log")
    begin(warehouse, pytest.fail, anew=True)
    assert list(warehouse.parent.iterdir()) == []
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select count(*) from duckdb_tables()").fetchone() == (0,)


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("way", ["reads", "writes"])
def test_a_program_that_keeps_it_open_is_told_of_in_bounded_time(
    warehouse: Path, way: str, anew: bool
) -> None:
    held = holder(warehouse, way)
    said: list[str] = []
    with pytest.raises(WarehouseInUse, match=r"Another program still has .* Close it and run"):
        begin(warehouse, said.append, anew=anew, patience=1, pause=0.1)
    held.communicate()
    assert len(said) == 1
    assert "waits and then goes on" in said[0]
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("from built_before").fetchall() == [(1,)]


@pytest.mark.parametrize("anew", [True, False])
def test_a_program_that_lets_go_is_waited_for(warehouse: Path, anew: bool) -> None:
    held = holder(warehouse, "writes")
    begin(warehouse, lambda _: held.communicate(), anew=anew, pause=0.1)
    assert warehouse.exists() is not anew
