"""A quarter from landing zone to outputs, as the user's command runs it."""

import csv
import hashlib
import json
import stat
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from exports.pooled import london_of
from exports.release import egress
from exports.release.register import Authorities
from ingestion.readers import read
from tests.conftest import Run, liia, liia_run

OUTPUTS = "outputs/2025-26-Q2"
EGRESS = "registers/egress.jsonl"


def test_the_command_ends_with_the_paths_that_matter(synthetic_run: Run) -> None:
    tail = synthetic_run.output.replace("\n", "")
    for part in (
        f"{OUTPUTS}/dfe/synthetic_riia_london_202526_q2.csv",
        f"{OUTPUTS}/dfe/synthetic_riia_london_202526_q2.meta.csv",
        f"{OUTPUTS}/rug/index.html",
        f"{OUTPUTS}/returns/index.html",
        "marts",
        "analyst.duckdb",
    ):
        assert part in tail
        assert part in ("marts", "analyst.duckdb") or (synthetic_run.home / part).is_file()


def test_returned_cells_reach_the_mart_as_sent(synthetic_run: Run, synthetic_landing: Path) -> None:
    """Every filled number of Camden's workbook, read plainly, stands in fct_measure."""
    (path,) = (synthetic_landing / "returns" / "2025-26-Q2" / "CAM").glob("*.xlsx")
    sheet = next(sheet for sheet in read(path) if sheet.name == "Return")
    top = next(i for i, row in enumerate(sheet.rows) if row[0] == "Measure code")
    value = sheet.rows[top].index("Value")
    sent = {
        row[0]: row[value] for row in sheet.rows[top + 1 :] if isinstance(row[value], int | float)
    }
    mart = synthetic_run.mart("fct_measure").query(
        "new_la_code == 'E09000007' and period_label == '2025-26 Q2' and source == 'return'"
        " and period_type != 'rolling_4q'"
    )
    assert len(sent) > 40
    assert mart.set_index("measure_code")["value"].dropna().to_dict() == sent


def test_missing_returns_are_a_state_and_block_nobody(synthetic_run: Run) -> None:
    mart = synthetic_run.mart("fct_measure").query(
        "period_label == '2025-26 Q2' and source == 'return' and is_current"
        " and measure_code == 'cla'"
    )
    assert len(mart) == 33
    set_aside = mart[mart["value_status"] == "failed"]["new_la_code"]
    assert set(set_aside) == {"E09000017"}
    missing = mart[mart["value_status"] == "not_returned"]["new_la_code"]
    assert set(missing) == {"E09000016", "E09000033"}
    assert mart.loc[mart["value_status"] == "not_returned", "value"].isna().all()


def test_a_resubmission_supersedes_and_the_first_stays(synthetic_run: Run) -> None:
    lambeth = synthetic_run.mart("fct_measure").query(
        "new_la_code == 'E09000022' and period_label == '2025-26 Q2' and source == 'return'"
        " and measure_code == 'contacts' and period_type == 'quarter'"
    )
    current = lambeth.set_index("submission_number")["is_current"]
    assert current.to_dict() == {1: False, 2: False, 3: True}
    assert lambeth["value"].nunique() == 2


def test_how_things_stand_is_said_for_all_33(synthetic_run: Run) -> None:
    mart = synthetic_run.mart("mart_submission_status").query("quarter_label == '2025-26 Q2'")
    cla = mart[mart["measure_code"] == "cla"]
    now = cla[cla["is_current"]].set_index("short_code")
    assert len(now) == 33
    states = now["submission_state"]
    assert states[["HAV", "WES"]].tolist() == ["not_returned"] * 2
    assert states["EAL"] == "late"
    assert now.loc["EAL", "days_late"] > 0
    assert states["LEW"] == "partial"
    assert now.loc["HAV", "participates"]
    lambeth = cla[cla["short_code"] == "LAM"].set_index("submission_number")
    assert lambeth["submission_state"].to_dict() == {
        1: "superseded", 2: "superseded", 3: "accepted",
    }  # fmt: skip
    assert lambeth["is_current"].to_dict() == {1: False, 2: False, 3: True}


def test_findings_are_in_one_table_and_history_asks_little_of_the_sample(
    synthetic_run: Run,
) -> None:
    mart = synthetic_run.mart("mart_findings")
    raw = [pd.read_parquet(path) for path in synthetic_run.home.glob("raw/*_findings.parquet")]
    assert len(raw) == 4
    assert (mart["scope"] == "file").sum() == sum(map(len, raw))
    fuzzy = mart[mart["rule_id"] == "headers.fuzzy"]
    assert set(fuzzy["la_name"]) == {"Enfield"}
    assert (mart["scope"] == "history").sum() <= 10
    assert mart["message"].notna().all()


def test_london_is_pooled_over_those_who_returned(synthetic_run: Run) -> None:
    rows = synthetic_run.mart("fct_indicator").query(
        "indicator_code == 'repeat_referrals_pct' and period_label == '2025-26 Q2'"
        " and period_type == 'quarter' and source == 'return' and is_current"
    )
    las = rows[rows["new_la_code"].str.startswith("E09") & rows["value"].notna()]
    london = rows.set_index("new_la_code").loc["E12000007"]
    assert london["n_authorities"] == len(las) == 30
    assert london["value"] == pytest.approx(100 * las["numerator"].sum() / las["denominator"].sum())


def test_london_without_an_authority_is_pooled_by_the_marts_rule(synthetic_run: Run) -> None:
    """A product that leaves somebody out works London out again; over all it is the same."""
    rows = synthetic_run.mart("fct_indicator").query(
        "source == 'return' and is_current and period_label == '2025-26 Q2'"
        " and period_type in ('quarter', 'snapshot')"
    )
    multipliers = synthetic_run.mart("dim_indicator").set_index("indicator_code")["multiplier"]
    las = frozenset(code for code in rows["new_la_code"] if code.startswith("E09"))
    nobody = Authorities(las, {"nobody": "Nobody"})
    again = london_of(rows, nobody, multipliers).query("new_la_code == 'E12000007'")
    columns = ["indicator_code", "numerator", "denominator", "value", "value_status"]
    ours = again.sort_values("indicator_code")[[*columns, "n_authorities"]]
    theirs = rows.query("new_la_code == 'E12000007'").sort_values("indicator_code")[ours.columns]
    assert len(ours) > 30
    pd.testing.assert_frame_equal(
        ours.reset_index(drop=True), theirs.reset_index(drop=True), check_dtype=False
    )


def test_derived_and_returned_figures_stand_side_by_side(synthetic_run: Run) -> None:
    rows = synthetic_run.mart("fct_measure").query(
        "new_la_code == 'E09000007' and period_label == '2025-26 Q2' and is_current"
        " and measure_code == 'referrals' and period_type == 'quarter'"
    )
    by_source = rows.set_index("source")["value"]
    assert set(by_source.index) == {"return", "chat"}
    assert abs(by_source["chat"] / by_source["return"] - 1) < 0.05


def test_both_layouts_of_a_dataset_are_one_series(synthetic_run: Run) -> None:
    """The 2025 release renamed C1's columns; its years and the older release's stand together."""
    rows = synthetic_run.mart("fct_measure").query(
        "measure_code == 'referrals' and source == 'published' and new_la_code == 'E09000007'"
    )
    assert rows["release_label"].nunique() == 2
    current = rows[rows["is_current"]]
    assert current["period_label"].is_unique
    assert set(current["release_label"]) == {"2025"}


def test_analysts_can_open_the_database_and_read_what_columns_mean(synthetic_run: Run) -> None:
    names = {path.stem for path in (synthetic_run.home / "marts").glob("*.parquet")}
    assert {"fct_measure", "fct_indicator", "fct_comparison", "mart_tartan_rug"} <= names
    with duckdb.connect(str(synthetic_run.home / "analyst.duckdb"), read_only=True) as connection:
        tables = {
            t for (t,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
        (comment,) = connection.execute(
            "select comment from duckdb_columns()"
            " where table_name = 'fct_indicator' and column_name = 'value'"
        ).fetchone()
        (version,) = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'analyst'"
        ).fetchone()
    assert tables == names
    assert "Unrounded" in comment
    assert version.startswith("v1.2")


def test_dfe_pair_holds_every_authority_and_only_numbers_or_symbols(synthetic_run: Run) -> None:
    folder = synthetic_run.home / OUTPUTS / "dfe"
    data = pd.read_csv(folder / "synthetic_riia_london_202526_q2.csv", dtype=str)
    assert data["new_la_code"].nunique() == 33
    assert set(data["time_identifier"]) == {"Financial year Q2"}
    assert data["value"].str.match(r"^(?:-?\d+(?:\.\d+)?|[cxzu]|low)$").all()
    havering = data[data["new_la_code"] == "E09000016"]
    assert set(havering["value"]) == {"x"}


def test_rug_names_the_missing_and_says_synthetic(synthetic_run: Run) -> None:
    page = (synthetic_run.home / OUTPUTS / "rug" / "index.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in page
    assert "30 of 33" in page
    assert "Havering" in page


def test_no_child_level_row_leaves_the_restricted_layer(synthetic_run: Run) -> None:
    """Marked names of the workbook's staff and its child ids are in nothing that people read."""
    workbook = synthetic_run.home.parent / "landing" / "annex_a" / "2025-26-Q2" / "CAM"
    (path,) = workbook.glob("*.xlsx")
    lists = [sheet for sheet in read(path) if "3" in sheet.name]
    ids = {str(int(row[0])) for row in lists[0].rows if row and isinstance(row[0], float | int)}
    assert len(ids) > 100
    marks = [b"SYNTHETIC Team", b"SYNTHETIC Worker"]
    landing = synthetic_run.home.parent / "landing"
    for file in synthetic_run.home.rglob("*"):
        if not file.is_file() or landing in file.parents or "warehouse" in file.parts:
            continue
        content = file.read_bytes()
        assert not any(mark in content for mark in marks), file
    for mart in (synthetic_run.home / "marts").glob("*.parquet"):
        assert "child_id" not in pd.read_parquet(mart).columns
    raw = pd.read_parquet(synthetic_run.home / "raw" / "annex_a" / "annex_a_list_3.parquet")
    assert not set(raw["child_id"].dropna()) & ids
    assert (raw["birth_date"].dropna().dt.day == 1).all()


def test_the_key_is_for_the_owner_only(synthetic_run: Run) -> None:
    key = synthetic_run.home / "secrets" / "pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text() not in synthetic_run.output


def test_run_record_names_the_files_written(synthetic_run: Run) -> None:
    record = json.loads((synthetic_run.home / OUTPUTS / "run.json").read_text())
    assert record["synthetic"] is True
    assert "rug/index.html" in record["files"]
    assert "dfe/synthetic_riia_london_202526_q2.csv" in record["files"]


def test_every_product_written_has_a_manifest_and_a_line_in_the_log(synthetic_run: Run) -> None:
    folders = [p for p in (synthetic_run.home / OUTPUTS).iterdir() if p.is_dir()]
    said = {entry["product"]: entry for entry in egress.lines(synthetic_run.home / EGRESS)}
    assert {folder.name for folder in folders} == set(said)
    for folder in folders:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        hashes = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.iterdir()
            if path.name != "manifest.json"
        }
        assert {n: told["sha256"] for n, told in manifest["files"].items()} == hashes
        assert said[folder.name]["files"] == hashes
        assert manifest["recipients"]
    told = liia("releases", "--log", "--home", synthetic_run.home)
    assert (told.returncode, "none changed or missing" in told.stdout) == (0, True)


def test_sql_answers_and_says_what_is_wrong(synthetic_run: Run) -> None:
    good = liia("sql", "select count(*) as n from dim_indicator", "--home", synthetic_run.home)
    assert good.returncode == 0
    with (Path(__file__).parents[2] / "dbt_project/seeds/registry/indicators.csv").open() as file:
        assert str(sum(1 for _ in csv.DictReader(file))) in good.stdout
    bad = liia("sql", "select * from nothing_here", "--home", synthetic_run.home)
    assert bad.returncode == 2
    assert "nothing_here" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_a_lost_landing_zone_changes_nothing_that_was_published(
    synthetic_run: Run, tmp_path: Path
) -> None:
    (tmp_path / "landing" / "returns").mkdir(parents=True)
    (tmp_path / "landing" / "SYNTHETIC.txt").touch()
    before = {p: p.read_bytes() for p in (synthetic_run.home / "marts").glob("*.parquet")}
    lost = liia_run("2025-26-Q2", tmp_path / "landing", synthetic_run.home)
    assert lost.code == 1
    assert "holds no file" in lost.output.replace("\n", " ")
    assert {p: p.read_bytes() for p in (synthetic_run.home / "marts").glob("*.parquet")} == before


def test_real_and_synthetic_figures_never_meet(synthetic_run: Run, tmp_path: Path) -> None:
    (tmp_path / "landing" / "returns").mkdir(parents=True)
    mixed = liia_run("2025-26-Q2", tmp_path / "landing", synthetic_run.home)
    assert mixed.code == 1
    assert "Use another --home" in mixed.output.replace("\n", " ")
    assert "Traceback" not in mixed.output
