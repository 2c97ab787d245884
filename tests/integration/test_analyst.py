"""What analysts get: the cookbook's answers, comments, no child, reading while a run publishes."""

import re

import duckdb
import pytest

from orchestration import publish
from orchestration.home import Home
from tests.conftest import PROJECT, Run, liia

COOKBOOK = (PROJECT / "docs" / "sql_cookbook.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"^## (.+?)\n.*?```sql\n(.+?)```", COOKBOOK, re.MULTILINE | re.DOTALL))
CHILD = re.compile(r"child_id|birth|postcode|source_row|date_of", re.IGNORECASE)


@pytest.fixture
def marts(synthetic_run: Run) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(synthetic_run.home / "analyst.duckdb"), read_only=True)


def test_each_section_of_the_cookbook_has_a_query() -> None:
    assert len(QUERIES) == COOKBOOK.count("\n## ") >= 12


@pytest.mark.parametrize("question", QUERIES)
def test_a_query_of_the_cookbook_has_an_answer(
    question: str, marts: duckdb.DuckDBPyConnection
) -> None:
    assert marts.execute(QUERIES[question]).fetchall(), question


def test_every_table_view_and_column_has_a_comment(marts: duckdb.DuckDBPyConnection) -> None:
    without = marts.execute(
        """
        select table_name from duckdb_tables() where comment is null
        union all
        select view_name from duckdb_views() where comment is null and not internal
        union all
        select table_name || '.' || column_name from duckdb_columns()
        where comment is null and not internal
        """
    ).fetchall()
    assert without == []


def test_nothing_of_a_child_is_there(marts: duckdb.DuckDBPyConnection) -> None:
    tables = {
        name for (name,) in marts.execute("select table_name from duckdb_tables()").fetchall()
    }
    assert tables == set(publish.mart_names())
    columns = marts.execute(
        "select column_name from duckdb_columns() where not internal"
    ).fetchall()
    assert [name for (name,) in columns if CHILD.search(name)] == []


def test_the_views_answer_through_liia_sql(synthetic_run: Run) -> None:
    query = "select la_name, period from latest_quarter where la_name = 'Camden' limit 1"
    done = liia("sql", query, "--home", synthetic_run.home)
    assert done.returncode == 0, done.stderr
    assert "Camden" in done.stdout


def test_who_reads_while_a_run_publishes_sees_the_old_whole_then_the_new(
    synthetic_run: Run,
) -> None:
    """The file that is open stays what it was; opened again, it is the new one."""
    place = Home(synthetic_run.home, synthetic_run.home / "landing")
    reader = duckdb.connect(str(place.analyst), read_only=True)
    before = reader.execute("select count(*) from fct_comparison").fetchone()
    old = place.analyst.stat().st_ino
    publish.publish(place)
    assert place.analyst.stat().st_ino != old
    assert reader.execute("select count(*) from fct_comparison").fetchone() == before
    assert reader.execute("select count(*) from latest_quarter").fetchone() != (0,)
    reader.close()
    with duckdb.connect(str(place.analyst), read_only=True) as again:
        assert again.execute("select count(*) from fct_comparison").fetchone() == before
