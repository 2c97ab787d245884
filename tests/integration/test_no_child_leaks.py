"""Where nothing of a child may stand: all that a run leaves behind, searched for marked secrets.

Every file is searched unless it is named here, so that what a run comes to write next is searched
too. That the search finds what is there is tested first.
"""

import base64
import gzip
import io
import json
import sqlite3
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.explain.gather import explain
from orchestration.explain.text import lines
from orchestration.home import Home
from tests.conftest import PROJECT, Run, liia_run
from tests.integration import marked
from tests.integration.marked import MARK, TABLES
from tests.integration.seen import duckdb_texts, found_in

# Rows of children, made safe, and the key they are made safe with: for the owner alone.
RESTRICTED = ("raw/annex_a/", "raw/.parsed/", "warehouse/liia.duckdb", "secrets/")
QUARANTINE = "quarantine/"


@dataclass(frozen=True)
class Left:
    """What one run left: its home, and files elsewhere (of dbt, and temporary ones)."""

    run: Run
    elsewhere: list[Path]

    @property
    def home(self) -> Path:
        return self.run.home

    def files(self) -> list[str]:
        """Every file in the home, by its path below it."""
        below = (path for path in self.home.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.home).as_posix() for path in below)

    def raw(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.home / "raw" / f"{name}.parquet")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    folder = tmp_path_factory.mktemp("leaks")
    marked.write_landing_zone(folder / "landing")
    temporary, started = folder / "temporary", time.time()
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        run = liia_run(marked.QUARTER, folder / "landing", folder / "home")
    assert run.code == 0, run.output
    by_dbt = [
        path
        for name in ("target", "logs")
        for path in (PROJECT / "dbt_project" / name).rglob("*")
        if path.is_file() and path.stat().st_mtime >= started
    ]
    assert by_dbt
    yield Left(run, [*by_dbt, *(path for path in temporary.rglob("*") if path.is_file())])


@pytest.fixture(scope="module")
def pseudonyms(left: Left) -> dict[str, str]:
    frames = [left.raw(f"annex_a/{table.name}") for table in TABLES]
    ids = [
        frame[column.name].dropna()
        for table, frame in zip(TABLES, frames, strict=True)
        for column in table.columns
        if column.type == "identifier"
    ]
    return dict.fromkeys(pd.concat(ids), "a pseudonym")


def _parquet(path: Path) -> None:
    pd.DataFrame({"name": [MARK]}).to_parquet(path, compression="zstd")


def _sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table event (body text)")
        connection.execute("insert into event values (?)", (MARK,))


def _duckdb(statement: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as connection:
            connection.execute("create table rows as select 1 as n")
            connection.execute(statement)

    return write


def _book_in_zip(path: Path) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{MARK}</t>")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lists.xlsx", book.getvalue())


PACKED: dict[str, Callable[[Path], object]] = {
    "upper case": lambda path: path.write_text(MARK.upper()),
    "UTF-16": lambda path: path.write_text(MARK, encoding="utf-16"),
    "UTF-16, the other order": lambda path: path.write_text(MARK, encoding="utf-16-be"),
    "gzip": lambda path: path.write_bytes(gzip.compress(MARK.encode())),
    "base64": lambda path: path.write_bytes(base64.b64encode(f"by {MARK} today".encode())),
    "hexadecimal": lambda path: path.write_text(MARK.encode().hex()),
    "escaped": lambda path: path.write_text(json.dumps(marked.FOREIGN)),
    "date": lambda path: pd.DataFrame({"d": [pd.Timestamp(marked.BORN)]}).to_parquet(path),
    "number": lambda path: pd.DataFrame({"id": [marked.ID]}).to_parquet(path),
    "Parquet": _parquet,
    "SQLite": _sqlite,
    "workbook in a zip": _book_in_zip,
    "DuckDB": _duckdb(f"create schema s; create table s.names as select '{MARK}' as name"),
    "DuckDB, comment": _duckdb(f"comment on column rows.n is '{MARK}'"),
    "DuckDB, view": _duckdb(f"create view kept as select '{MARK}' as name"),
    "DuckDB, macro": _duckdb(f"create macro who() as '{MARK}'"),
    "file name": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("packed", PACKED)
def test_the_search_finds_what_is_there(packed: str, tmp_path: Path) -> None:
    path = tmp_path / (MARK if packed == "file name" else "file")
    PACKED[packed](path)
    assert found_in(path, marked.secrets())


def test_the_search_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("One of 12 children, aged 17 on 30/09/2025, in ZQ9, of team A")
    assert not found_in(path, marked.secrets())


def test_figures_are_counted_from_the_marked_lists(left: Left) -> None:
    """Else there would be nothing to leak."""
    counted = left.run.mart("fct_measure").query("source == 'chat' and value > 0")
    assert set(counted["new_la_code"]) == {"E09000007", "E09000011"}
    measures = {"contacts", "referrals", "s47", "cin", "cpp", "cla", "care_leavers"}
    assert measures <= set(counted["measure_code"])


def test_there_is_a_finding_about_every_column(left: Left) -> None:
    """A cell of each that could not be used, and a child of each list who is on no other."""
    found = left.raw("annex_a_findings")
    typed = {
        f"{table.name}.{column.name}.type"
        for table in TABLES
        for column in table.columns
        if column.type not in ("text", "identifier")
    }
    about_rows = {"annex_a.row.no_child", "annex_a.lists.birth_date", "annex_a.lists.plan_in_need"}
    about_names = {"headers.unknown", "headers.duplicate", "headers.fuzzy", "headers.none"}
    about_files = {"annex_a.sheet.not_read", "file.corrupt", "annex_a.agreement.missing"}
    assert typed | about_rows | about_names | about_files <= set(found["rule_id"])
    published = left.run.mart("mart_findings")
    assert set(found["rule_id"]) <= set(published["rule_id"])


def test_no_secret_is_in_anything_that_a_run_leaves(left: Left) -> None:
    """The restricted layer included; what was set aside may be kept as it was sent."""
    secrets = marked.secrets()
    searched = [name for name in left.files() if not _as_sent(left, name)]
    leaks = {name: found_in(left.home / name, secrets) for name in searched}
    leaks |= {str(path): found_in(path, secrets) for path in left.elsewhere}
    assert not {name: found for name, found in leaks.items() if found}
    # Not an empty search: each of the places that a run fills was among what was searched.
    for place in ("marts/", "analyst.duckdb", "outputs/", "dagster/", "data_docs/", "ledger/"):
        assert any(name.startswith(place) for name in searched), place


def _as_sent(left: Left, name: str) -> bool:
    return name.startswith(QUARANTINE) and not name.endswith("/reason.json")


def test_no_secret_is_said_on_the_screen(left: Left, tmp_path: Path) -> None:
    said = tmp_path / "said"
    # A console breaks lines where it likes.
    said.write_text(left.run.output + left.run.output.replace("\n", ""), encoding="utf-8")
    assert not found_in(said, marked.secrets())


def test_no_secret_is_in_where_a_figure_comes_from(
    left: Left, pseudonyms: dict[str, str], tmp_path: Path
) -> None:
    """Findings about each column are on record, some of them about these lists and files."""
    home = Home(left.home, left.home.parent / "landing")
    told = [
        explain(home, la, indicator, "2025-26 Q2", "chat")
        for la, indicator in (("CAM", "contacts"), ("CAM", "cla"), ("GRE", "referrals"))
    ]
    assert all(one.figures[0].findings for one in told)
    said = tmp_path / "said"
    pages = ["\n".join(lines(one)) + json.dumps(asdict(one)) for one in told]
    said.write_text("\n".join(pages), encoding="utf-8")
    assert not found_in(said, marked.secrets() | pseudonyms)


def test_pseudonyms_stay_in_the_restricted_layer(left: Left, pseudonyms: dict[str, str]) -> None:
    assert len(pseudonyms) > len(TABLES)
    outside = [name for name in left.files() if not name.startswith((*RESTRICTED, QUARANTINE))]
    leaks = {name: found_in(left.home / name, pseudonyms) for name in outside}
    leaks |= {str(path): found_in(path, pseudonyms) for path in left.elsewhere}
    assert not {name: found for name, found in leaks.items() if found}


def test_in_the_warehouse_pseudonyms_are_in_one_schema(
    left: Left, pseudonyms: dict[str, str]
) -> None:
    sought = [pseudonym.encode() for pseudonym in pseudonyms]
    having = {
        schema
        for schema, text in duckdb_texts(left.home / "warehouse" / "liia.duckdb")
        if any(pseudonym in text for pseudonym in sought)
    }
    assert having == {"restricted"}


def test_of_birth_and_place_what_is_kept_is_coarse_and_restricted(left: Left) -> None:
    """The month of birth and the outward half of the postcode, and those in no published cell."""
    lists = {table.name: left.raw(f"annex_a/{table.name}") for table in TABLES}
    born = pd.concat([frame["birth_date"] for frame in lists.values() if "birth_date" in frame])
    months = {day.replace(day=1) for day in (marked.BORN, marked.CORRECTED, marked.GROWN_UP)}
    assert set(born.dropna().dt.date) == months
    assert set(lists["annex_a_list_8"]["placement_postcode"].dropna()) == {marked.OUTWARD}
    published = [*left.home.glob("marts/*.parquet"), *left.home.glob("warehouse/*/*.parquet")]
    published += [*left.home.glob("raw/*.parquet"), left.home / "warehouse/chat_measures.parquet"]
    kept = {marked.OUTWARD, *(str(month) for month in months)}
    for path in published:
        frame = pd.read_parquet(path)
        cells = {str(cell)[:10] for column in frame for cell in frame[column].dropna().unique()}
        assert not cells & kept, path


def test_what_was_set_aside_is_kept_as_sent_only_where_that_was_agreed(left: Left) -> None:
    kept = [name for name in left.files() if _as_sent(left, name)]
    place = Path("annex_a", marked.QUARTER, marked.DAMAGED, marked.WORKBOOK)
    sent = (left.home.parent / "landing" / place).read_bytes()
    assert [(left.home / name).read_bytes() for name in kept] == [sent]
    reasons = [json.loads(path.read_text()) for path in left.home.glob("quarantine/*/*/*.json")]
    not_opened = {reason["path"] for reason in reasons if reason.get("not_copied")}
    assert not_opened == {
        f"annex_a/{marked.QUARTER}/{marked.NOT_AGREED}/{marked.WORKBOOK}",
        f"annex_a/{marked.QUARTER}/{marked.WORKBOOK}",
    }


@pytest.mark.parametrize("folder", ["raw", "warehouse", "quarantine", "secrets"])
def test_where_children_are_told_apart_others_may_not_look(left: Left, folder: str) -> None:
    """Nothing below a folder that nobody else may enter is reached, whatever its own bits say."""
    assert stat.S_IMODE((left.home / folder).stat().st_mode) == 0o700
