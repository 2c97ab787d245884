"""The `liia` command: help, exit codes, messages, and a light start."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ingestion.lock import alone_in
from tests.conftest import PROJECT, liia
from tests.screening_pairs import FAULTS, good_pair, write_dictionary
from tests.unit.ingestion.builders import USUAL


def test_help_lists_the_commands() -> None:
    done = liia("--help")
    assert done.returncode == 0
    commands = ("demo", "run", "check", "template", "fetch-published", "purge", "sql", "explain")
    for command in (*commands, "releases", "notify", "ui", "serve", "health", "backup", "restore"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--quarter", "2025-27-Q2"], "is not a quarter; write it like 2025-26-Q2"),
        (["run", "--quarter", "Q2"], "is not a quarter"),
        (["run", "--quarter", "2025-26-Q2", "--landing", "nowhere"], "There is no landing zone at"),
        (["check", "nowhere.xlsx"], "There is no file nowhere.xlsx"),
        (["check", str(PROJECT / "README.md"), "--as", "guess"], "--as takes one of"),
        (["template", "--quarter", "Q2", "--dest", "x"], "is not a quarter"),
        (["template", "--quarter", "2010-11-Q1", "--dest", "x"], "2010-11 Q1 is not in"),
        (
            ["template", "--quarter", "2025-26-Q2", "--dest", "x", "--la", "Leeds"],
            "'Leeds' is not a London authority",
        ),
        (
            ["template", "--quarter", "2025-26-Q2", "--dest", str(PROJECT / "README.md")],
            "README.md is a file",
        ),
        (
            ["check", str(PROJECT / "README.md"), "--report", str(PROJECT / "README.md")],
            "--report takes a folder",
        ),
        (["fetch-published", "--landing", "nowhere"], "There is no landing zone at"),
        (
            ["run", "--quarter", "2025-26-Q2", "--source", "returns"],
            "There is no source 'returns'. It is one of return, annex_a, published, narrative.",
        ),
        (["purge", "--home", "nowhere"], "There is no home at"),
        (["purge", "--home", str(PROJECT), "--landing", "nowhere"], "There is no landing zone at"),
        (["purge", "--as-of", "yesterday"], "'yesterday' is not a day; write it like 2026-07-01"),
        (["fetch-published", "--only", "c1.csv"], "c1.csv is not a data set here; one of: c2_"),
        (["fetch-published", "--sources", "nowhere.yml"], "nowhere.yml"),
        (["fetch-published", "--sources", str(PROJECT / "README.md")], "README.md: "),
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


def test_one_source_of_a_home_without_marts_asks_for_the_whole_quarter(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    done = liia("run", "--quarter", "2025-26-Q2", "--source", "return", "--home", tmp_path)
    assert done.returncode == 2
    assert "run the whole quarter first" in " ".join(done.stdout.split())


def test_two_runs_in_one_home_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with alone_in(tmp_path, "run or purge"):
        done = liia("run", "--quarter", "2025-26-Q2", "--home", tmp_path)
    assert done.returncode == 1
    assert "Another run or purge is at work" in done.stdout


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


@pytest.mark.parametrize("la", ["CAM", "cam", "E09000007", "Camden"])
def test_template_writes_one_authoritys_files_and_says_so(tmp_path: Path, la: str) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    done = liia(
        "template", "--quarter", "2025-26-Q2", "--la", la, "--dest", out, "--home", home
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (out / "CAM").iterdir())
    stem = "camden_riia_return_2025-26-Q2"
    assert names == [f"{stem}.csv", f"{stem}.xlsx"]
    written, previous = done.stdout.splitlines()
    assert written.startswith("1 return template for 2025-26 Q2")
    assert str(out) in written
    assert "(2025-26 Q1) left empty: no marts are published" in previous
    assert not home.exists()


def test_template_writes_for_every_authority_and_check_accepts_it(tmp_path: Path) -> None:
    done = liia("template", "--quarter", "2025-26-Q2", "--dest", tmp_path, "--home", tmp_path / "h")
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*/*.xlsx"))) == len(list(tmp_path.glob("*/*.csv"))) == 33
    (book,) = tmp_path.glob("KUT/*.xlsx")
    checked = json.loads(liia("check", book, "--json").stdout)
    assert (checked["la"], checked["quarter"]) == ("Kingston upon Thames", "2025-26 Q2")
    assert [finding["rule_id"] for finding in checked["findings"]] == [
        "return.values.none",
        "return.sign_off.missing",
    ]


def test_template_refuses_to_write_over_a_filled_one(tmp_path: Path) -> None:
    arguments = ["template", "--quarter", "2025-26-Q2", "--la", "CAM", "--dest", tmp_path]
    assert liia(*arguments).returncode == 0
    (twin,) = tmp_path.glob("CAM/*.csv")
    twin.write_text("filled in")
    done = liia(*arguments)
    assert done.returncode == 2
    assert "may be filled in" in done.stderr.replace("\n", " ")
    assert twin.read_text() == "filled in"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A return with a fault in more rows than a screen should list."""
    import openpyxl

    from ingestion.sample import write_landing_zone

    zone = tmp_path_factory.mktemp("faulty") / "zone"
    write_landing_zone(zone, quarters=1, annex_a_las=())
    (path,) = (zone / "returns" / "2025-26-Q2" / "CAM").glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Return"]
    cells = [row for row in sheet.iter_rows() if row[0].value in USUAL]
    value = next(c.column for row in sheet.iter_rows() for c in row if c.value == "Value") - 1
    cells[0][value].value = -5
    for row in cells[1:21]:
        row[value].value = "about a dozen"
    book.save(path)
    return path


def test_check_says_what_to_do_and_fits_the_screen(faulty: Path) -> None:
    done = liia("check", faulty)
    assert done.returncode == 1
    text = " ".join(done.stdout.split())
    for words in (
        "WOULD BE SET ASIDE: 1 THING TO PUT RIGHT.",
        "MUST BE PUT RIGHT (1)",
        "PLEASE CHECK",
        "To do: Enter zero or a positive number",
        "more lines, which --report DIR lists",
        "Not checked here,",
    ):
        assert words in text
    assert text.count("About a dozen".lower()) < 20
    assert max(map(len, done.stdout.splitlines()[1:])) <= 80


def test_check_report_writes_what_it_names(faulty: Path, tmp_path: Path) -> None:
    done = liia("check", faulty, "--report", tmp_path / "new" / "report")
    assert done.returncode == 1
    written = sorted((tmp_path / "new" / "report").iterdir())
    assert [path.name.rpartition("_")[2] for path in written] == [
        "annotated.xlsx",
        "findings.html",
        "findings.json",
    ]
    assert all(str(path) in done.stdout for path in written)


def test_check_json_stays_json_beside_a_report(faulty: Path, tmp_path: Path) -> None:
    done = liia("check", faulty, "--json", "--report", tmp_path)
    assert json.loads(done.stdout)["accepted"] is False
    assert "_findings.html" in done.stderr


# --- liia screen ---


def test_screen_prints_json_and_exits_by_the_verdict(tmp_path: Path) -> None:
    pair = good_pair()
    done = liia("screen", pair.write(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert list(result) == ["passed", "results"]
    assert result["passed"] is True
    assert {tuple(each) for each in result["results"]} == {("check", "result", "message")}
    FAULTS["blanks_indicators"](pair)
    done = liia("screen", pair.write(tmp_path), "--json")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["passed"] is False
    failed = [each for each in result["results"] if each["result"] == "FAIL"]
    assert [each["check"] for each in failed] == ["blanks_indicators"]
    assert failed[0]["message"].startswith("value, line 2: the cell is blank; write")


def test_screen_says_failures_first_and_fits_the_screen(tmp_path: Path) -> None:
    pair = good_pair()
    FAULTS["blanks_indicators"](pair)
    FAULTS["total"](pair)
    done = liia("screen", pair.write(tmp_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[:3] == ["own_figures.csv: NOT PASSED.", "", "FAIL (1)"]
    assert lines[3].startswith("- blanks_indicators: value, line 2:")
    assert lines.index("ADVISORY (3)") > 3
    assert lines[-1] == "58 of 62 checks passed."
    assert max(map(len, lines)) <= 80


def test_screen_of_a_broken_file_is_a_message(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(b"\x00\x01")
    done = liia("screen", path)
    assert done.returncode == 1
    assert "there is no file" in done.stdout
    assert "broken.meta.csv" in done.stdout
    assert "NOT RUN (" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_screen_takes_lists_from_option_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = good_pair().write(tmp_path)
    assert "Not checked: data-dictionary.csv" in liia("screen", data).stdout
    lists = write_dictionary(tmp_path / "lists")
    assert "Not checked" not in liia("screen", data, "--lists", lists).stdout
    monkeypatch.setenv("LIIA_EES_LISTS", str(lists))
    assert "62 of 62 checks passed." in liia("screen", data).stdout


def test_screen_of_no_file_or_wrong_lists_is_wrong_usage(tmp_path: Path) -> None:
    data = good_pair().write(tmp_path)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "las.csv").write_text("other\n1\n")
    for arguments, words in (
        ([tmp_path / "none.csv"], "There is no file"),
        ([data, tmp_path / "none.meta.csv"], "There is no file"),
        ([data, "--lists", tmp_path / "none"], "There is no folder"),
        ([data, "--lists", tmp_path / "lists"], "has no column new_la_code"),
    ):
        done = liia("screen", *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_check_screen_and_template_start_without_the_heavy_libraries(tmp_path: Path) -> None:
    """An authority's laptop has neither dagster nor dbt, and should not wait for them."""
    path = tmp_path / "empty.csv"
    path.write_text("a,b\n1,2\n")
    marts = tmp_path / "marts"
    marts.mkdir()
    columns = ["measure_code", "new_la_code", "value", "release_id", "source", "period_type"]
    columns += ["period_label", "value_status", "is_current"]
    pd.DataFrame({name: pd.Series(dtype="str") for name in columns}).astype(
        {"value": float, "is_current": bool}
    ).to_parquet(marts / "fct_measure.parquet")
    wanted = ["template", "--quarter", "2025-26-Q2", "--dest", str(tmp_path / "out")]
    code = (
        "import sys\n"
        "from orchestration.cli import app\n"
        f"app(['check', {str(path)!r}], standalone_mode=False)\n"
        f"app(['screen', {str(path)!r}], standalone_mode=False)\n"
        f"app({[*wanted, '--home', str(tmp_path)]!r}, standalone_mode=False)\n"
    )
    modules = ("dagster", "dbt", "great_expectations", "plotly", "duckdb", "jinja2", "openpyxl")
    modules += ("requests",)  # nothing that is checked goes over a network
    probe = code + (
        f"heavy = [m for m in {modules} if m in sys.modules]\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "filled in for 0 of 33" in done.stdout


# --- liia purge ---


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an extract that was never read, and a copy of which nothing is on record."""
    folder = tmp_path / "landing" / "annex_a" / "2025-26-Q2" / "CAM"
    folder.mkdir(parents=True)
    (folder / "lists.xlsx").write_text("children")
    (folder / "lists.xlsx.yml").write_text("received_at: 2025-10-09\n")
    copy = tmp_path / "quarantine" / "annex_a" / "0123"
    copy.mkdir(parents=True)
    (copy / "copy.xlsx").write_text("children")
    return tmp_path


def files(home: Path) -> list[str]:
    return sorted(path.name for path in home.rglob("*") if path.is_file())


def test_a_dry_run_of_purge_lists_and_deletes_nothing(home: Path) -> None:
    before = files(home)
    done = liia("purge", "--home", home, "--as-of", "2026-10-09", "--dry-run")
    assert done.returncode == 0, done.stderr
    left_over, extract, sidecar, counts, left = done.stdout.splitlines()
    assert left_over == "left-over, on no record: quarantine/annex_a/0123"
    assert extract == (
        "stays, no run has read it yet: extract, received 2025-10-09, 365 days ago, kept for 184:"
        " annex_a/2025-26-Q2/CAM/lists.xlsx"
    )
    assert sidecar.endswith("lists.xlsx.yml")
    assert counts == "Due on 2026-10-09: 1 left-over (1 path). Nothing was deleted (--dry-run)."
    assert left.startswith("Left in place: 1 extract (2 paths).")
    assert files(home) == before


def test_purge_leaves_what_would_lose_figures_and_is_exit_1(home: Path) -> None:
    done = liia("purge", "--home", home, "--as-of", "2026-10-09")
    assert done.returncode == 1
    assert "Deleted, due on 2026-10-09: 1 left-over" in done.stdout
    assert "run the quarter first, or purge with --without-figures" in done.stdout
    assert files(home) == ["lists.xlsx", "lists.xlsx.yml"]


def test_purge_deletes_what_is_due_and_says_how_much(home: Path) -> None:
    early = liia("purge", "--home", home, "--as-of", "2025-10-10", "--without-figures")
    assert (early.returncode, files(home)) == (0, ["lists.xlsx", "lists.xlsx.yml"])
    done = liia("purge", "--home", home, "--as-of", "2026-10-09", "--without-figures")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "Deleted, due on 2026-10-09: 1 extract (2 paths).",
        "The warehouse went with them: the next run builds it anew.",
    ]
    assert files(home) == []
    again = liia("purge", "--home", home, "--as-of", "2026-10-09")
    assert (again.returncode, again.stdout) == (0, "Deleted, due on 2026-10-09: nothing.\n")


def test_purge_does_not_meet_a_run(home: Path) -> None:
    before = files(home)
    with alone_in(home, "run or purge"):
        done = liia("purge", "--home", home, "--as-of", "2026-10-09", "--without-figures")
    assert done.returncode == 1
    assert "Another run or purge is at work" in done.stdout
    assert files(home) == before


def test_purge_stops_before_a_link_with_a_sentence(home: Path) -> None:
    (home / "moved").mkdir()
    (home / "landing" / "annex_a").rename(home / "moved" / "annex_a")
    (home / "landing" / "annex_a").symlink_to(home.parent)
    (home.parent / "mine.xlsx").write_text("mine")
    done = liia("purge", "--home", home, "--as-of", "2099-01-01", "--without-figures")
    assert done.returncode == 1
    assert "lies behind a link" in done.stdout
    assert "Traceback" not in done.stderr
    assert (home.parent / "mine.xlsx").exists()
    assert "copy.xlsx" in files(home)
