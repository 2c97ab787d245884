"""The page of dbt docs: what it leads to, what it loads, and whom it must not tell of."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ingestion.lock import alone_in
from ingestion.readers import read
from tests.conftest import PROJECT, Run


def _write(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.dbt_docs"],
        cwd=PROJECT,
        env={**os.environ, "LIIA_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def page(synthetic_run: Run) -> str:
    done = _write(synthetic_run.home)
    assert done.returncode == 0, done.stdout + done.stderr
    path = synthetic_run.home / "dbt_docs" / "index.html"
    assert str(path) in done.stdout
    return path.read_text(encoding="utf-8")


def test_the_overview_leads_to_every_mart_and_nowhere_in_vain(
    page: str, synthetic_run: Run
) -> None:
    links = set(re.findall(r"\(#!/(?:model|seed)/([\w.]+)\)", page))
    marts = {path.stem for path in (synthetic_run.home / "marts").glob("*.parquet")}
    assert len(marts) > 10
    assert {f"model.liia.{name}" for name in marts} <= links
    described = set(re.findall(r'"unique_id": "([\w.]+)"', page))
    assert links <= described


def test_the_columns_of_the_warehouse_are_on_it(page: str) -> None:
    """dbt without a warehouse to look at would write a page all the same."""
    assert '"type": "TIMESTAMP WITH TIME ZONE"' in page


def test_it_loads_nothing_from_anywhere(page: str) -> None:
    assert not re.findall(
        r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=.?(?:https?:)?//", page
    )
    assert not re.findall(r"@import|url\(.?(?:https?:)?//", page)
    # Nor from beside it: an icon whose address is not filled in yet would be looked for there.
    assert not re.findall(r'<use xlink:href="[^#]', page)
    # With this set the page fetches a script that reports who reads it.
    assert '"send_anonymous_usage_stats": false' in page


def test_no_child_is_on_it(page: str, synthetic_run: Run, synthetic_landing: Path) -> None:
    sent = {
        str(int(row[0]))
        for path in (synthetic_landing / "annex_a").rglob("*.xlsx")
        for sheet in read(path)
        for row in sheet.rows
        if row and isinstance(row[0], float | int)
    }
    lists = (synthetic_run.home / "raw" / "annex_a").glob("*.parquet")
    frames = [pd.read_parquet(path) for path in lists]
    kept = {
        text
        for frame in frames
        for name in {"child_id", "family_id", "adopter_id"} & set(frame.columns)
        for text in frame[name].dropna()
    }
    assert len(sent) > 1000
    assert len(kept) > 1000
    # Numbers that stand alone: dbt's times of day have decimals enough to be anybody's.
    assert not sent & set(re.findall(r"(?<![\w.])\d{6,}(?![\w.])", page))
    assert not kept & set(re.findall(r"\b[0-9a-f]{20}\b", page))


def test_without_a_run_there_is_none_and_it_says_so(tmp_path: Path) -> None:
    done = _write(tmp_path)
    assert done.returncode == 0
    assert "run a quarter first" in done.stdout
    assert not (tmp_path / "dbt_docs").exists()


@pytest.fixture
def with_page(tmp_path: Path) -> Path:
    """A home with a warehouse, of which nothing is read here, and the page of an earlier day."""
    for place in ("warehouse/liia.duckdb", "dbt_docs/index.html"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_text("as it was before", encoding="utf-8")
    return tmp_path


def test_while_a_run_is_at_work_the_page_stands(with_page: Path) -> None:
    with alone_in(with_page, "test"):
        done = _write(with_page)
    assert done.returncode == 1
    assert "wait for it to end" in done.stderr
    assert (with_page / "dbt_docs" / "index.html").read_text() == "as it was before"


def test_where_dbt_fails_it_says_why_and_the_page_stands(with_page: Path) -> None:
    done = _write(with_page, DBT_TARGET="nowhere")
    assert done.returncode == 1
    assert "does not have a target named 'nowhere'" in done.stdout
    assert "No dbt docs" in done.stderr
    assert (with_page / "dbt_docs" / "index.html").read_text() == "as it was before"
