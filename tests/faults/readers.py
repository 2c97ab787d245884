"""What readers of a home see: its marts, `analyst.duckdb` and products, each as one fingerprint."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.faults.commands import QUARTER


@dataclass(frozen=True)
class Seen:
    """The marts as files, as tables of analysts, and each product: hashes by name."""

    marts: dict[str, str]
    tables: dict[str, int]
    products: dict[str, dict[str, str]]


def seen(home: Path) -> Seen:
    outputs = home / "outputs" / QUARTER
    products = {path.name: _files(path) for path in outputs.glob("[!.]*") if path.is_dir()}
    return Seen(_files(home / "marts"), _tables(home / "analyst.duckdb"), products)


def old_or_new_whole(home: Path, old: Seen, new: Seen) -> None:
    """Nobody sees some of the old and some of the new in one place."""
    now = seen(home)
    assert now.marts in (old.marts, new.marts)
    assert now.tables in (old.tables, new.tables)
    assert now.products.keys() == old.products.keys()
    for name, files in now.products.items():
        assert files in (old.products[name], new.products[name]), name


def left_over(home: Path) -> list[Path]:
    """What a run writes beside and takes away again, wherever readers or dbt look."""
    places = ("raw", "ledger", "marts", "outputs", "registers", "secrets", "warehouse")
    beside = [path for place in places for path in (home / place).rglob(".*")]
    beside += home.glob(".*")
    return sorted(path for path in beside if path.suffix in (".tmp", ".part", ".new", ".old"))


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _tables(path: Path) -> dict[str, int]:
    """A sum over the rows of each table: their order in the file is the engine's."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        return {
            name: connection.execute(f'select bit_xor(hash(t)) from "{name}" t').fetchone()[0]  # noqa: S608
            for (name,) in names
        }
